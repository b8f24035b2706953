"""What one write replaces: the extents of a plan's spans, and what commit records spare them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_core.collecting.contract import Collector, Rhythm
from optiinfra_core.warehouse.windows import CommittedWindow
from optiinfra_core.windows import DAY, Window, day_window, merge
from optiinfra_pipelines.collection.planner import Plan, relabelled

Records = Mapping[datetime, CommittedWindow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A span that is replaced as a whole, its windows that have begun, and their commit records.

    The holder of the account's lock read the records, so that they are true until it lets go.
    """

    span: Window
    windows: tuple[Window, ...]
    records: Records

    def unchanged(self, rhythm: Rhythm, told: tuple[str, str], now: datetime) -> bool:
        """Whether every window is committed whole as ``told``: from this source and version."""
        return all(
            (record := self.records.get(window.start)) is not None
            and record.complete
            and (record.source, record.source_version) == told
            and not relabelled(rhythm, window, record, now)
            for window in self.windows
        )

    def missing_parts(self, due: Plan) -> frozenset[str] | None:
        """The parts to retry where they are all that the windows lack; None means every part."""
        if not {window.start for window in self.windows} <= due.lacking:
            return None
        missing = {
            part for window in self.windows for part in self.records[window.start].failed_parts
        }
        return frozenset(missing) or None


def spans_of(
    collector: Collector[Any], connection: Any, spans: Sequence[Window]
) -> Iterator[Window]:
    """What is replaced at once: whole spans of days, or a day of shorter windows at most.

    A day bounds memory: 1,000 instances x 5 metrics x 288 samples are 1.4 M rows.
    """
    for extent in merge(collector.extent(connection, span) for span in spans):
        if collector.metric.window >= DAY:
            yield extent
            continue
        start = extent.start
        while start < extent.end:
            end = min(day_window(start.date()).end, extent.end)
            yield Window(start, end)
            start = end
