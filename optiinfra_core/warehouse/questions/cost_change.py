"""Questions about why cost changed from one period to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions.cost import LEDGER_BASES

TOTAL = "total"

_OPTIONAL: Mapping[str, Any] = MappingProxyType(
    {"basis": "effective", "service": "", "region": "", "account": "", "resource_id": ""}
)


@dataclass(frozen=True, slots=True)
class Changed:
    """One value of a dimension in both periods; ``of_all`` is how many the dimension has.

    The five effects add up to ``change``. Quantities are None unless ``measured``: every charge
    has one, and all in one unit.
    """

    dimension: str
    value: str
    label: str
    currency: str
    cost: Money
    previous: Money
    change: Money
    rows: int
    previous_rows: int
    new_effect: Money
    gone_effect: Money
    usage_effect: Money
    price_effect: Money
    other_effect: Money
    measured: bool
    unit: str
    quantity: Money | None
    previous_quantity: Money | None
    of_all: int


@dataclass(frozen=True, slots=True)
class RestatedSince:
    """What changed after the fact in one currency; ``current`` is of the period itself."""

    currency: str
    current: bool
    delta: Money
    changes: int
    last_detected: datetime


# Both also take before, where the period before starts; it ends where the period starts.
CHANGE = Question(
    "cost/change.sql", Changed, optional={**_OPTIONAL, "limit": 5}, choices={"basis": LEDGER_BASES}
)
RESTATED_SINCE = Question(
    "cost/restated_since.sql", RestatedSince, optional=_OPTIONAL, choices={"basis": LEDGER_BASES}
)
