"""Sources of calls as the API takes and shows them: the password goes in and never comes out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from optiinfra_api.schemas.envelope import Body
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.collecting.interaction_source import ClickHouseSource


class NewSource(Body):
    """A ClickHouse that already holds calls of language models."""

    label: str = Field(min_length=1, max_length=200, examples=["collector, production"])
    source: ClickHouseSource


class SourceOut(BaseModel):
    """A source without its password, and how far it was read."""

    id: UUID
    label: str
    status: str = Field(
        description="unverified until the first pull, then verified, or rejected where the user is"
        " refused."
    )
    configuration: dict[str, Any] = Field(description="The fields that are not secret.")
    created_at: datetime
    watermark: datetime | None = Field(description="Everything before it was read.")
    last_attempt_at: datetime | None
    last_success_at: datetime | None
    last_error: ErrorOut | None = Field(description="Why the last pull failed.")
