"""The commit records of sampling: which quarters of an hour were drawn from, and by which plan.

They stand beside those of collections, so that freshness and gaps are told alike. The plan is
written down before the sample: whatever happens then, the same calls are drawn again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.windows import COMMITTED
from optiinfra_core.warehouse.writer import COMMIT_COLUMNS
from optiinfra_core.windows import QUARTER_HOUR, Clock, Window, milliseconds

SOURCE = "interactions"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledWindow:
    """One quarter of an hour; ``plan`` is empty while there was nothing to draw from."""

    start: datetime
    plan: str
    calls: int
    complete: bool
    version: int = 0
    first_committed_at: datetime | None = None
    finished_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def window(self) -> Window:
        """The quarter of an hour."""
        return Window(self.start, self.start + QUARTER_HOUR)

    def saw(self, arrival: datetime, slack: timedelta) -> bool:
        """Whether a call that came at ``arrival`` was surely there when the sample was drawn."""
        return self.complete and arrival < self.finished_at - slack


class SampledWindows:
    """The records of one application at one provider: ``of`` is (customer, provider, its id)."""

    def __init__(self, warehouse: Warehouse, clock: Clock, of: tuple[str, str, str]) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._of = of

    def held(self, span: Window) -> Mapping[datetime, SampledWindow]:
        """Those that start in ``span``, by their start."""
        customer_id, provider, application_id = self._of
        rows = self._warehouse.rows(
            COMMITTED,
            {
                "customer_id": customer_id,
                "provider": provider,
                "dataset": APPLICATION.name,
                "account_id": application_id,
                "start": span.start,
                "end": span.end,
            },
        )
        return {
            row.window_start: SampledWindow(
                start=row.window_start,
                plan=row.source_version,
                calls=row.rows,
                complete=row.complete,
                version=row.version,
                first_committed_at=row.first_committed_at,
                finished_at=row.finished_at,
            )
            for row in rows
        }

    def commit(self, windows: Iterable[SampledWindow], run_id: str, seen_at: datetime) -> None:
        """Write records that replace those of the same windows.

        ``seen_at`` is when the calls were read: what came later is looked for again.
        """
        version = milliseconds(self._clock.now())
        rows: list[tuple[Any, ...]] = [
            (
                self._of[0], self._of[1], APPLICATION.name, self._of[2], each.start,
                each.start + QUARTER_HOUR, SOURCE, each.plan, run_id,
                max(version, each.version + 1), seen_at, each.calls, 0, int(each.complete), [],
                each.first_committed_at or seen_at, seen_at,
            )
            for each in windows
        ]  # fmt: skip
        if rows:
            self._warehouse.insert("collection_windows", COMMIT_COLUMNS, rows)
