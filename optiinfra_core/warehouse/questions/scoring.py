"""The question of a door that receives scores of other tools."""

from dataclasses import dataclass
from datetime import date, datetime

from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A call that is stored, as a score of it carries it."""

    application_id: str
    trace_id: str
    span_id: str
    started: datetime
    expires_on: date
    cloud: str
    deployed_to: str
    service: str
    prompt: str
    prompt_release: str
    answered_by: str


SCORED_CALLS = Question("applications/scored_calls.sql", ScoredCall)
