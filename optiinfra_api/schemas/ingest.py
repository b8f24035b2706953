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
