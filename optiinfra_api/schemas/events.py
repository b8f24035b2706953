"""What a follower of events is told."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from optiinfra_core.database.events import Event

Kind = Literal[
    "collection.started",
    "collection.succeeded",
    "collection.failed",
    "data.updated",
    "credential.invalid",
]


class EventError(BaseModel):
    """Why something failed."""

    code: str = ""
    detail: str = ""
    remedy: str = ""


class EventOut(BaseModel):
    """One event; what its kind does not tell is left out."""

    model_config = ConfigDict(from_attributes=True)

    kind: Kind
    at: datetime
    customer_id: str = Field(description="The customer's slug.")
    provider: str
    data_type: str | None = Field(default=None, description="cost, performance, ...")
    account_id: str | None = Field(default=None, description="The cloud account.")
    run_id: str | None = None
    task_id: str | None = Field(default=None, description="The task that asked for the run.")
    trigger: str | None = Field(default=None, description="schedule, api, backfill or cli.")
    attempt: int | None = None
    status: str | None = Field(
        default=None, description="succeeded, skipped; failed, or partial: some parts failed."
    )
    rows: int | None = None
    windows: int | None = None
    data_version: int | None = Field(default=None, description="Grows whenever data changes.")
    credential_id: str | None = None
    label: str | None = Field(default=None, description="What the credential is called.")
    error: EventError | None = None

    @classmethod
    def of(cls, event: Event) -> "EventOut":
        """The event as it is told."""
        named = {name: getattr(event, name) for name in Event.__slots__ if name != "detail"}
        return cls.model_validate({**event.detail, **named})
