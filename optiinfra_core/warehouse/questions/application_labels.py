"""Questions about what people say of single calls, and what that says of the judges."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.warehouse.question import Question

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
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
class Label:
    """One rater's word on one call; ``flagged``: the defect that the metric looks for is there."""

    timestamp: datetime
    application_id: str
    interaction_id: str
    metric_name: str
    rater: str
    flagged: bool
    labelled_at: datetime
    key_id: str


@dataclass(frozen=True, slots=True)
class NamedCall:
    """A call that is there: when it began and how long its text is kept."""

    interaction_id: str
    timestamp: datetime
    text_expires_on: date


@dataclass(frozen=True, slots=True)
class LabelStratum:
    """The calls that one series flagged, or passed; the weights are of the sample.

    ``labelled`` of them have a label, ``defect_weight`` is of those that people found wrong.
    """

    application_id: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    flagged: bool
    judged: int
    weight: float
    weight_squared: float
    labelled: int
    labelled_weight: float
    labelled_weight_squared: float
    defect_weight: float


@dataclass(frozen=True, slots=True)
class Suggested:
    """A judged call without a label."""

    application_id: str
    metric_name: str
    interaction_id: str
    trace_id: str
    timestamp: datetime
    judge: str
    judge_model: str
    rubric_version: str
    flagged: bool
    score: float | None
    label: str
    inclusion_probability: float


# These take customer_id, start, end; strata and suggestions also providers and metric_types.
LABELS = Question(
    "applications/labels.sql",
    Label,
    optional={
        "application": "",
        "metric_name": "",
        "rater": "",
        "interaction": "",
        "limit": 100,
        "has_after": False,
        "after_timestamp": _EPOCH,
        "after_application": "",
        "after_interaction": "",
        "after_metric": "",
        "after_rater": "",
    },
)
INTERACTIONS_NAMED = Question("applications/interactions_named.sql", NamedCall)
LABEL_STRATA = Question("applications/label_strata.sql", LabelStratum, optional=_FILTERS)
# Takes the series, how many of each half of each application and metric, and a seed.
TO_LABEL = Question(
    "applications/to_label.sql", Suggested, optional={"application": "", "metric_name": ""}
)
