"""The commit records: which windows of an account are written, how, and when."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.windows import COMMITTED, CommitRow
from optiinfra_core.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedWindow:
    """One committed window. ``rows`` and ``checksum`` describe what it serves.

    ``complete`` is False where a part of the account failed; ``failed_parts`` names those.
    """

    window: Window
    version: int
    rows: int
    complete: bool
    failed_parts: tuple[str, ...]
    source: str
    source_version: str
    run_id: str
    checksum: int
    started_at: datetime
    first_committed_at: datetime
    finished_at: datetime


class CommitLog:
    """Reads commit records; only the writer of windows writes them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def committed(
        self, customer_id: str, provider: str, metric: Metric, account_id: str, span: Window
    ) -> list[CommittedWindow]:
        """The committed windows that start in ``span``, in order."""
        rows = self._warehouse.rows(
            COMMITTED,
            {
                "customer_id": customer_id,
                "provider": provider,
                "dataset": metric.name,
                "account_id": account_id,
                "start": span.start,
                "end": span.end,
            },
        )
        return [_committed(row) for row in rows]


def _committed(row: CommitRow) -> CommittedWindow:
    return CommittedWindow(
        window=Window(row.window_start, row.window_end),
        version=row.version,
        rows=row.rows,
        complete=row.complete,
        failed_parts=tuple(row.failed_parts),
        source=row.source,
        source_version=row.source_version,
        run_id=row.run_id,
        checksum=row.checksum,
        started_at=row.started_at,
        first_committed_at=row.first_committed_at,
        finished_at=row.finished_at,
    )
