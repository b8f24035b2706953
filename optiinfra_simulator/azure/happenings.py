"""What is charged besides usage: reservation payments, a marketplace offer, refunds, invoices."""

from datetime import date, timedelta
from decimal import Decimal

from optiinfra_simulator.azure.charges import PURCHASE, REFUND, USAGE, ZERO, Charge, amount
from optiinfra_simulator.azure.meters import MACHINES, MARKETPLACE, Meter
from optiinfra_simulator.azure.prices import SIZES
from optiinfra_simulator.azure.reservations import Reservation
from optiinfra_simulator.world import dice

PUBLISHER = "Contoso Observability Ltd."
REFUND_HOUR = 10
_REFUND_DAY = 12


def invoice(subscription: str, day: date) -> str:
    """The number of the invoice on which a day's charges stand."""
    return f"G{dice.whole(10_000_000, 99_999_999, subscription, day.year, day.month):09d}"


def payment(reservation: Reservation, day: date) -> Charge:
    """The month's payment for a reservation."""
    size = SIZES[reservation.size]
    return Charge(
        subscription=reservation.account,
        day=day,
        meter=Meter(
            service=MACHINES,
            subcategory="Reservation-Base VM",
            name=f"{size.meter} Reservation, 3 Years, Monthly",
            unit="1 Month",
            price=reservation.monthly / reservation.machines,
            region=reservation.location,
        ),
        charge_type=PURCHASE,
        quantity=Decimal(reservation.machines),
        price=reservation.monthly / reservation.machines,
        billed=amount(reservation.monthly),
        effective=ZERO,
        listed=amount(reservation.monthly),
        resource_id=reservation.arm_id,
        resource_type="Microsoft.Capacity/reservationOrders/reservations",
        description=f"Reserved VM Instance, {reservation.size}, US East, 3 Years",
        reservation=reservation,
    )


def marketplace(seed: int, subscription: str, day: date) -> Charge:
    """A day of an offer that another publisher sells through the marketplace."""
    hosts = Decimal(dice.whole(4, 40, seed, subscription, day, "hosts"))
    price = Decimal("0.75")
    cost = amount(hosts * price)
    return Charge(
        subscription=subscription,
        day=day,
        meter=Meter(
            service=MARKETPLACE,
            subcategory="Observability Pro",
            name="Monitored Hosts",
            unit="1 Host/Day",
            price=price,
            region="",
        ),
        charge_type=USAGE,
        quantity=hosts,
        price=price,
        billed=cost,
        effective=cost,
        listed=cost,
        resource_id=f"/subscriptions/{subscription}/resourcegroups/rg-platform"
        "/providers/microsoft.saas/resources/observability",
        resource_type="Microsoft.SaaS/resources",
        publisher=PUBLISHER,
        description="Observability Pro - Monitored Hosts",
    )


def refunds_on(day: date) -> bool:
    """Whether a refund for the month before is given that day."""
    return day.day == _REFUND_DAY


def refund(seed: int, subscription: str, day: date) -> Charge:
    """Money given back for something on last month's invoice."""
    cents = dice.whole(500, 2_500, seed, subscription, day, "refund")
    given = -Decimal(cents) / 100
    before = day.replace(day=1) - timedelta(days=1)
    return Charge(
        subscription=subscription,
        day=day,
        meter=Meter(
            service=MACHINES,
            subcategory="Virtual Machines Dsv5 Series",
            name="Service level credit",
            unit="1",
            price=ZERO,
            region="",
        ),
        charge_type=REFUND,
        quantity=ZERO,
        price=ZERO,
        billed=given,
        effective=given,
        listed=given,
        description=f"Service level credit for invoice {invoice(subscription, before)}",
    )
