"""Customers and API keys as the API shows them."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from optiinfra_api.schemas.envelope import Body
from optiinfra_core.metrics.money import Money

Slug = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,62}$",
        description="Lower case letters, digits and hyphens; never changes, never used again.",
        examples=["acme"],
    ),
]


class CustomerOut(BaseModel):
    """A tenant."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: str = Field(validation_alias="slug", description="The slug.")
    name: str
    status: str
    created_at: datetime
    judge_budget_usd: Money | None = Field(
        description="US dollars a month that judging its applications may cost; null: as the"
        " installation's settings say."
    )


class CustomerChanges(Body):
    """What may be changed of a tenant."""

    judge_budget_usd: Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)] | None = (
        Field(
            description="US dollars a month that judging its applications may cost; null: as the"
            " installation's settings say."
        )
    )


class NewCustomer(Body):
    """A tenant to add."""

    customer_id: Slug
    name: str = Field(min_length=1, max_length=200, examples=["Acme Inc."])


class Erased(BaseModel):
    """What the deletion of a customer took away; its id stays taken, its audit log stays."""

    customer_id: str
    credentials: int
    api_keys: int
    source_states: int
    tasks: int
    results: int
    applications: int = Field(description="Entries in the registry of applications.")
    erasures: int = Field(description="Records of persons and calls that were erased.")
    judging: int = Field(description="Budgets, batches and alarms of judging.")
    events: int = Field(description="What was told of its collections.")
    rows: dict[str, int] = Field(description="Collected rows, by table.")


class KeyOut(BaseModel):
    """An API key; its secret is known to its owner only."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    scopes: list[str]
    customers: list[str] = Field(description='Slugs, or ["*"] for all customers.')
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    default_provider: str = Field(
        description="Cloud of applications whose calls do not tell theirs; empty for none."
    )


class NewKeyIn(Body):
    """An API key to create."""

    name: str = Field(min_length=1, max_length=200, examples=["dashboard"])
    scopes: list[str] = Field(min_length=1, examples=[["costs:read"]])
    customers: list[str] = Field(min_length=1, max_length=1000, examples=[["acme"]])
    expires_at: AwareDatetime | None = None
    default_provider: str = Field(
        default="",
        max_length=64,
        description="Cloud of applications whose calls do not tell theirs.",
        examples=["aws"],
    )


class CreatedKey(KeyOut):
    """A key that was just created."""

    token: str = Field(description="Shown this once; it cannot be read again.")


class Reached(BaseModel):
    """A customer that a key reaches."""

    customer_id: str = Field(description="The slug.")
    name: str


class Me(BaseModel):
    """Who asks."""

    key_id: str
    name: str
    scopes: list[str] = Field(description="What it may do; `admin` includes every other scope.")
    customers: list[Reached]
    expires_at: datetime | None
