"""A failure inside an answer: what happened and what to do."""

from pydantic import BaseModel, ConfigDict


class ErrorOut(BaseModel):
    """A failure of collecting or verifying."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    detail: str
    remedy: str
