"""What people say of single calls, and the rates that follow from it."""

from datetime import datetime

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import Body
from optiinfra_api.schemas.quality import SeriesOut

# A body may have 64 KiB.
MOST = 200


class NewLabel(Body):
    """One rater's word on one call."""

    application_id: str = Field(min_length=1, max_length=128, examples=["support.assistant"])
    interaction_id: str = Field(
        pattern="^[0-9a-f]{32}-[0-9a-f]{16}$",
        description="As /worst and /to-label name the call: trace id, a dash, span id.",
        examples=["4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"],
    )
    metric_name: str = Field(min_length=1, max_length=64, examples=["quality"])
    rater: str = Field(
        min_length=1, max_length=64, description="Who says so; one word each.", examples=["ann"]
    )
    flagged: bool = Field(description="Whether the defect that the metric looks for is there.")
    comment: str = Field(
        default="", max_length=2000, description="Kept as long as the call's text is.", repr=False
    )


class NewLabels(Body):
    """Labels of one batch; all are stored, or none."""

    labels: list[NewLabel] = Field(min_length=1, max_length=MOST)


class Labelled(BaseModel):
    """What became of a batch."""

    stored: int


class Corrected(SeriesOut):
    """The share of calls with the defect, as people would have found it."""

    judged: int
    labelled_flagged: int = Field(description="Labels of calls that the judge flagged.")
    labelled_passed: int = Field(description="Labels of calls that it passed.")
    judged_rate: float | None = Field(description="What the judge says, uncorrected.")
    corrected_rate: float | None
    low: float | None
    high: float | None
    kappa: float | None = Field(description="Agreement of judge and people beyond chance.")
    basis: str | None = Field(
        description="strata: judge and labels together; labels: the labels alone, since the judge"
        " agrees too little with them to help."
    )
    next_flagged_share: float | None = Field(
        description="Of the next labels, the share that flagged calls should get."
    )
    reason: str | None = Field(
        description="Why there is no rate: no_labels, or no_labels_of_flagged or _of_passed calls."
    )


class ToLabel(BaseModel):
    """A call that a person should look at."""

    application_id: str
    metric_name: str
    interaction_id: str
    trace_id: str
    timestamp: datetime
    judge: str
    judge_model: str
    rubric_version: str
    flagged: bool = Field(description="What the judge says; better not shown to who labels.")
    score: float | None
    label: str
    inclusion_probability: float
