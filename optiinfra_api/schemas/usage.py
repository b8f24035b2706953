"""What calls of applications take: requests, errors, times, tokens, cost; of all, not a sample."""

from datetime import datetime

from pydantic import BaseModel, Field

from optiinfra_api.schemas.quality import Estimate, Failed, SeriesOut
from optiinfra_core.metrics.money import Money


class Spread(BaseModel):
    """Percentiles in milliseconds."""

    p50: float
    p95: float
    p99: float


class CallFigures(BaseModel):
    """Figures of calls; what is not known of a call is counted and adds nothing."""

    requests: int
    errors: int
    error_rate: float
    latency_ms: Spread | None = Field(description="Null: no call tells its latency.")
    ttft_ms: Spread | None = Field(description="Time to the first token; null likewise.")
    input_tokens: int = Field(description="Cached ones included.")
    output_tokens: int = Field(description="Reasoning included.")
    cached_tokens: int
    cache_hit_share: float | None = Field(description="Of the input tokens, those from a cache.")
    tokens_unknown: int = Field(description="Calls that do not tell their tokens.")
    tokens_per_second: float | None = Field(description="Output tokens over the time of calls.")
    cost_usd: Money | None = Field(description="Of calls whose cost is known; null: of none.")
    cost_unknown: int = Field(description="Calls whose cost is not known.")
    cost_per_million_tokens_usd: Money | None
    cost_per_passing_answer_usd: Money | None = Field(
        description="Cost of a call over the pass rate of `quality` by the judge that counts now;"
        " null without either."
    )
    first_call: datetime
    last_call: datetime


class ModelUsage(CallFigures):
    """What the calls of one application to one model took."""

    application_id: str
    llm_vendor: str
    model: str


class SeriesSummary(SeriesOut):
    """What one series says of one application, all environments and models together."""

    judged: int
    failed: Failed
    without_score: int
    tampered: int
    score: Estimate | None
    pass_rate: Estimate | None
    share_above: Estimate | None = Field(description="Scores from the threshold on.")
    threshold: float | None
    judge_cost_usd: Money | None
    verdict_possible: bool
    drift: str = Field(description="Against the baseline; see /drift. no_baseline: none was had.")
    reason: str | None


class ApplicationSummary(CallFigures):
    """One application: all its calls, and what was judged of them."""

    application_id: str
    eligible: int
    sampled: int
    open_alarms: int
    metrics: list[SeriesSummary]
