"""How good applications' answers are: estimates with intervals, series by series."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import Reading
from optiinfra_core.metrics.money import Money


class Estimate(BaseModel):
    """A number made of a sample, with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int = Field(description="Judged calls that it stands on.")
    effective_n: float = Field(description="How many equally weighted ones would tell as much.")


class Failed(BaseModel):
    """Judgements without a score, by what happened."""

    error: int
    refused: int
    unparseable: int
    skipped: int = Field(description="Not asked: over a budget, or nobody may judge.")


class SeriesOut(BaseModel):
    """Scores of one judge, model and rubric; scores of another one are another series."""

    application_id: str
    metric_type: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    current: bool = Field(description="Whether this is the series that counts now.")
    calibrated: bool = Field(
        description="Whether this judge did better than chance on at least 30 items that people"
        " labelled or whose truth is known; a screen never is."
    )


class QualityRow(SeriesOut):
    """What one series says of one application, environment and model."""

    environment: str
    model: str = Field(description="Of the application, not of the judge.")
    calls: int
    eligible: int = Field(
        description="Calls that succeeded, whose text is kept and may be shown to a judge."
    )
    sampled: int = Field(description="Calls that were drawn to be judged.")
    judged: int = Field(description="Calls with a score.")
    failed: Failed
    without_score: int = Field(description="Judged, but nothing to score: no claims.")
    tampered: int = Field(description="Tried to steer the judge; in no mean.")
    score: Estimate | None
    pass_rate: Estimate | None
    pass_rate_uniform: Estimate | None = Field(
        default=None,
        description="Of the part of the sample alone in which every call was as likely.",
    )
    threshold: float | None = Field(
        default=None, description="Scores from here on count into share_above."
    )
    share_above: Estimate | None = None
    p5: float | None
    p50: float | None
    p95: float | None
    judge_cost_usd: Money | None = Field(description="Null: no judgement's cost is known.")
    judge_cost_unknown: int = Field(description="Judgements whose cost is not known.")
    verdict_possible: bool = Field(description="Whether at least 50 calls were judged.")
    reason: str | None = Field(
        description="Why there is no score: no_judge, not_judged, or the commonest failure."
    )


class QualityPoint(SeriesOut):
    """One series in one period."""

    period: datetime
    environment: str
    judged: int
    failed: int
    without_score: int
    tampered: int
    score: Estimate | None
    pass_rate: Estimate | None
    judge_cost_usd: Money | None
    verdict_possible: bool


class DriftRow(SeriesOut):
    """One series now and in its baseline; rates are of failures."""

    environment: str
    baseline_start: datetime
    baseline_end: datetime
    judged: int
    baseline_judged: int
    failure_rate: Estimate | None
    baseline_failure_rate: Estimate | None
    score: Estimate | None
    baseline_score: Estimate | None
    change: float | None = Field(description="Failure rate now minus that of the baseline.")
    change_low: float | None
    change_high: float | None
    p: float | None = Field(description="Two-sided, of no change.")
    verdict: str = Field(
        description="regression, improvement, no_change, too_few (below 50 on a side), or"
        " no_baseline: this judge and rubric scored nothing then."
    )


class Texts(BaseModel):
    """What is kept of a call's text."""

    kept: str = Field(description="full or redacted.")
    input: list[dict[str, str]]
    output: list[dict[str, str]]
    context: list[str]


class WorstRow(BaseModel):
    """One judged call."""

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
    score: float | None
    label: str
    passed: bool | None
    confidence: str
    tampered: bool
    contradicted: int = Field(description="Statements that the sources contradict.")
    verdicts: dict[str, str]
    inclusion_probability: float
    stratum: str
    scored_at: datetime
    explanation: str | None = Field(
        default=None, description="The judge's own words; null unless texts were asked for."
    )
    texts: Texts | None = Field(
        default=None, description="Null unless texts were asked for and are kept."
    )


class QualityReading(Reading[QualityRow]):
    """Series of scores in the envelope."""


def columns(row: Any, model: type[BaseModel]) -> dict[str, Any]:
    """Those fields of a question's row that ``model`` has too."""
    return {name: getattr(row, name) for name in model.model_fields if hasattr(row, name)}
