"""What one write replaces, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from optiinfra_core.errors import InvalidRequest, PartFailure
from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.windows import CommittedWindow
from optiinfra_core.windows import Window, floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Everything one account's source says about ``span``: after the write, nothing else is left.

    ``span`` is what is replaced, ``windows`` the windows in it that the write commits.
    ``parts`` limits both to these parts (regions); ``failed`` names parts that could not be
    collected and keep what an earlier run wrote. ``source_version`` is what the source called its
    own state. ``started_version`` is the clock's milliseconds when collecting began; None means it
    begins with the write, which pulls the rows. ``before`` holds the commit records of at least
    ``span``, by start, where the caller has read them under the lock of the span.
    """

    metric: Metric
    customer_id: str
    provider: str
    account_id: str
    source: str
    source_version: str = ""
    run_id: str
    span: Window
    windows: tuple[Window, ...]
    failed: tuple[PartFailure, ...] = ()
    parts: frozenset[str] | None = None
    started_version: int | None = None
    before: Mapping[datetime, CommittedWindow] | None = None

    def __post_init__(self) -> None:
        for window in self.windows:
            outside = window.start < self.span.start or window.end > self.span.end
            if outside or floor(window.start, self.metric.window) != window.start:
                raise InvalidRequest(
                    f"window {window} is not a {self.metric.name} window inside {self.span}",
                    remedy="Commit windows that start on the metric's grid, inside the span.",
                )

    @property
    def summary(self) -> str:
        """What is replaced, for messages."""
        return (
            f"{self.metric.name} of {self.customer_id}, {self.provider} account"
            f" {self.account_id}, {self.span}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The outcome of one write.

    ``rows`` were written, after identical lines were summed; ``tombstones`` of rows that the
    source no longer has; ``checksum`` covers all that the committed windows serve now, ``served``
    counts it by UTC day; ``control_totals`` are the exact sums of the additive columns that were
    written.
    """

    rows: int
    version: int
    checksum: int
    tombstones: int
    failed: tuple[PartFailure, ...]
    control_totals: Mapping[str, Decimal]
    restatements: int = 0
    served: Mapping[date, int] = field(default_factory=dict)
