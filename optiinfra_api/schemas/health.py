"""Whether the API lives and is ready."""

from typing import Literal

from pydantic import BaseModel


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Ready(BaseModel):
    """Everything the API needs answered within a second."""

    status: Literal["ready"] = "ready"
    checks: list[str]
