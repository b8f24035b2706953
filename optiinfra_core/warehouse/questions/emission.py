"""The question of whoever sends scores on."""

from dataclasses import dataclass, field
from datetime import datetime

from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class EmittedScore:
    """One score with what names its call."""

    application_id: str
    environment: str
    interaction_id: str
    timestamp: datetime
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    score: float | None
    label: str
    explanation: str = field(repr=False)
    scored_at: datetime
    score_key: str


SCORES_SINCE = Question("applications/scores_since.sql", EmittedScore)
