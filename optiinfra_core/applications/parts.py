"""Parts of a call as the strings that are stored: sets of them join to the same conversation.

A part is the JSON array ``[origin, at, role, text]``. Halves of a call are joined by the union of
their strings, so one part has one spelling and the order lives inside it.
"""

from collections.abc import Iterable

import orjson

from optiinfra_core.applications.interaction import Message, Part

DOCUMENT = "document"


def encode(part: Part) -> str:
    """The one spelling of a part."""
    return _spelt(part.origin, part.at, part.message.role, part.message.text)


def encode_document(index: int, text: str) -> str:
    """The one spelling of a source text: what ``index`` orders, and after it the text."""
    return _spelt("span", index, DOCUMENT, text)


def decode(encoded: str) -> Part:
    """The part that ``encode`` spelt.

    Raises:
        ValueError: it is no such spelling.
    """
    match orjson.loads(encoded):
        case [("span" | "event") as origin, int(at), str(role), str(text)]:
            return Part(origin, at, Message(role, text))
    raise ValueError("no part of a conversation")


def messages(encoded: Iterable[str]) -> tuple[Message, ...]:
    """The conversation that a set of parts tells, in its order.

    The span's parts where there are any, else those of events. A span tells one text for one
    place: where two stand there (one was cut on its way), the longest is taken.
    """
    parts = [decode(each) for each in encoded]
    whole: dict[int, Part] = {}
    for part in parts:
        if part.origin == "span":
            whole[part.at] = max(whole.get(part.at, part), part, key=_length)
    if whole:
        return tuple(whole[at].message for at in sorted(whole))
    return tuple(part.message for part in sorted(set(parts), key=_order))


def documents(encoded: Iterable[str]) -> tuple[str, ...]:
    """The source texts that a set of parts tells, in their order and each once."""
    parts = sorted({decode(each) for each in encoded}, key=_order)
    return tuple(dict.fromkeys(part.message.text for part in parts))


def _spelt(origin: str, at: int, role: str, text: str) -> str:
    return orjson.dumps([origin, at, role, text]).decode()


def _length(part: Part) -> tuple[int, str, str]:
    return len(part.message.text), part.message.text, part.message.role


def _order(part: Part) -> tuple[int, str, str]:
    return part.at, part.message.role, part.message.text
