"""The charges of a day as known at a refresh: the truth that queries and exports tell."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

from optiinfra_core.windows import DAY, Window, day_window, month_window
from optiinfra_simulator.azure import happenings, prices
from optiinfra_simulator.azure.accounts import Subscription
from optiinfra_simulator.azure.charges import UNUSED, USAGE, ZERO, Charge, amount, quantity
from optiinfra_simulator.azure.fleet import Fleet
from optiinfra_simulator.azure.keeping import Kept
from optiinfra_simulator.azure.meters import Basis, Meter, meters, transfer
from optiinfra_simulator.azure.publication import HOUR, Known, known
from optiinfra_simulator.azure.reservations import Reservation
from optiinfra_simulator.azure.things import Resource, VirtualMachine
from optiinfra_simulator.world import dice

_WHOLE_DAY = 24
# Rated again, a tiered meter costs seven per cent less through the whole month.
_TIER = Decimal("0.93")
_KEPT_DAYS = 256
_LEAST_DAYS = 35


@dataclass
class Billing:
    """Computes the charges of one subscription; keeps the days it has computed last."""

    subscription: Subscription
    fleet: Fleet
    _kept: Kept[tuple[date, Known], tuple[Charge, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Keep more days of a small fleet, but a month of any."""
        self._kept = Kept(max(_LEAST_DAYS, _KEPT_DAYS // (1 + self.fleet.machines // 100)))

    @cached_property
    def reservation(self) -> Reservation:
        """What the subscription has reserved."""
        return Reservation(self.subscription.id)

    def charges(self, day: date, refresh: datetime) -> tuple[Charge, ...]:
        """The charges of a day as known at a refresh; none while nothing is known."""
        told = known(day, refresh)
        if told.nothing or self.fleet.machines == 0:
            return ()
        return self._kept.get((day, told), lambda: tuple(self._all(day, told)))

    def _all(self, day: date, told: Known) -> Iterator[Charge]:
        invoice = happenings.invoice(self.subscription.id, day) if told.closed else None
        for charge in (*self._usage(day, told), *self._rest(day, told)):
            yield replace(charge, invoice=invoice) if invoice else charge

    def _usage(self, day: date, told: Known) -> Iterator[Charge]:
        things = list(self.fleet.things(day_window(day)))
        covered = self._covered(things, day)
        used = ZERO
        for thing in things:
            for meter in meters(thing):
                units = _units(thing, meter, day, told)
                if not units:
                    continue
                charge = self._rated(thing, meter, day, units, told)
                if thing.id in covered:
                    used += units
                    charge = self._reserved(charge)
                yield charge
        reserved = Decimal(self.reservation.machines * told.hours)
        if reserved > used and covered:
            yield self._unused(day, quantity(reserved - used), covered)

    def _covered(self, things: Iterable[Resource], day: date) -> dict[str, Meter]:
        """The machines to which the reservation applies that day."""
        span = day_window(day)
        fitting = sorted(
            (
                thing
                for thing in things
                if isinstance(thing, VirtualMachine)
                and (thing.size, thing.region) == (self.reservation.size, self.reservation.location)
                and next(thing.life.running(span.start, span.end), None)
            ),
            key=lambda thing: thing.id,
        )
        return {thing.id: meters(thing)[0] for thing in fitting[: self.reservation.machines]}

    def _rated(
        self, thing: Resource, meter: Meter, day: date, units: Decimal, told: Known
    ) -> Charge:
        price = meter.price * (1 - self.subscription.discount)
        if meter.tiered and told.rerated:
            price *= _TIER
        cost = amount(units * price)
        return Charge(
            subscription=self.subscription.id,
            day=day,
            meter=meter,
            charge_type=USAGE,
            quantity=units,
            price=price,
            billed=cost,
            effective=cost,
            listed=amount(units * meter.price),
            resource=thing,
            resource_id=thing.id,
            resource_type=thing.arm_type,
            tags=thing.tags,
        )

    def _reserved(self, charge: Charge) -> Charge:
        """Usage to which the reservation applies: paid already, so that it costs nothing."""
        return replace(
            charge,
            billed=ZERO,
            effective=amount(charge.quantity * self.reservation.hourly),
            reservation=self.reservation,
        )

    def _unused(self, day: date, units: Decimal, covered: dict[str, Meter]) -> Charge:
        return Charge(
            subscription=self.subscription.id,
            day=day,
            meter=next(iter(covered.values())),
            charge_type=UNUSED,
            quantity=units,
            price=self.reservation.hourly,
            billed=ZERO,
            effective=amount(units * self.reservation.hourly),
            listed=ZERO,
            resource_id=self.reservation.arm_id,
            resource_type="Microsoft.Capacity/reservationOrders/reservations",
            description="Reserved hours that nothing used",
            reservation=self.reservation,
        )

    def _rest(self, day: date, told: Known) -> Iterator[Charge]:
        """What no meter of a resource counts."""
        if told.late_hours == _WHOLE_DAY:
            for location in prices.LOCATIONS:
                yield self._transfer(day, location)
        if self.reservation.paid_on(day):
            yield happenings.payment(self.reservation, day)
        if told.whole:
            yield happenings.marketplace(self.fleet.seed, self.subscription.id, day)
        if happenings.refunds_on(day) and told.hours >= happenings.REFUND_HOUR:
            yield happenings.refund(self.fleet.seed, self.subscription.id, day)
        if told.last_charge and day_window(day).end == month_window(day).end:
            yield self._transfer(day, prices.EAST, "settled")

    def _transfer(self, day: date, location: str, *names: str) -> Charge:
        meter = transfer(location)
        megabytes = dice.whole(
            500, 60_000, self.fleet.seed, self.subscription.id, day, location, *names
        )
        units = quantity(Decimal(megabytes) / 1000)
        price = meter.price * (1 - self.subscription.discount)
        cost = amount(units * price)
        return Charge(
            subscription=self.subscription.id,
            day=day,
            meter=meter,
            charge_type=USAGE,
            quantity=units,
            price=price,
            billed=cost,
            effective=cost,
            listed=amount(units * meter.price),
            resource_id=f"/subscriptions/{self.subscription.id}/resourcegroups/rg-platform"
            f"/providers/microsoft.network/virtualnetworks/vnet-{location}",
            resource_type="Microsoft.Network/virtualNetworks",
        )


def _units(thing: Resource, meter: Meter, day: date, told: Known) -> Decimal:
    """How much of a meter is known that day."""
    start = day_window(day).start
    end = start + (told.late_hours if meter.late else told.hours) * HOUR
    if meter.basis is Basis.RUN:
        spans = list(thing.life.running(start, end))
    else:
        existing = thing.life.existing(start, end)
        spans = [existing] if existing else []
    seconds = sum((last - first for first, last in spans), timedelta(0)).total_seconds()
    hours = Decimal(int(seconds)) / 3600
    if meter.basis is Basis.STORED:
        hours /= _hours_in(month_window(day))
    return quantity(hours * meter.factor)


def _hours_in(month: Window) -> int:
    return (month.end - month.start) // DAY * _WHOLE_DAY
