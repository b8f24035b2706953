"""Whatever was restated, failed or switched: the figures of every earlier moment can be read."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from secrets import token_hex

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiinfra_core.metrics import CostRow
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.cost import METRICS_AS_KNOWN, TOTAL, TOTAL_AS_KNOWN
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span, denied

FIRST = TODAY - timedelta(days=2)
WHOLE = {"start": day_span(FIRST, 3).start, "end": day_span(FIRST, 3).end}
REGIONS = ("north", "south")

Line = tuple[date, str, str]


@dataclass(frozen=True, slots=True)
class Write:
    """One write: ``days`` from the ``first``; one region may fail, or be the only one asked."""

    first: int
    days: int
    lines: list[tuple[int, str, str, Decimal]]
    source: str
    failed: str | None
    only: str | None

    def covered(self) -> list[date]:
        """The days that it replaces."""
        return [
            FIRST + timedelta(days=n) for n in range(self.first, min(self.first + self.days, 3))
        ]

    def regions(self) -> list[str]:
        """The regions that it replaces."""
        return [r for r in REGIONS if r != self.failed and self.only in (None, r)]

    def rows(self) -> Iterator[CostRow]:
        """What the source says, of the regions that were asked."""
        for offset, region, resource, cost in self.lines:
            day = FIRST + timedelta(days=offset)
            if day in self.covered() and self.only in (None, region):
                yield charge(str(cost), day, region_id=region, resource_id=resource)


@dataclass(slots=True)
class Served:
    """What is served after each write, as a plain dictionary would keep it."""

    lines: dict[Line, Decimal] = field(default_factory=dict)
    moments: list[tuple[datetime, dict[Line, Decimal]]] = field(default_factory=list)

    def take(self, write: Write) -> None:
        """Replace the write's days and regions."""
        replaced = {(day, region) for day in write.covered() for region in write.regions()}
        self.lines = {line: cost for line, cost in self.lines.items() if line[:2] not in replaced}
        for row in write.rows():
            line = (row.charge_period_start.date(), row.region_id, row.resource_id)
            if line[:2] in replaced:
                self.lines[line] = self.lines.get(line, Decimal(0)) + row.billed_cost


amounts = st.decimals(-1000, 1000, places=12, allow_nan=False, allow_infinity=False)
writes = st.builds(
    Write,
    first=st.integers(0, 2),
    days=st.integers(1, 3),
    lines=st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(REGIONS), st.sampled_from("ab"), amounts),
        max_size=6,
    ),
    source=st.sampled_from(["ce_daily", "focus_export"]),
    failed=st.sampled_from([None, None, *REGIONS]),
    only=st.sampled_from([None, None, *REGIONS]),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(writes, min_size=1, max_size=6))
def test_every_earlier_figure_can_be_read_line_by_line(
    warehouse: Warehouse, sequence: list[Write]
) -> None:
    """Days that appear late, lines that vanish, sources that take over, regions that fail.

    Lines of nothing are left out: the ledger remembers money. It explains every difference: the
    total then, and all changes since of days known then, are the total now of those days.
    """
    scene = Scene(warehouse, f"history-{token_hex(4)}")
    served = Served()
    for write in sequence:
        failed = [denied(write.failed)] if write.failed else []
        parts = frozenset({write.only}) if write.only else None
        days = write.covered()
        scene.costs(
            *write.rows(), *failed, span=day_span(days[0], len(days)), source=write.source,
            parts=parts,
        )  # fmt: skip
        served.take(write)
        served.moments.append((scene.clock.now(), dict(served.lines)))
    now = sum(row.cost or 0 for row in scene.ask(TOTAL, **WHOLE))
    assert now == sum(served.lines.values())
    for index, (moment, lines) in enumerate(served.moments):
        told = scene.ask(METRICS_AS_KNOWN, known_at=moment, **WHOLE)
        assert {
            (row.charge_period_start.date(), row.region_id, row.resource_id): row.cost
            for row in told
            if row.cost
        } == {line: cost for line, cost in lines.items() if cost}
        then = scene.ask(TOTAL_AS_KNOWN, known_at=moment, **WHOLE)
        assert sum(row.cost for row in then) == sum(lines.values())
        known = {day for write in sequence[: index + 1] for day in write.covered()}
        of_those = sum(cost for line, cost in served.lines.items() if line[0] in known)
        changed = sum(row.changed_since for row in then)
        assert sum(lines.values()) + changed == of_those
