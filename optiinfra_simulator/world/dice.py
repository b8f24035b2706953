"""Draws that depend on their names alone: the same names give the same draw on every machine."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")

_SPAN = float(1 << 64)


def number(*names: object) -> int:
    """A 64-bit number."""
    text = "\x1f".join(map(str, names))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def fraction(*names: object) -> float:
    """A number in [0, 1)."""
    return number(*names) / _SPAN


def whole(low: int, high: int, *names: object) -> int:
    """A whole number from ``low`` to ``high``, both included."""
    return low + number(*names) % (high - low + 1)


def choice(options: Sequence[T], *names: object) -> T:
    """One of the options."""
    return options[number(*names) % len(options)]


def hexadecimal(length: int, *names: object) -> str:
    """``length`` hexadecimal digits, as in the identifiers of a cloud."""
    text = "\x1f".join(map(str, names))
    return blake2b(text.encode(), digest_size=32).hexdigest()[:length]


def letters(alphabet: str, length: int, *names: object) -> str:
    """``length`` letters of an alphabet, as in keys and secrets."""
    return "".join(choice(alphabet, *names, position) for position in range(length))
