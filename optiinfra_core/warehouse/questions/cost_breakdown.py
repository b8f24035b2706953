"""Questions about what cost is made of over time, and which tags it carries."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions.cost import BASES, DIMENSIONS, FILTERS, GROUPS


@dataclass(frozen=True, slots=True)
class TagCost:
    """What the charges cost that carry one tag; ``share`` of all charges, 0 to 1.

    Charges may carry several tags, so costs of tags do not add up.
    """

    key: str
    currency: str
    value_count: int
    cost: Money | None
    share: float | None
    rows: int
    unknown_rows: int


@dataclass(frozen=True, slots=True)
class TypeTrend:
    """What one value of a dimension cost in one period.

    ``present`` is false where charges have none; ``others`` is what values beyond the dearest add
    up to, and then ``value`` is empty.
    """

    period: datetime
    value: str
    present: bool
    others: bool
    currency: str
    cost: Money | None
    rows: int
    unknown_rows: int


TAGS = Question(
    "cost/tags.sql",
    TagCost,
    optional={
        "basis": "effective",
        **FILTERS,
        "limit": 100,
        "has_after": False,
        "after_key": "",
        "after_currency": "",
    },
    choices={"basis": BASES},
    gathers=True,
)
TRENDS_BY_TYPE = Question(
    "cost/trends_by_type.sql",
    TypeTrend,
    optional={
        "basis": "effective",
        **FILTERS,
        "dimension": "service",
        "tag": "",
        "group_by": "day",
        "top": 10,
    },
    choices={"basis": BASES, "dimension": DIMENSIONS, "group_by": GROUPS},
)
