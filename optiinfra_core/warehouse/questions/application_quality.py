"""Questions about what judges said of applications' answers; sums, of which estimates are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions.application_usage import GROUPS

METRIC_TYPES = ("quality", "hallucination", "toxicity")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SERIES: Mapping[str, Any] = MappingProxyType(
    {"application": "", "metric_name": "", "judge_model": ""}
)
_FILTERS: Mapping[str, Any] = MappingProxyType(
    {**_SERIES, "environment": "", "model": "", "service_version": "", "prompt_version": ""}
)


@dataclass(frozen=True, slots=True)
class QualitySums:
    """What one series says of one application, environment and model.

    ``judged`` ones have a score; ``weight``, ``weight_squared``, ``weighted`` and
    ``weighted_squared`` are sums over them of w, w², w·score and w·score². ``ruled`` ones have a
    verdict too, ``uniform*`` ones lie in the part of the sample where every call was as likely.
    ``spread`` is p5, p50 and p95, weighted. ``above_weight`` is of scores from the limit on.
    """

    application_id: str
    environment: str
    model: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    judged: int
    error: int
    refused: int
    unparseable: int
    skipped: int
    without_score: int
    tampered: int
    reasons: list[str]
    weight: float
    weight_squared: float
    weighted: float
    weighted_squared: float
    ruled: int
    ruled_weight: float
    ruled_weight_squared: float
    passed_weight: float
    uniform: int
    uniform_passed: int
    above_weight: float
    spread: list[float]
    judge_cost_usd: Money | None
    judge_cost_unknown: int
    last_scored_at: datetime


@dataclass(frozen=True, slots=True)
class SeriesHour:
    """How many scores a series got in an hour; that the calls were made then is not said."""

    application_id: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    scored_hour: datetime
    scores: int
    last_scored_at: datetime


@dataclass(frozen=True, slots=True)
class QualityPeriod:
    """One series in one period, from the windows that were computed."""

    period: datetime
    application_id: str
    environment: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    judged: int
    failed: int
    without_score: int
    tampered: int
    not_passed: int
    weight: float
    weight_squared: float
    weighted: float
    weighted_squared: float
    weighted_not_passed: float
    judge_cost_usd: Money | None


@dataclass(frozen=True, slots=True)
class DriftSums:
    """One series in the period asked for, and in the baseline."""

    application_id: str
    environment: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    judged: int
    weight: float
    weight_squared: float
    weighted_not_passed: float
    weighted: float
    weighted_squared: float
    baseline_judged: int
    baseline_weight: float
    baseline_weight_squared: float
    baseline_weighted_not_passed: float
    baseline_weighted: float
    baseline_weighted_squared: float


# These take customer_id, providers, metric_types, start, end (exclusive). Scores from `threshold`
# on count as above, or from the limit of their "application/metric" in `limit_names`.
QUALITY = Question(
    "applications/quality.sql",
    QualitySums,
    optional={**_FILTERS, "threshold": 0.5, "limit_names": (), "limits": ()},
)
SERIES = Question("applications/series.sql", SeriesHour, optional=_SERIES)
# These take customer_id, providers, start, end; drift also baseline_start and baseline_end.
TRENDS = Question(
    "applications/trends.sql",
    QualityPeriod,
    optional={
        **_FILTERS,
        "group_by": "day",
        "every": True,
        "series": (),
        "limit": 1000,
        "has_after": False,
        "after_period": _EPOCH,
        "after_application": "",
        "after_metric": "",
        "after_environment": "",
        "after_judge": "",
        "after_model": "",
        "after_rubric": "",
    },
    choices={"group_by": GROUPS},
)
DRIFT = Question(
    "applications/drift.sql",
    DriftSums,
    optional={
        **_SERIES,
        "environment": "",
        "baseline_service": "",
        "baseline_prompt": "",
        "baseline_model": "",
    },
)
