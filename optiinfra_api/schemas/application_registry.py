"""Applications, what is said of them, and the erasure of a person."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from optiinfra_api.schemas.envelope import Body
from optiinfra_core.applications.interaction import TextPolicy
from optiinfra_core.metrics.money import Money

POLICY = (
    "full: texts as sent; redacted: without what the redactor finds; hash: a keyed hash of them"
    " alone; none: nothing."
)
DAYS = "Days from the day of the call after which its texts are empty."
JUDGED = "Whether texts may be sent to the judge."
SHARE = "Share of its calls that is judged."
BUDGET = "US dollars a UTC day that judging it may cost."


class Baseline(Body):
    """The period that later ones are held against."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    start: AwareDatetime
    end: AwareDatetime = Field(description="Exclusive.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end <= self.start:
            raise ValueError("end is not after start")
        return self


class EffectiveRules(BaseModel):
    """What holds for the application: its own, else the installation's."""

    model_config = ConfigDict(from_attributes=True)

    text_policy: TextPolicy = Field(description=POLICY)
    text_days: int = Field(description=DAYS)
    send_to_judge: bool = Field(description=JUDGED)
    sample_share: float = Field(description=SHARE)
    daily_budget_usd: Money = Field(description=BUDGET)


class ApplicationOut(BaseModel):
    """One application; null means: as the installation's settings say, see `effective`."""

    model_config = ConfigDict(from_attributes=True)

    application_id: str
    name: str
    provider: str = Field(description="The cloud that hosts it; empty: not told.")
    registered: bool = Field(description="Whether anybody has said something of it here.")
    last_seen_at: datetime | None = Field(description="When it last sent calls, to the minute.")
    text_policy: TextPolicy | None = Field(description=POLICY)
    text_days: int | None = Field(description=DAYS)
    send_to_judge: bool | None = Field(description=JUDGED)
    sample_share: float | None = Field(description=SHARE)
    daily_budget_usd: Money | None = Field(description=BUDGET)
    judge_model: str | None = Field(
        description="The judge's model whose scores are shown by default."
    )
    baseline: Baseline | None = Field(description="Pinned; null: the seven days before.")
    thresholds: dict[str, float] = Field(
        description="By metric: the score from which a call counts as defective."
    )
    created_at: datetime
    updated_at: datetime
    effective: EffectiveRules


class ApplicationChanges(Body):
    """What to change; a field that is null goes back to the installation's, one left out stays."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    provider: str | None = Field(default=None, max_length=64, examples=["aws"])
    text_policy: TextPolicy | None = Field(default=None, description=POLICY)
    text_days: Annotated[int, Field(ge=1, le=3650)] | None = Field(default=None, description=DAYS)
    send_to_judge: bool | None = Field(default=None, description=JUDGED)
    sample_share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description=SHARE
    )
    daily_budget_usd: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)] | None = (
        Field(default=None, description=BUDGET)
    )
    judge_model: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    baseline: Baseline | None = None
    thresholds: (
        Annotated[
            dict[
                Annotated[str, Field(pattern=r"^[a-z0-9_.-]{1,64}$")],
                Annotated[float, Field(ge=0, le=1)],
            ],
            Field(max_length=32),
        ]
        | None
    ) = None


class Person(Body):
    """Whom to erase: as applications name the person, or as our rows do."""

    user: Annotated[str, Field(min_length=1, max_length=1024)] | None = Field(
        default=None, description="The text that was sent as the user; it is not kept."
    )
    user_hash: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="The keyed hash that the person's calls carry."
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user is None) == (self.user_hash is None):
            raise ValueError("name the person by user or by user_hash, and not by both")
        return self


class ErasureOut(BaseModel):
    """An erasure that is carried out."""

    id: UUID
    user_hash: str
    calls: int = Field(description="Calls of the person that were found.")
    rows: dict[str, int] = Field(description="Rows deleted, by table; halves count on their own.")
    asked_at: datetime
    done_at: datetime
