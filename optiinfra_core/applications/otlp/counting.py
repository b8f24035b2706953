"""How many items a request holds, asked before it is parsed.

An empty span is two bytes of a body and hundreds of memory: 8 MB of them would be gigabytes.
"""

from collections.abc import Iterator
from itertools import islice

from optiinfra_core.applications.otlp.body import TooLarge

MOST_ITEMS = 100_000  # of one request; exporters send hundreds, collectors thousands
MOST_EVENTS = 1_000  # of one span; SDKs keep 128 unless told otherwise, and what follows is cut
# Numbers of the fields that lead to items, the same for spans and log records.
PATH = (1, 2, 2)
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
BITS = 64  # of the longest number
MORE = 128  # the bit that says that more of a number follows
SIZES = {FIXED64: 8, FIXED32: 4}


def bounded(body: bytes) -> bytes:
    """``body``, an export request in protobuf.

    Raises:
        TooLarge: it holds more than 100,000 resources, scopes and items.
    """
    counted(sum(1 for _ in islice(_walked(body, 0, len(body), 0), MOST_ITEMS + 1)))
    return body


def counted(items: int) -> int:
    """``items``, where they are not too many.

    Raises:
        TooLarge: they are.
    """
    if items > MOST_ITEMS:
        raise TooLarge(f"a request of more than {MOST_ITEMS} items")
    return items


def _walked(body: bytes, at: int, end: int, level: int) -> Iterator[None]:
    """One for each resource, scope and item; ends early where it is no protobuf."""
    for number, begin, after in _fields(body, at, end):
        if number == PATH[level]:
            yield None
            if level + 1 < len(PATH):
                yield from _walked(body, begin, after, level + 1)


def _fields(body: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, begin and end of each field that has a length; what is no protobuf ends it."""
    while at < end:
        tag, at = _varint(body, at, end)
        kind = tag & 7
        if kind == LENGTH:
            length, at = _varint(body, at, end)
            yield tag >> 3, at, min(end, at + length)
            at += length
        elif kind == VARINT:
            _, at = _varint(body, at, end)
        elif kind in SIZES:
            at += SIZES[kind]
        else:
            return


def _varint(body: bytes, at: int, end: int) -> tuple[int, int]:
    """The number at ``at`` and where it ends; a broken one reaches to the end."""
    value = shift = 0
    while at < end and shift < BITS:
        byte = body[at]
        at += 1
        value |= (byte % MORE) << shift
        if byte < MORE:
            return value, at
        shift += 7
    return 0, end
