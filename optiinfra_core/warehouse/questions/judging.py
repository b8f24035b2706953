"""Questions of whoever draws the sample and has it judged."""

from dataclasses import dataclass, field
from datetime import date, datetime

from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class Arrivals:
    """A quarter of an hour of an application: its calls, those that may be judged, the newest."""

    application_id: str
    window_start: datetime
    calls: int
    eligible: int
    last_arrival: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A call that may be drawn, with its texts as they are stored."""

    trace_id: str
    span_id: str
    started: datetime
    input: list[str] = field(repr=False)
    output: list[str] = field(repr=False)
    context: list[str] = field(repr=False)

    @property
    def interaction_id(self) -> str:
        """How samples and scores name it."""
        return f"{self.trace_id}-{self.span_id}"


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A sampled call that lacks judgements: the metrics that are settled, the attempts so far."""

    application_id: str
    interaction_id: str
    timestamp: datetime
    inclusion_probability: float
    stratum: str
    settled: list[str]
    tried: dict[str, int]


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call's facts and texts as they are stored; ``unredacted`` where they were kept in full."""

    interaction_id: str
    cloud: str
    deployed_to: str
    service: str
    prompt: str
    prompt_release: str
    answered_by: str
    unredacted: bool
    allowed: bool
    expires_on: date
    input: list[str] = field(repr=False)
    output: list[str] = field(repr=False)
    context: list[str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SampleStanding:
    """An application's sample: calls drawn, those with a score; judgements made, those failed."""

    application_id: str
    drawn: int
    scored: int
    judgements: int
    failed: int


@dataclass(frozen=True, slots=True)
class GoldDay:
    """How a judge did on one day on labelled items; None where it saw none of a kind."""

    judge: str
    judge_model: str
    rubric_version: str
    metric_name: str
    day: date
    sensitivity: float | None
    specificity: float | None
    items: int

    @property
    def balanced_accuracy(self) -> float | None:
        """The mean of both shares."""
        if self.sensitivity is None or self.specificity is None:
            return None
        return (self.sensitivity + self.specificity) / 2


ARRIVALS = Question("applications/arrivals.sql", Arrivals)
CANDIDATES = Question(
    "applications/candidates.sql", Candidate, optional={"after_trace": "", "after_span": ""}
)
# Of each application the first ``limit``; those that nobody judged yet before the others.
UNJUDGED = Question("applications/unjudged.sql", Unjudged, optional={"application_id": ""})
EVIDENCE = Question("applications/evidence.sql", StoredCall)
SAMPLE_STANDING = Question("applications/sample_standing.sql", SampleStanding)
GOLD_DAYS = Question("applications/gold_days.sql", GoldDay)
