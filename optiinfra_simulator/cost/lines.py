"""One charge, as every answer about cost tells it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from optiinfra_simulator.cost.services import Service
from optiinfra_simulator.world.things import Thing

# AWS states amounts with ten decimals.
PLACES = Decimal("0.0000000001")
ZERO = Decimal(0)


def rounded(amount: Decimal) -> Decimal:
    """An amount or quantity as the provider states it."""
    return amount.quantize(PLACES, ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One charge over [start, end). ``thing`` is None where no resource is charged.

    ``billed`` is what is owed, ``listed`` what it would be at public prices. Nothing here is
    paid up front, so amortised and effective costs equal ``billed``. ``invoice`` is the id of the
    invoice it is on, empty before there is one.
    """

    account: str
    start: datetime
    end: datetime
    record_type: str
    service: Service
    description: str
    billed: Decimal
    listed: Decimal
    usage_type: str = ""
    operation: str = ""
    region: str = ""
    unit: str = ""
    quantity: Decimal = ZERO
    price: Decimal | None = None
    thing: Thing | None = None
    invoice: str = ""
