"""What a simulated cloud sends back to one request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: status, headers and the whole body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
