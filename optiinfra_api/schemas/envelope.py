"""The envelope that every read answers in: whose, which period, how fresh, how complete."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")


class Body(BaseModel):
    """A request body: unknown fields are refused, so that a typing error is told."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Period(BaseModel):
    """The half-open time that an answer covers, in UTC."""

    start: datetime
    end: datetime = Field(description="Exclusive.")


class Coverage(BaseModel):
    """How many of the period's windows are committed, over all accounts."""

    expected: int = Field(description="Windows that should be there by now.")
    committed: int = Field(description="Windows that are, every part of them.")


class Listing(BaseModel, Generic[T]):
    """A page without a period: tasks, credentials, keys."""

    count: int = Field(description="Rows on this page.")
    data: list[T]
    next_cursor: str | None = Field(
        default=None, description="Pass it as cursor for the following page; null at the end."
    )


class Standing(BaseModel):
    """What an answer stands on."""

    customer_id: str
    provider: str
    period: Period
    as_of: datetime | None = Field(
        description="Last commit that the answer stands on; null where nothing was collected yet."
    )
    freshness_seconds: int | None = Field(description="Seconds from as_of to this answer.")
    stale: bool = Field(
        description="Whether an account's last success is older than its source explains."
    )
    complete: bool = Field(description="Whether every expected window of the period is committed.")
    coverage: Coverage


class Reading(Standing, Generic[T]):
    """Rows of a period with what they stand on."""

    count: int = Field(description="Rows on this page.")
    data: list[T]
    next_cursor: str | None = Field(
        default=None, description="Pass it as cursor for the following page; null at the end."
    )


class CostReading(Reading[T], Generic[T]):
    """Rows of a period whose cost columns are of one basis."""

    cost: str = Field(description="effective, billed, contracted or list.")


# What a read of rows may answer besides JSON, for its documentation.
STREAMED: dict[str, Any] = {
    "description": "Rows in the envelope; or bare rows, where the Accept header asks for a stream."
    " A stream with as many rows as its limit may have been cut: narrow the period.",
    "content": {
        media_type: {"schema": {"type": "string", "format": "binary"}}
        for media_type in (
            "application/x-ndjson",
            "text/csv",
            "application/vnd.apache.arrow.stream",
        )
    },
}
