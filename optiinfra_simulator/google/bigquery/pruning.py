"""Which usage days a statement can need, from what it demands of time: few days are quick.

Only what every row must satisfy counts: conditions joined by AND, with a constant on one side.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from optiinfra_simulator.google.cost.ledger import LONGEST as ORDINARY
from optiinfra_simulator.google.cost.months import LONGEST

_USAGE = frozenset({"usage_start_time", "chargeperiodstart"})
_EXPORT = frozenset({"export_time", "x_exporttime", "_partitiontime", "_partitiondate"})

Evaluate = Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Days:
    """Usage days from ``low`` to ``high``, both included.

    Of days before ``recent`` only what is exported long after its day is needed.
    """

    low: date
    high: date
    recent: date

    def within(self, other: "Days") -> "Days":
        """The days of both; at least one, so that there is a table to ask."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Days(min(low, high), high, max(low, self.recent, other.recent))


def needed(select: Any, everything: Days, evaluate: Evaluate) -> Days:
    """The days that a SELECT can need of the table that it reads; ``evaluate`` works out SQL."""
    found = everything
    where = select.args.get("where")
    for condition in _conjuncts(where.this) if where else ():
        found = found.within(_bound(condition, everything, evaluate))
    return found


def _conjuncts(node: Any) -> Iterator[Any]:
    from sqlglot import exp  # noqa: PLC0415 - loads with the first query

    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    elif isinstance(node, exp.Paren):
        yield from _conjuncts(node.this)
    elif isinstance(node, exp.Between):
        yield exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
        yield exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    else:
        yield node


def _bound(node: Any, everything: Days, evaluate: Evaluate) -> Days:
    from sqlglot import exp  # noqa: PLC0415 - as above

    if not isinstance(node, exp.GTE | exp.GT | exp.LTE | exp.LT | exp.EQ):
        return everything
    name, other, turned = _column(node.left), node.right, False
    if name is None:
        name, other, turned = _column(node.right), node.left, True
    if name is None or other.find(exp.Column, exp.Query):
        return everything
    day = _day(evaluate(other.sql(dialect="duckdb")))
    if day is None:
        return everything
    least = isinstance(node, exp.EQ) or isinstance(node, exp.GTE | exp.GT) is not turned
    most = isinstance(node, exp.EQ) or isinstance(node, exp.LTE | exp.LT) is not turned
    # A row is exported at most so long after its usage, and never before.
    late, later = (timedelta(0),) * 2 if name in _USAGE else (ORDINARY, LONGEST)
    return Days(
        day - later if least else everything.low,
        day if most else everything.high,
        day - late if least else everything.recent,
    )


def _column(node: Any) -> str | None:
    """The column of time that an expression rounds down to days at most, if it is one."""
    from sqlglot import exp  # noqa: PLC0415 - as above

    rounding = (exp.Date, exp.Cast, exp.TsOrDsToDate, exp.TimestampTrunc, exp.DateTrunc)
    while isinstance(node, rounding):
        if isinstance(node, exp.TimestampTrunc | exp.DateTrunc):
            unit = str(node.args.get("unit")).upper().strip("'")
            if unit not in ("DAY", "HOUR", "MINUTE", "SECOND"):
                return None
        node = node.this
    if not isinstance(node, exp.Column):
        return None
    name = node.name.lower()
    return name if name in _USAGE | _EXPORT else None


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(UTC).date() if value.tzinfo else value.date()
    return value if isinstance(value, date) else None
