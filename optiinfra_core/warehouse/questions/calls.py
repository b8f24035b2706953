"""Questions about what collecting itself costs."""

from dataclasses import dataclass
from datetime import date

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class CallsOfDay:
    """One operation's calls in one day; ``usd`` is estimated by the provider's price list."""

    day: date
    provider: str
    account_id: str
    dataset: str
    operation: str
    calls: int
    units: int
    usd: Money
    throttled: int
    failed: int
    average_ms: float


# Takes customer_id, providers, start, end (exclusive).
BY_DAY = Question("calls/by_day.sql", CallsOfDay)
