"""The judges themselves: what they do, how well they agree, what they cost, what they alarmed."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field

from optiinfra_core.metrics.money import Money


class Share(BaseModel):
    """A share with its 95 % interval."""

    value: float
    low: float
    high: float
    n: float


class Agreement(BaseModel):
    """A judge against items whose truth is known; null is what the items cannot tell."""

    items: int
    true_flagged: int
    false_flagged: int
    true_missed: int
    false_passed: int
    balanced_accuracy: Share | None
    sensitivity: Share | None = Field(description="Of the defects, the share that was flagged.")
    specificity: Share | None = Field(description="Of the sound ones, the share that passed.")
    kappa: float | None
    length_correlation: float | None = Field(
        description="Spearman's, of the score and the answer's length: far from 0, the judge"
        " rates length."
    )
    replicate_agreement: Share | None = Field(
        description="Of pairs of its answers about one item, those that say the same."
    )


class JudgeCardRow(BaseModel):
    """One judge, model and rubric on one metric."""

    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    calibrated: bool
    judgements: int
    answered: int
    tampered: int
    error: int
    refused: int
    unparseable: int
    skipped: int
    length_correlation: float | None = Field(description="Pearson's, over all that was scored.")
    replicate_agreement: Share | None
    people: Agreement | None = Field(description="Against people's labels; null: none.")
    gold: Agreement | None = Field(description="On the gold set, as it was last asked.")
    input_tokens: int
    output_tokens: int
    cost_usd: Money | None = Field(description="Null: no judgement's cost is known.")
    cost_unknown: int
    fingerprints: int = Field(description="How many builds of the model answered.")
    first_scored_at: datetime | None
    last_scored_at: datetime | None


class JudgeCap(BaseModel):
    """One cap on judging and how it stands."""

    scope: str = Field(description="application_day or customer_month.")
    application_id: str = Field(description="Empty for the customer's month.")
    period: date = Field(description="The UTC day, or the first one of the month.")
    cap_usd: Money
    spent_usd: Money
    reserved_usd: Money = Field(description="What calls under way may still cost.")
    calls: int
    used: float = Field(description="Spent and reserved, as a share of the cap.")
    exhausted: bool = Field(description="Whether nothing more is judged until the period ends.")


class AlarmOut(BaseModel):
    """A series that got worse than its baseline; rates are of failures."""

    id: UUID
    application_id: str
    provider: str
    environment: str
    metric_name: str
    judge: str
    judge_model: str
    rubric_version: str
    raised_at: datetime
    began_at: datetime = Field(description="First judged call of the worse stretch.")
    cleared_at: datetime | None
    baseline_rate: float
    current_rate: float
    evidence: float = Field(
        description="Natural logarithm of how many times likelier worse is than as before."
    )
    judged: int
    attributed_to: str = Field(
        description="What changed with it: service_version, prompt_version or model; else empty."
    )
    attributed_value: str
    detail: str
