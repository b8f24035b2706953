"""Makes long texts short enough to judge, and says in the text how much is missing."""

from collections.abc import Sequence

# What is said most usefully stands at the two ends: questions begin, conclusions end.
HEAD = 2 / 3


def clip(text: str, length: int) -> str:
    """``text`` in at most ``length`` characters and a note: its head, how much is missing, its end.

    The note comes on top of ``length``; what is not longer comes back as it is.
    """
    if len(text) <= length:
        return text
    head = round(length * HEAD)
    tail = length - head
    note = f"\n[... {len(text) - length} characters left out ...]\n"
    return text[:head] + note + (text[-tail:] if tail else "")


def shares(lengths: Sequence[int], room: int) -> tuple[int, ...]:
    """How much of ``room`` each text may take: short ones all they need, long ones the same rest.

    The sum is at most ``room``.
    """
    given = [0] * len(lengths)
    left = room
    shortest_first = sorted(range(len(lengths)), key=lambda index: lengths[index])
    for rank, index in enumerate(shortest_first):
        given[index] = min(lengths[index], left // (len(lengths) - rank))
        left -= given[index]
    return tuple(given)
