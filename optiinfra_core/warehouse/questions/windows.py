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


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a period one account has committed.

    ``committed`` windows lack nothing, ``partial`` ones lack a part; ``unfinished`` ones were
    committed before they ended. ``gaps`` are spans without a whole window, oldest first.
    """

    provider: str
    account_id: str
    expected: int
    committed: int
    partial: int
    unfinished: int
    complete: bool
    rows: int
    first_committed: datetime
    last_committed: datetime
    as_of: datetime
    data_version: int
    gaps: list[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Covered:
    """The same in two numbers."""

    provider: str
    account_id: str
    committed: int
    unfinished: int


@dataclass(frozen=True, slots=True)
class DataVersion:
    """What an answer stands on; version 0 and no windows where nothing is committed."""

    version: int
    as_of: datetime
    windows: int


@dataclass(frozen=True, slots=True)
class Freshness:
    """Up to when one data set of one account is committed; the epoch where never completely."""

    provider: str
    account_id: str
    dataset: str
    complete_until: datetime
    committed_until: datetime
    as_of: datetime
    source: str
    failed_parts: list[str]
    data_version: int
    windows: int
    rows: int


COMMITTED = Question("windows/committed.sql", CommitRow)
# These take customer_id, providers, dataset, start, end; coverage also step_s.
COVERED = Question("windows/covered.sql", Covered)
COVERAGE = Question("windows/coverage.sql", Coverage, optional={"gap_limit": 100})
DATA_VERSION = Question("windows/data_version.sql", DataVersion)
# Takes customer_id, providers and since, the first day that is looked at.
FRESHNESS = Question("windows/freshness.sql", Freshness)


@dataclass(frozen=True, slots=True)
class Sector:
    """One collected day: by how many accounts wholly, when last, and the least final charge."""

    started: datetime
    ended: datetime
    updated: datetime
    whole_accounts: int
    charges: int
    finality: str


SECTORS = Question("windows/sectors.sql", Sector)
