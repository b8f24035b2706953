"""Collections as they are asked for and as they stand."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from optiinfra_api.schemas.envelope import Body, Listing
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.metrics.money import Money

DataTypes = Annotated[
    list[str],
    Field(
        max_length=16,
        description="Empty: everything that the provider supplies; `application` is what the"
        " customer's own applications sent, and is named where it is meant.",
        examples=[["cost", "performance"]],
    ),
]
Status = Annotated[
    str,
    Field(
        description="queued, running, succeeded, failed, or partial: some of it was collected.",
        examples=["queued"],
    ),
]


class Collect(Body):
    """What to collect of whom."""

    customer_id: str = Field(min_length=1, max_length=64, examples=["acme"])
    provider: str = Field(min_length=1, max_length=64, examples=["aws"])
    data_types: DataTypes = Field(default_factory=list)


class Trigger(Collect):
    """A collection to start now."""

    start: datetime | None = Field(
        default=None,
        description="Its UTC day is the first one collected; left out: as far back as the"
        " provider still changes its data, three days at most.",
    )
    end: datetime | None = Field(default=None, description="Exclusive; left out: now.")


class TriggerOf(Body):
    """A collection of one data type to start now."""

    customer_id: str = Field(min_length=1, max_length=64, examples=["acme"])
    provider: str = Field(min_length=1, max_length=64, examples=["aws"])
    start: datetime | None = None
    end: datetime | None = Field(default=None, description="Exclusive; left out: now.")

    def of(self, data_type: str) -> Trigger:
        """The same for one data type."""
        return Trigger(**self.model_dump(), data_types=[data_type])


class Backfill(Collect):
    """Past days to collect, or to say what that would take."""

    start: datetime
    end: datetime = Field(description="Exclusive.")
    dry_run: bool = Field(default=False, description="Only say what it would take.")


class Links(BaseModel):
    """Where to look on."""

    status: str = Field(description="The task, at this API.")
    runs: list[str] = Field(description="The runs, in the Dagster UI.")


class TaskOut(BaseModel):
    """A collection that was asked for."""

    task_id: UUID
    status: Status
    run_ids: list[str]
    joined: bool = Field(
        default=False, description="Whether runs that were under way already do the work."
    )
    links: Links


class FailedPart(ErrorOut):
    """A region or service that failed while the rest was collected."""

    part: str
    retryable: bool


class ResultOut(BaseModel):
    """What a run achieved for one data type."""

    model_config = ConfigDict(from_attributes=True)

    provider: str
    data_type: str
    status: str = Field(description="succeeded, partial, failed, or skipped: nothing was due.")
    trigger: str
    started_at: datetime
    finished_at: datetime
    windows: int
    rows: int
    api_calls: int
    api_usd: Money = Field(description="Estimated price of the provider's calls, US dollars.")
    attempt: int
    error: ErrorOut | None = None
    failed_parts: list[FailedPart] = Field(default_factory=list)
    run_id: str
    task_id: UUID | None = None
    link: str = Field(description="The run in the Dagster UI.")


class RunOut(BaseModel):
    """A Dagster run that works for a task."""

    run_id: str
    status: str = Field(description="queued, running, succeeded or failed.")
    link: str


class TaskStatus(TaskOut):
    """How a task stands, by data type."""

    customer_id: str
    provider: str
    data_types: list[str]
    trigger: str
    start: datetime | None
    end: datetime | None
    created_at: datetime
    results: list[ResultOut]
    runs: list[RunOut]
    error: ErrorOut | None = Field(description="Why no run could be started.")
    note: str | None = Field(
        default=None, description="Set where Dagster did not answer: what is told is what is known."
    )


class SourceFreshness(BaseModel):
    """How far one data type of one account is collected."""

    model_config = ConfigDict(from_attributes=True)

    provider: str
    data_type: str
    account_id: str
    source: str
    source_version: str | None = Field(
        description="What the source called the state of its data that was collected whole last;"
        " null where it names none."
    )
    watermark: datetime | None = Field(description="Everything before it is collected.")
    lag_seconds: int | None = Field(description="Seconds from the watermark to now.")
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_commit_at: datetime | None
    next_due_at: datetime | None
    slowed_until: datetime | None = Field(
        description="Until when the budget allows no paid call; null where it slows nothing."
    )
    reason: str | None = Field(
        description="Why the last attempt fetched nothing: unchanged, or slowed by the budget."
    )
    stale: bool
    gaps: int = Field(description="Windows of the last 7 days that are missing or lack a part.")
    consecutive_failures: int
    last_error: ErrorOut | None


class Freshness(Listing[SourceFreshness]):
    """Every source of a customer."""

    customer_id: str
    checked_at: datetime
    as_of: datetime | None = Field(description="Last commit of any source; null: there is none.")
    freshness_seconds: int | None = Field(description="Seconds from as_of to this answer.")
    stale: bool = Field(description="Whether a source is, or there is none.")
    complete: bool = Field(description="Whether no source has gaps, and there is one.")
    not_supported: dict[str, dict[str, str]] = Field(
        description="What the customer's providers cannot give, and why."
    )


class PlannedDataType(BaseModel):
    """What a backfill can do for one data type."""

    data_type: str
    possible: bool
    reason: str | None = Field(default=None, description="Why not, or why not the whole of it.")
    first_day: date | None = None
    last_day: date | None = None
    partitions: int = 0
    estimated_calls: Money = Decimal(0)
    estimated_usd: Money = Decimal(0)


class BackfillPlan(BaseModel):
    """What a backfill takes; and its task, unless it was a dry run."""

    customer_id: str
    provider: str
    dry_run: bool
    accounts: int
    partitions: int
    estimated_calls: Money
    estimated_usd: Money
    spent_usd: Money = Field(
        default=Decimal(0), description="What the accounts' calls cost this month."
    )
    budget_usd: Money | None = Field(
        default=None, description="What they may cost a month; null where an account has no limit."
    )
    exceeds_budget: bool = Field(
        default=False,
        description="Whether it would spend more than is left. It is collected all the same; ticks"
        " come seldom afterwards.",
    )
    data_types: list[PlannedDataType]
    task: TaskOut | None = None
