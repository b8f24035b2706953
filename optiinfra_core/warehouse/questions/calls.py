"""Questions about what collecting takes and costs; dollars are estimates by price lists."""

from dataclasses import dataclass
from datetime import date, datetime

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question

GROUPS = ("day", "run", "provider", "data_type", "operation", "account")


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


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of one group took: ``pages`` were answered, ``units`` are what is billed."""

    key: str
    calls: int
    pages: int
    units: int
    usd: Money
    throttled: int
    errors: int
    first_call: datetime
    last_call: datetime


@dataclass(frozen=True, slots=True)
class MonthOfAccount:
    """One account's dollars since the month began, and since ``recent``."""

    provider: str
    account_id: str
    month_to_date: Money
    recent_usd: Money
    first_call: datetime


@dataclass(frozen=True, slots=True)
class Spending:
    """What a budget is held against; ``typical`` is 0 and ``last_paid`` 1970 where nothing cost."""

    spent: Money
    recent_usd: Money
    recent_on_dataset: Money
    typical: Money
    last_paid: datetime


# Takes customer_id, providers, start, end (exclusive).
BY_DAY = Question("calls/by_day.sql", CallsOfDay)
SPENT = Question(
    "calls/spent.sql",
    Spent,
    optional={"group_by": "day", "limit": 1000},
    choices={"group_by": GROUPS},
)
# Takes the month's start, now as end, and `recent`, an instant some days before.
MONTHS = Question("calls/months.sql", MonthOfAccount)
# Takes one account and dataset, the month's start, `recent` and `negligible`.
SPENDING = Question("calls/spending.sql", Spending)
