"""Pages of things that come and go: tokens name the last thing shown, so that none is skipped."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from optiinfra_simulator.google.rest.errors import invalid

T = TypeVar("T")

FIRST = base64.urlsafe_b64encode(b"<").decode()


def page(
    items: Sequence[T], key: Callable[[T], str], token: str | None, size: int
) -> tuple[Sequence[T], str | None]:
    """The items after the one that ``token`` names, and the token of the next page.

    ``items`` are in the order of their keys.

    Raises:
        GoogleError: nothing ever gave out such a token.
    """
    first = 0
    if token:
        after = _read(token)
        first = sum(1 for item in items if after and key(item) <= after)
    shown = items[first : first + size]
    if first + size >= len(items):
        return shown, None
    return shown, base64.urlsafe_b64encode(f"<{key(shown[-1])}".encode()).decode()


def _read(token: str) -> str:
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        text = ""
    if not text.startswith("<"):
        raise invalid(f"Invalid value for field 'pageToken': '{token}'.")
    return text[1:]
