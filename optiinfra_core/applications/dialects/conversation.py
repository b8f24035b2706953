"""What is said in a call: messages in any of the shapes that SDKs give them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from optiinfra_core.applications.dialects.pieces import Piece, is_piece, piece
from optiinfra_core.applications.dialects.values import cleaned, lower, structured, told

DEEPEST = 8
MOST = 2_000  # messages of one call
# Roles and how they are spelt elsewhere; a sender's own word for a role is not kept, it is text.
ROLES: Mapping[str, str] = {
    "system": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "ai": "assistant",
    "bot": "assistant",
    "completion": "assistant",
    "developer": "system",
    "function": "tool",
    "human": "user",
    "model": "assistant",
    "request": "user",
    "response": "assistant",
    "tool_response": "tool",
    "tool_result": "tool",
}
# Where a request or an answer of an SDK keeps its messages, and whose they are unless they say.
ASKED: tuple[tuple[str, str], ...] = (
    ("system", "system"),
    ("instructions", "system"),
    ("system_instruction", "system"),
    ("systemInstruction", "system"),
    ("config", "system"),
    ("messages", "user"),
    ("contents", "user"),
    ("input", "user"),
    ("prompt", "user"),
    ("question", "user"),
    ("query", "user"),
)
ANSWERED: tuple[tuple[str, str], ...] = (
    ("choices", "assistant"),
    ("candidates", "assistant"),
    ("generations", "assistant"),
    ("messages", "assistant"),
    ("output", "assistant"),
    ("message", "assistant"),
    ("content", "assistant"),
    ("output_text", "assistant"),
    ("text", "assistant"),
    ("response", "assistant"),
    ("answer", "assistant"),
)
BARE = ("content", "text", "value")  # of a message without a role
# A message wrapped once more: a choice, a candidate, OpenInference, LangChain.
WRAPPED = ("message", "delta", "kwargs", "data")
MESSAGE_KEYS = frozenset({"role", "parts", "tool_calls"})
Where = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and the results of tools among what it says."""

    role: str
    text: str
    results: tuple[str, ...] = ()


def asked(value: object, role: str = "user") -> list[Said]:
    """The messages of a request, however it is wrapped."""
    return _said(structured(value), role, ASKED)


def answered(value: object, role: str = "assistant") -> list[Said]:
    """The messages of an answer, however it is wrapped."""
    return _said(structured(value), role, ANSWERED)


def verbatim(value: object, role: str = "assistant") -> list[Said]:
    """One message with this very text, also where it happens to be JSON."""
    text = cleaned(told(value))
    return [Said(role, text)] if text else []


def _said(value: object, role: str, where: Where) -> list[Said]:
    found: list[Said] = []
    for each in _messages(value, role, where, DEEPEST):
        if each.text or each.results:
            found.append(each)
        if len(found) == MOST:
            break
    return found


def _messages(value: object, role: str, where: Where, depth: int) -> Iterator[Said]:
    """Messages in ``value``; nothing below ``depth``."""
    if value is None or depth == 0:
        return
    if isinstance(value, list):
        yield from _listed(value, role, where, depth)
    elif isinstance(value, dict):
        yield from _held(cast("Mapping[str, object]", value), role, where, depth)
    else:
        yield Said(role, cleaned(told(value)))


def _listed(values: Sequence[object], role: str, where: Where, depth: int) -> Iterator[Said]:
    """A list is of messages, or of the pieces of one."""
    pieces: list[Piece] = []
    for value in values:
        if is_piece(value):
            pieces.append(piece(value))
            continue
        if pieces:
            yield _joined(role, pieces)
            pieces = []
        yield from _messages(value, role, where, depth - 1)
    if pieces:
        yield _joined(role, pieces)


def _held(value: Mapping[str, object], role: str, where: Where, depth: int) -> Iterator[Said]:
    for key in WRAPPED:
        if isinstance(value.get(key), dict):
            yield from _messages(value[key], _role(value, role), where, depth - 1)
            return
    if MESSAGE_KEYS & value.keys() or ("content" in value and lower(value.get("type")) in ROLES):
        yield _message(value, role)
    elif is_piece(value) and ("type" in value or depth < DEEPEST):
        yield _joined(role, [piece(value)])
    else:
        yield from _found(value, role, where, depth)


def _found(value: Mapping[str, object], role: str, where: Where, depth: int) -> Iterator[Said]:
    """The messages of a request or an answer; the whole as text where none is recognised."""
    keys = [(key, whose) for key, whose in where if value.get(key)]
    if where is ANSWERED:
        # An answer may be an object by the caller's own schema, with any names: that is the text.
        wrapping = [each for each in keys if isinstance(value[each[0]], list | dict)]
        keys = wrapping[:1] or (keys if len(value) == 1 else [])
    elif not keys:
        keys = [(key, role) for key in BARE if value.get(key)][:1]
    error = value.keys() == {"error"} or isinstance(value.get("error"), dict)
    if not keys and value and not error:  # an error is no answer
        yield Said(role, cleaned(told(value)))
    for key, whose in keys:
        yield from _messages(structured(value[key]), whose, where, depth - 1)


def _message(value: Mapping[str, object], role: str) -> Said:
    role = _role(value, role)
    pieces = [
        each for key in ("parts", "content", "contents") for each in _pieces(value.get(key), role)
    ]
    calls = structured(value.get("tool_calls") or value.get("function_call"))
    if calls:
        listed = calls if isinstance(calls, list) else [calls]
        pieces += [piece({"type": "tool_call", "call": each}) for each in listed]
    return _joined(role, pieces)


def _pieces(value: object, role: str) -> list[Piece]:
    if value is None:
        return []
    # Only JSON that is pieces of a message is read as such: else it is what somebody wrote.
    found = structured(value) if isinstance(value, str) and value.startswith("[{") else value
    if isinstance(value, str) and not (isinstance(found, list) and all(map(is_piece, found))):
        found = value
    pieces = [piece(each) for each in (found if isinstance(found, list) else [found])]
    # What a message with the role of a tool says is what the tool answered.
    return [Piece(each.text, result=True) for each in pieces] if role == "tool" else pieces


def _joined(role: str, pieces: Sequence[Piece]) -> Said:
    text = "\n".join(each.text for each in pieces if each.text)
    results = tuple(cleaned(each.text) for each in pieces if each.result and each.text)
    return Said(role, cleaned(text), results)


def _role(value: Mapping[str, object], default: str) -> str:
    for key in ("role", "kind", "type"):
        if key in value and (told := lower(value[key])) in ROLES:
            return ROLES[told]
    return default
