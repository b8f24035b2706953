"""Questions about what has been collected: commits, gaps, versions, freshness."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class CommitRow:
    """One commit record."""

    window_start: datetime
    window_end: datetime
    version: int
    rows: int
    complete: bool
    failed_parts: list[str]
    source: str
    source_version: str
    run_id: str
    checksum: int
    started_at: datetime
    first_committed_at: datetime
    finished_at: datetime


COMMITTED = Question("windows/committed.sql", CommitRow)
