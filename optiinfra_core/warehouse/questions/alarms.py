"""Questions of whoever watches series of scores for a turn to the worse."""

from dataclasses import dataclass
from datetime import date, datetime

from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class Slice:
    """A day of one version of one series; what differs between versions is a column each."""

    application_id: str
    environment: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    day: date
    service_version: str
    prompt_name: str
    prompt_version: str
    model: str


@dataclass(frozen=True, slots=True)
class BaselineDay(Slice):
    """Sums over a day's windows; a weight is one over an item's probability."""

    items: int
    weights: float
    weights_squared: float
    failed_weight: float


@dataclass(frozen=True, slots=True)
class WatchedItems(Slice):
    """Items alike: as probable to be judged, and all failed or all passed."""

    probability: float
    failed: bool
    items: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class GoldVerdict:
    """One verdict on a labelled item; ``flagged`` is None where the judgement failed."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_name: str
    day: date
    item_id: str
    replicate: int
    flagged: bool | None
    system_fingerprint: str


BASELINE_DAYS = Question("applications/baseline_days.sql", BaselineDay)
WATCHED_ITEMS = Question("applications/watched_items.sql", WatchedItems)
GOLD_VERDICTS = Question("applications/gold_verdicts.sql", GoldVerdict)
