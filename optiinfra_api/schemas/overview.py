"""What the first page of a dashboard shows: all clouds of a customer at once, part by part."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import Coverage, Period
from optiinfra_api.schemas.quality import Estimate
from optiinfra_core.metrics.money import Money

T = TypeVar("T")

State = Literal["collected", "not-collected", "not-supported"]


class Part(BaseModel, Generic[T]):
    """One kind of data with what it stands on; where there is none, ``state`` says why."""

    state: State = Field(
        description="collected: something was committed; not-collected: nothing yet;"
        " not-supported: the provider does not supply it."
    )
    reason: str | None = Field(description="Why it is not supported, or what failed last.")
    remedy: str | None = Field(description="What to do about what failed last.")
    period: Period
    as_of: datetime | None
    freshness_seconds: int | None
    stale: bool
    complete: bool
    coverage: Coverage
    sources: int = Field(description="Accounts, or applications, that it is collected from.")
    failing: int = Field(description="Those of them whose last attempt failed.")
    data: list[T]


class DayCost(BaseModel):
    """What one day cost."""

    day: date
    cost: Money | None
    unknown_rows: int


class PeriodCost(BaseModel):
    """What the period cost in one currency, beside as long a time before it."""

    currency: str
    cost: Money | None = Field(description="Null: nothing was charged, or no cost is known.")
    rows: int
    unknown_rows: int = Field(description="Charges without a cost on this basis; in no sum.")
    previous: Money | None = Field(description="The period before; null: nothing is known of it.")
    previous_unknown_rows: int
    change: Money | None = Field(description="cost minus previous; null where either is.")
    days: list[DayCost] = Field(description="Days of the period that have charges.")


class CostPart(Part[PeriodCost]):
    """Costs of one provider."""

    previous_complete: bool = Field(
        description="Whether the period before is collected whole: if not, `change` misleads."
    )


class Utilisation(BaseModel):
    """One metric over all resources of a provider."""

    metric_name: str
    statistic: str
    unit: str
    avg: float
    p95: float
    max: float
    samples: int
    resources: int


class ResourceCount(BaseModel):
    """How many resources of one kind are in one state."""

    resource_type: str
    status: str
    resources: int


class ProviderOverview(BaseModel):
    """One installed provider; a part that the key may not read is null."""

    provider: str
    title: str
    connected: bool = Field(description="Whether anything of it was ever asked for.")
    costs: CostPart | None
    performance: Part[Utilisation] | None
    resources: Part[ResourceCount] | None


class ApplicationOverview(BaseModel):
    """One application: all its calls, and how many of the judged answers pass."""

    application_id: str
    requests: int
    errors: int
    error_rate: float
    cost_usd: Money | None
    cost_unknown: int
    pass_rate: Estimate | None = Field(description="Of `quality`, by the judge that counts now.")
    open_alarms: int


class Withheld(BaseModel):
    """A part that this key may not read."""

    part: str
    scope: str = Field(description="What a key needs to read it.")


class Overview(BaseModel):
    """All clouds of one customer; what the key's scopes do not open is named, not empty."""

    customer_id: str
    period: Period
    previous: Period = Field(description="The period that `previous` figures are of.")
    as_of: datetime | None = Field(description="Last commit of any part; null: there is none.")
    freshness_seconds: int | None
    stale: bool = Field(description="Whether a part that was ever collected is.")
    complete: bool = Field(description="Whether every part that was ever collected is.")
    cost: str = Field(description="The basis: effective, billed, contracted or list.")
    withheld: list[Withheld]
    costs: list[PeriodCost] | None = Field(
        description="The sum over providers, a row for each currency; null: withheld."
    )
    providers: list[ProviderOverview]
    applications: Part[ApplicationOverview] | None
