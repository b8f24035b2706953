"""One charge of a day, as queries and exports tell it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from optiinfra_simulator.azure.meters import Meter
from optiinfra_simulator.azure.reservations import Reservation
from optiinfra_simulator.azure.things import Resource

# Amounts carry ten decimals, quantities six.
_MONEY = Decimal("0.0000000001")
_QUANTITY = Decimal("0.000001")
ZERO = Decimal(0)

USAGE = "Usage"
PURCHASE = "Purchase"
REFUND = "Refund"
UNUSED = "UnusedReservation"
MICROSOFT = "Microsoft"


def amount(value: Decimal) -> Decimal:
    """Money as it is stated."""
    return value.quantize(_MONEY, ROUND_HALF_EVEN)


def quantity(value: Decimal) -> Decimal:
    """A quantity as it is stated."""
    return value.quantize(_QUANTITY, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One charge of a day, with its three costs.

    ``billed`` is the actual cost, ``effective`` the amortised one, ``listed`` that at list prices.
    ``resource`` is None where ``resource_id`` names none of the fleet; ``price`` is the
    negotiated price of a unit.
    """

    subscription: str
    day: date
    meter: Meter
    charge_type: str
    quantity: Decimal
    price: Decimal
    billed: Decimal
    effective: Decimal
    listed: Decimal
    resource: Resource | None = None
    resource_id: str = ""
    resource_type: str = ""
    publisher: str = MICROSOFT
    description: str = ""
    invoice: str | None = None
    reservation: Reservation | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def actual(self) -> bool:
        """Whether the actual cost data hold it: what is unused is known to amortisation only."""
        return self.charge_type != UNUSED

    @property
    def amortised(self) -> bool:
        """Whether the amortised cost data hold it: the purchase is spread over what it buys."""
        return not (self.charge_type == PURCHASE and self.reservation is not None)

    @property
    def marketplace(self) -> bool:
        """Whether somebody else than Microsoft sells it."""
        return self.publisher != MICROSOFT
