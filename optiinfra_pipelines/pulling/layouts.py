"""How the tables are laid out that calls are read from: their question, and what a row tells."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.collecting.interaction_source import ClickHouseSource
from optiinfra_pipelines.pulling import langfuse, otel

FOLDER = Path(__file__).parent / "sql"

Row = Mapping[str, Any]
Told = Interaction | Evaluation | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One kind of table: its usual name, its question in ``sql/``, and its rows as calls.

    ``bound`` are values that the question needs besides the table and the span of time;
    ``needs`` are fields of the source that it cannot do without.
    """

    name: str
    table: str
    tell: Callable[[Row, ClickHouseSource], Iterator[Told]]
    bound: Callable[[ClickHouseSource], Mapping[str, object]] = field(default=lambda _source: {})
    needs: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The question."""
        return (FOLDER / f"{self.name}.sql").read_text(encoding="utf-8")


def _project(source: ClickHouseSource) -> Mapping[str, object]:
    return {"project_id": source.project_id}


def _marks(_source: ClickHouseSource) -> Mapping[str, object]:
    return {"marks": list(otel.MARKS)}


LAYOUTS: Mapping[str, Layout] = {
    each.name: each
    for each in (
        Layout(name="otel_traces", table="otel_traces", tell=otel.span, bound=_marks),
        Layout(name="otel_logs", table="otel_logs", tell=otel.record),
        Layout(
            name="langfuse",
            table="observations",
            tell=langfuse.generation,
            bound=_project,
            needs=("project_id",),
        ),
        Layout(
            name="langfuse_events",
            table="events_full",
            tell=langfuse.generation,
            bound=_project,
            needs=("project_id",),
        ),
    )
}
