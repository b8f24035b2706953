"""What a client of the SDK is built on: the connection's session, its identity, and where to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Access:
    """``endpoint`` is a simulator's address, None for Google's own hosts."""

    session: Any
    identity: Any
    endpoint: str | None
