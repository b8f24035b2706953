"""Credentials as the API takes and shows them: secrets go in and never come out."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from optiinfra_api.schemas.envelope import Body
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.metrics.money import Money

# Marked write-only, so that generated documentation and clients treat it as a secret.
CredentialFields = Annotated[
    dict[str, JsonValue],
    Field(
        description="The fields that GET /api/v1/providers/{slug} lists.",
        json_schema_extra={"writeOnly": True},
        examples=[{"role_arn": "arn:aws:iam::111111111111:role/optiinfra", "external_id": "..."}],
    ),
]

Budget = Annotated[
    Decimal | None,
    Field(
        ge=0,
        max_digits=18,
        decimal_places=6,
        description="US dollars a month that calls for its account may cost; null: the"
        " installation's OPTIINFRA_COLLECTION_BUDGET_USD. As spending nears it, collection slows.",
        examples=["5.00"],
    ),
]


class NewCredential(Body):
    """A cloud account to connect."""

    customer_id: str = Field(min_length=1, max_length=64, examples=["acme"])
    provider: str = Field(min_length=1, max_length=64, examples=["aws"])
    label: str = Field(min_length=1, max_length=200, examples=["production"])
    credential: CredentialFields
    budget_usd: Budget = None


class CredentialChanges(Body):
    """What of a credential can be changed besides its secret."""

    budget_usd: Budget


class RotatedCredential(Body):
    """The fields that take the place of the present ones."""

    credential: CredentialFields


class CredentialOut(BaseModel):
    """A credential without its secrets."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: str
    provider: str
    label: str
    revision: int
    status: str = Field(description="unverified, verified, rejected or deleted.")
    account_id: str | None = Field(description="The cloud account that it opens.")
    principal: str | None
    fingerprint: str = Field(description="Tells two secrets apart without giving either away.")
    configuration: dict[str, Any] = Field(description="The fields that are not secret.")
    permissions_found: list[str]
    permissions_missing: list[str]
    created_at: datetime
    rotated_at: datetime | None
    last_used_at: datetime | None
    last_verified_at: datetime | None
    expires_at: datetime | None
    budget_usd: Money | None = Field(
        description="What calls for its account may cost a month; null: the installation's default."
    )
    last_error: ErrorOut | None = Field(description="Why the last verification failed.")
    remedy: str | None = Field(default=None, description="What to do, where something is to do.")


class AuditEntryOut(BaseModel):
    """One line of what was done to a credential; the chain of hashes proves none is missing."""

    model_config = ConfigDict(from_attributes=True)

    seq: int
    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]
    hash: str
