"""What the doors for calls answer."""

from pydantic import BaseModel, Field


class ReasonOut(BaseModel):
    """Why records of a batch are not stored."""

    records: int
    reason: str


class Received(BaseModel):
    """What became of a batch."""

    stored: int = Field(description="Calls that are stored; a call that was there already counts.")
    rejected: int = Field(description="Items that cannot be understood or kept.")
    reasons: list[ReasonOut] = Field(description="Why, with the first item that each holds for.")
    notes: list[str] = Field(description="What should be known of the calls that are stored.")


class RejectedSpans(BaseModel):
    """What of an export of spans is not stored."""

    rejectedSpans: str = Field(description="How many, as OTLP's JSON spells numbers.")  # noqa: N815
    errorMessage: str = Field(description="Why; alone, what should be known of the rest.")  # noqa: N815


class SpansAnswer(BaseModel):
    """OTLP's answer to an export of spans; empty where all of it is stored."""

    partialSuccess: RejectedSpans | None = None  # noqa: N815 - OTLP's own names


class RejectedRecords(BaseModel):
    """What of an export of log records is not stored."""

    rejectedLogRecords: str = Field(  # noqa: N815 - OTLP's own names
        description="How many, as OTLP's JSON spells numbers."
    )
    errorMessage: str = Field(description="Why; alone, what should be known of the rest.")  # noqa: N815


class RecordsAnswer(BaseModel):
    """OTLP's answer to an export of log records; empty where all of it is stored."""

    partialSuccess: RejectedRecords | None = None  # noqa: N815 - OTLP's own names
