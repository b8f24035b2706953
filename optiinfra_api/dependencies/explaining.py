"""A change of cost taken apart: what rose, what is new, how much is use and how much is price."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from fastapi import Depends, Query

from optiinfra_api.dependencies.cost_sentences import EFFECTS, Facts, sentences_of
from optiinfra_api.dependencies.coverage import coverage_of
from optiinfra_api.dependencies.filters import LedgerBasis, Text
from optiinfra_api.dependencies.page import Found
from optiinfra_api.dependencies.period import Reach
from optiinfra_api.dependencies.reading import AskingOf, Read, TimesOf
from optiinfra_api.schemas.cost_change import Amounts, CostChange, Driver, Kind, Restated
from optiinfra_api.schemas.envelope import Period
from optiinfra_core.metrics import COST
from optiinfra_core.warehouse.questions.cost_change import (
    CHANGE,
    RESTATED_SINCE,
    TOTAL,
    Changed,
    RestatedSince,
)
from optiinfra_core.windows import DAY, Window, floor

REACH = Reach(metric=COST, default=7 * DAY, longest=366 * DAY, step=DAY)
TENTH = Decimal("0.1")
HUNDRED = 100
ORDER = ("service", "resource", "account", "region", "sku", "charge_category", "provider")
# Whose values are identifiers that say nothing to a person.
LABELLED = frozenset({"resource"})

Narrowed = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Explaining:
    """The read of a change: the period, and as long a time before it."""

    read: Read
    narrowed: Narrowed
    basis: str
    limit: int

    @property
    def before(self) -> Window:
        """The period that is compared with."""
        window = self.read.window
        return Window(window.start - window.length, window.start)

    async def answer(self) -> CostChange:
        """The whole answer."""
        given = {"basis": self.basis, "before": self.before.start, **self.narrowed}
        found, restated, coverage = await asyncio.gather(
            self.read.whole(CHANGE, **given, limit=self.limit),
            self.read.whole(RESTATED_SINCE, **given),
            coverage_of(
                self.read.doors, self.read.customer.slug, COST, self.before, self.read.ground
            ),
        )
        whole = {row.currency: row for row in found.rows if row.dimension == TOTAL}
        drivers = drivers_of(found.rows, whole)
        answer = CostChange(
            **self.read.envelope(Found(rows=drivers)),
            cost=self.basis,
            previous=Period(start=self.before.start, end=self.before.end),
            previous_complete=coverage.committed >= coverage.expected > 0,
            previous_coverage=coverage,
            totals=[Amounts(**amounts(row)) for row in whole.values()],
            restated=[told(row) for row in restated.rows],
            sentences=[],
            hidden=hidden(found.rows, self.limit),
        )
        facts = Facts(answer=answer, narrowed=self.narrowed)
        return answer.model_copy(update={"sentences": list(sentences_of(facts))})


async def narrowed_of(
    service: Text = "", region: Text = "", account: Text = "", resource_id: Text = ""
) -> Narrowed:
    """Which charges are compared."""
    return {"service": service, "region": region, "account": account, "resource_id": resource_id}


async def explaining(
    asking: AskingOf,
    asked: TimesOf,
    narrowed: Annotated[Narrowed, Depends(narrowed_of)],
    basis: LedgerBasis = "effective",
    limit: Annotated[
        int, Query(ge=1, le=50, description="Values of each dimension that changed most.")
    ] = 5,
) -> Explaining:
    """The read. An end that is not given is the last midnight: a running day has no whole cost."""
    end = asked.end or floor(asking.doors.clock.now(), DAY)
    read = await asking.over(REACH, asked.model_copy(update={"end": end}))
    return Explaining(read, narrowed, basis, limit)


ExplainingOf = Annotated[Explaining, Depends(explaining)]


def drivers_of(rows: Iterable[Changed], whole: Mapping[str, Changed]) -> list[Driver]:
    """What changed, dimension by dimension, the largest change first."""
    changed = [row for row in rows if row.dimension != TOTAL and row.change]
    changed.sort(key=lambda row: (row.currency, ORDER.index(row.dimension)))
    return [driver_of(row, whole[row.currency].change) for row in changed]


def driver_of(row: Changed, whole: Decimal) -> Driver:
    """One of them; ``whole`` is the change of its currency."""
    return Driver(
        **amounts(row),
        dimension=row.dimension,
        value=row.value,
        label=row.label if row.dimension in LABELLED else "",
        share=hundredths(row.change, whole),
        unit=row.unit if row.measured else "",
        quantity=row.quantity,
        previous_quantity=row.previous_quantity,
    )


def amounts(row: Changed) -> dict[str, Any]:
    """What both periods cost."""
    return {
        "currency": row.currency,
        "cost": row.cost,
        "previous": row.previous,
        "change": row.change,
        "percent": hundredths(row.change, row.previous),
        "kind": kind_of(row),
        **{name: getattr(row, name) for name in EFFECTS},
    }


def kind_of(row: Changed) -> Kind:
    """In which way it changed."""
    if not row.previous_rows:
        return "new"
    if not row.rows:
        return "gone"
    if not row.change:
        return "same"
    return "rose" if row.change > 0 else "fell"


def hundredths(part: Decimal, whole: Decimal) -> Decimal | None:
    """``part`` in hundredths of ``whole``, to a tenth; None of nothing."""
    return (part * HUNDRED / whole).quantize(TENTH) if whole else None


def told(row: RestatedSince) -> Restated:
    """A sum of restatements as the answer tells it."""
    return Restated(
        currency=row.currency,
        period="current" if row.current else "previous",
        delta=row.delta,
        changes=row.changes,
        last_detected=row.last_detected,
    )


def hidden(rows: Iterable[Changed], limit: int) -> dict[str, int]:
    """How many values of each dimension are not told."""
    most: dict[tuple[str, str], int] = {(row.dimension, row.currency): row.of_all for row in rows}
    found: dict[str, int] = defaultdict(int)
    for (dimension, _), values in most.items():
        found[dimension] += max(0, values - limit)
    return {dimension: left for dimension, left in found.items() if left}
