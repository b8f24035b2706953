"""Questions about single judged calls: the worst, why, and what was asked and answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.warehouse.question import Question

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Below every score, also where a high one is bad and its sign is turned.
_NO_SCORE = -2.0
_FILTERS: Mapping[str, Any] = MappingProxyType(
    {
        "application": "",
        "metric_name": "",
        "judge_model": "",
        "environment": "",
        "model": "",
        "service_version": "",
        "prompt_version": "",
    }
)


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement of one call, without its texts.

    ``contradicted`` counts the answer's statements that its sources contradict. ``tampered``: the
    evidence tries to steer the judge, so the score is in no mean.
    """

    timestamp: datetime
    application_id: str
    provider: str
    environment: str
    service_version: str
    prompt_name: str
    prompt_version: str
    model: str
    trace_id: str
    interaction_id: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    status: str
    score: float | None
    label: str
    passed: bool | None
    confidence: str
    tampered: bool
    contradicted: int
    verdicts: dict[str, str]
    inclusion_probability: float
    stratum: str
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a judge wrote about one call; it may quote the call's text."""

    interaction_id: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    explanation: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallText:
    """What is kept of a call's text, in the parts it was stored in."""

    interaction_id: str
    kept: str
    input_parts: list[str] = field(repr=False)
    output_parts: list[str] = field(repr=False)
    context_parts: list[str] = field(repr=False)


# Takes customer_id, providers, metric_types, start, end, and the series that may be told.
WORST = Question(
    "applications/worst.sql",
    Judged,
    optional={
        **_FILTERS,
        "limit": 100,
        "has_after": False,
        "after_tampered": False,
        "after_contradicted": 0,
        "after_score": _NO_SCORE,
        "after_timestamp": _EPOCH,
        "after_interaction": "",
        "after_metric": "",
        "after_judge": "",
        "after_model": "",
        "after_rubric": "",
    },
)
# These take customer_id, interactions, start, end and now; texts also their applications, traces.
EXPLANATIONS = Question("applications/explanations.sql", Explanation)
TEXTS = Question("applications/texts.sql", CallText)
