"""Charges in the columns of FOCUS, for files; and which of its rules they break."""

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from types import MappingProxyType
from typing import Any

from optiinfra_core.focus import WRITTEN, columns_of
from optiinfra_core.focus.currencies import CURRENCIES
from optiinfra_core.warehouse.question import Question

# Beside FOCUS's columns: how final, from which source, whose, when collected, and what the
# provider tells that FOCUS has no column for, as one JSON object.
OWN = (
    "x_Finality", "x_SourceDataset", "x_Provider", "x_AccountId", "x_CollectedAt",
    "x_ProviderColumns",
)  # fmt: skip


def _question(version: str) -> Question[Any]:
    names = [*(one.name for one in columns_of(version)), *OWN]
    spelled = version.replace(".", "_")
    return Question(f"cost/focus_{spelled}.sql", make_dataclass(f"Focus{spelled}", names))


# Each takes customer_id, providers, titles (in the order of providers), start and end.
FOCUS_1_2, FOCUS_1_3 = map(_question, WRITTEN)
FOCUS: Mapping[str, Question[Any]] = MappingProxyType(
    dict(zip(WRITTEN, (FOCUS_1_2, FOCUS_1_3), strict=True))
)


@dataclass(frozen=True, slots=True)
class Broken:
    """How many charges of an account's source break a rule; the empty rule counts all charges."""

    account_id: str
    source: str
    rule: str
    charges: int
    examples: list[str]


# Takes customer_id, provider, first_day and last_day.
BROKEN = Question(
    "cost/focus_rules.sql", Broken, optional={"currencies": tuple(sorted(CURRENCIES))}
)
