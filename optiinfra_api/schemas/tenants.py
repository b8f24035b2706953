"""Customers and API keys as the API shows them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from optiinfra_api.schemas.envelope import Body

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


class NewKeyIn(Body):
    """An API key to create."""

    name: str = Field(min_length=1, max_length=200, examples=["dashboard"])
    scopes: list[str] = Field(min_length=1, examples=[["costs:read"]])
    customers: list[str] = Field(min_length=1, max_length=1000, examples=[["acme"]])
    expires_at: AwareDatetime | None = None


class CreatedKey(KeyOut):
    """A key that was just created."""

    token: str = Field(description="Shown this once; it cannot be read again.")
