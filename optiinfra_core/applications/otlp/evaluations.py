"""Scores of other tools: the event ``gen_ai.evaluation.result``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.applications.dialects.values import cleaned, name, number, told
from optiinfra_core.applications.interaction import Evaluation, Rejected

NAME = "gen_ai.evaluation.result"
LONGEST = 4_000


@dataclass(frozen=True, slots=True)
class Scored:
    """The call that was scored, and when; None where the time cannot be."""

    application: str
    trace_id: str
    span_id: str
    at: datetime | None


def evaluation(attributes: Mapping[str, object], scored: Scored) -> Evaluation | Rejected:
    """The score that the event's attributes tell; one without name, or value and label, is none."""
    named = name(attributes.get("gen_ai.evaluation.name"))
    value = number(attributes.get("gen_ai.evaluation.score.value"))
    label = name(attributes.get("gen_ai.evaluation.score.label"))
    if not named or (value is None and not label) or scored.at is None:
        return Rejected(1, f"{NAME} without a time, a name, or one of a value and a label")
    return Evaluation(
        application=scored.application,
        trace_id=scored.trace_id,
        span_id=scored.span_id,
        at=scored.at,
        name=named,
        value=value,
        label=label,
        explanation=cleaned(told(attributes.get("gen_ai.evaluation.explanation")), LONGEST),
    )
