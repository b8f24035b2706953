"""What became of collecting one metric of one account: a value, never an exception."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from optiinfra_core.errors import OptiInfraError, PartFailure, Throttled
from optiinfra_core.redaction import scrub
from optiinfra_core.windows import Window

Status = Literal["succeeded", "partial", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why something was not collected, and what an operator does next."""

    code: str
    detail: str
    remedy: str
    retryable: bool
    retry_after: float | None = None

    @classmethod
    def of(cls, error: OptiInfraError) -> "Fault":
        """The fault that ``error`` tells of."""
        wait = error.retry_after if isinstance(error, Throttled) else None
        return cls(
            code=error.code,
            detail=scrub(error.told),
            remedy=error.remedy,
            retryable=error.retryable,
            retry_after=wait,
        )

    @classmethod
    def of_parts(cls, failures: Iterable[PartFailure]) -> "Fault | None":
        """The parts' failures told as one; None where there are none."""
        failures = tuple(failures)
        if not failures:
            return None
        first = failures[0]
        return cls(
            code=first.code,
            detail=scrub("; ".join(f"{each.part}: {each.detail}" for each in failures)),
            remedy=first.remedy,
            retryable=any(failure.retryable for failure in failures),
            retry_after=max((f.retry_after or 0 for f in failures), default=0) or None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What one committed span added; ``served`` rows are read of its windows now, by UTC day."""

    windows: tuple[Window, ...]
    rows: int
    version: int
    served: Mapping[date, int] = field(default_factory=dict)
    failures: tuple[PartFailure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One metric of one account after one attempt.

    ``possible`` is False where the provider cannot supply the days asked for at all.
    ``source_version`` is what the source called its state when it told its changes; ``covered``
    says that this was a tick which left nothing undone. ``slowed_until`` is until when the budget
    allows no paid call, ``postponed`` that something was left for later because of it. ``beyond``
    are days that were asked for and that the provider cannot tell any more; ``limit`` says why.
    """

    customer_id: str
    provider: str
    metric: str
    account_id: str
    status: Status
    started: datetime
    finished: datetime
    source: str = ""
    progress: tuple[Progress, ...] = ()
    calls: int = 0
    usd: Decimal = Decimal(0)
    reason: str = ""
    possible: bool = True
    fault: Fault | None = None
    failures: tuple[PartFailure, ...] = field(default=())
    source_version: str | None = None
    covered: bool = False
    slowed_until: datetime | None = None
    postponed: bool = False
    beyond: frozenset[date] = frozenset()
    limit: str = ""

    @property
    def rows(self) -> int:
        """Rows written."""
        return sum(step.rows for step in self.progress)

    @property
    def windows(self) -> tuple[Window, ...]:
        """Windows committed, complete or not."""
        return tuple(window for step in self.progress for window in step.windows)

    @property
    def days(self) -> tuple[date, ...]:
        """UTC days in which a window was committed, in order."""
        return tuple(sorted({window.first_day for window in self.windows}))

    def served(self, day: date) -> int | None:
        """Rows that the windows of ``day`` serve which were committed; None where none was."""
        counts = [step.served[day] for step in self.progress if day in step.served]
        return sum(counts) if counts else None

    @property
    def lag_seconds(self) -> float | None:
        """How far the newest committed window lies behind the start of the attempt."""
        if not self.progress:
            return None
        newest = max(window.end for window in self.windows)
        return max(0.0, (self.started - newest).total_seconds())

    @property
    def ok(self) -> bool:
        """Whether nothing is left to do for this attempt."""
        return self.status in ("succeeded", "skipped")
