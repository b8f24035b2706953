"""Lines of a billing export: rows alike in a row, in millionths of a dollar, exported late."""

from dataclasses import dataclass
from decimal import Decimal

from optiinfra_simulator.google.world.projects import Project
from optiinfra_simulator.google.world.skus import Sku
from optiinfra_simulator.world.things import Thing

MICRO = 1_000_000
_NANO = Decimal("0.000000001")
# Google appends to the export every two hours, thirteen minutes past.
GRID = 2 * 3600
OFFSET = 13 * 60

REGULAR, TAX, ADJUSTMENT, ROUNDING = "regular", "tax", "adjustment", "rounding_error"


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells what is charged, and how Google takes part in it."""

    transaction: str = "GOOGLE"
    name: str = "Google"
    publisher: str = "GOOGLE"


GOOGLE = Seller()


@dataclass(frozen=True, slots=True)
class Credit:
    """What a credit is called."""

    name: str
    full_name: str
    id: str
    type: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Why a row corrects another; the id is made from the line's."""

    description: str
    mode: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """What rows of one thing and one SKU have in common, for as long as the thing lives."""

    project: Project
    sku: Sku
    region: str
    thing: Thing | None = None
    seller: Seller = GOOGLE
    discount: Credit | None = None
    promotion: Credit | None = None
    subscription: str = ""

    @property
    def paid(self) -> Decimal:
        """The price with the negotiated discount, in the nine decimals of NUMERIC."""
        return (self.sku.price * (1 - self.project.discount)).quantize(_NANO)

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others of its project."""
        return self.thing.billing_id if self.thing else "", self.sku.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``count`` rows of ``step`` seconds each from ``start`` on, all of the same amounts.

    Amounts are millionths of a dollar; ``discount`` and ``promotion`` are credits (negative),
    None where the row has none. ``quantity`` is in pricing units. A row is exported with the
    first append at least ``lag`` seconds after its usage has ended. ``month`` (``202611``) is set
    where the invoice is not that of the usage.
    """

    facet: Facet
    start: int
    count: int = 1
    step: int = 3600
    cost: int
    listed: int
    quantity: float = 0.0
    discount: int | None = None
    promotion: int | None = None
    lag: int
    cost_type: str = REGULAR
    adjustment: Adjustment | None = None
    month: str = ""

    @property
    def net(self) -> int:
        """What one row adds to the bill: its cost and its credits."""
        return self.cost + (self.discount or 0) + (self.promotion or 0)

    def exported(self, instant: int) -> int:
        """How many of its rows have been exported by an instant (seconds since the epoch)."""
        ready = last_append(instant) - self.lag - self.start
        return max(0, min(self.count, ready // self.step))


def last_append(instant: int) -> int:
    """When the export was last appended to, at or before an instant."""
    return (instant - OFFSET) // GRID * GRID + OFFSET
