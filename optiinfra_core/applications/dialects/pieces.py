"""The pieces of a message as text: what was written, tools called and answering, pictures named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from optiinfra_core.applications.dialects.values import lower, structured, told

DEEPEST = 4
TEXT_KEYS = ("content", "text", "value", "refusal", "output_text")
RESULT_KEYS = ("response", "result", "output", "content")
NAME_KEYS = ("name", "toolName", "tool_name")
ARGUMENT_KEYS = ("arguments", "args", "input")


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of a piece, and whether it is what a tool answered."""

    text: str
    result: bool = False


Fields = Mapping[str, object]


def _text(fields: Fields, depth: int) -> Piece:
    found = next((fields[key] for key in TEXT_KEYS if fields.get(key)), "")
    return Piece(_flat(found, depth))


def _call(fields: Fields, depth: int) -> Piece:
    del depth
    called = _opened(fields, ("call", "tool_call", "function", "functionCall", "toolUse"))
    name = _short(called, NAME_KEYS)
    arguments = next((called[key] for key in ARGUMENT_KEYS if called.get(key)), None)
    # As JSON and as its text the same: a call may be told both ways.
    return Piece(f"[tool call {name} {told(structured(arguments))}".rstrip() + "]")


def _result(fields: Fields, depth: int) -> Piece:
    opened = _opened(fields, ("functionResponse", "toolResult"))
    found = next((opened[key] for key in RESULT_KEYS if opened.get(key)), "")
    return Piece(_flat(found, depth), result=True)


def _hidden(fields: Fields, depth: int) -> Piece:
    """What a model thought is not what it answered."""
    del fields, depth
    return Piece("")


def _media(fields: Fields, depth: int) -> Piece:
    del depth
    kind = lower(fields.get("modality")) or KINDS.get(_kind(fields), ("", _text))[0] or "file"
    return Piece(f"[{kind}]")


Reader = Callable[[Fields, int], Piece]
TEXTS = (
    "text", "input_text", "output_text", "refusal", "text-delta", "user-prompt", "system-prompt",
    "message_content", "summary_text",
)  # fmt: skip
CALLS = (
    "tool_call", "tool-call", "tool_use", "function_call", "function", "functioncall", "tooluse",
    "server_tool_call", "server_tool_use", "custom_tool_call",
)  # fmt: skip
RESULTS = (
    "tool_call_response", "tool-result", "tool_result", "tool-return", "function_call_output",
    "functionresponse", "toolresult", "server_tool_call_response", "custom_tool_call_output",
)  # fmt: skip
HIDDEN = ("reasoning", "thinking", "redacted_thinking", "reasoning_text", "reasoningcontent")
MEDIA: Mapping[str, str] = {
    "image": "image", "image_url": "image", "input_image": "image", "audio": "audio",
    "input_audio": "audio", "video": "video", "file": "file", "input_file": "file",
    "document": "document", "blob": "", "uri": "", "inlinedata": "", "filedata": "",
}  # fmt: skip
# What a piece calls itself (lower case) -> what it is called in text, and how it is read.
KINDS: Mapping[str, tuple[str, Reader]] = {
    **dict.fromkeys(TEXTS, ("text", _text)),
    **dict.fromkeys(CALLS, ("tool call", _call)),
    **dict.fromkeys(RESULTS, ("tool result", _result)),
    **dict.fromkeys(HIDDEN, ("", _hidden)),
    **{kind: (called, _media) for kind, called in MEDIA.items()},
}
# Pieces that say what they are by their key alone (Gemini, Bedrock, OpenInference).
KEYED: Mapping[str, str] = {
    "functionCall": "functioncall",
    "function_call": "functioncall",
    "functionResponse": "functionresponse",
    "function_response": "functionresponse",
    "inlineData": "inlinedata",
    "inline_data": "inlinedata",
    "fileData": "filedata",
    "file_data": "filedata",
    "toolUse": "tooluse",
    "toolResult": "toolresult",
    "reasoningContent": "reasoningcontent",
    "image": "image",
    "tool_call": "tool_call",
    "toolName": "tool-call",
    "text": "text",
}


def is_piece(value: object) -> bool:
    """Whether ``value`` is a piece of a message and not a message."""
    if not isinstance(value, dict) or "role" in value:
        return False
    return _kind(cast("Fields", value)) in KINDS


def piece(value: object, depth: int = DEEPEST) -> Piece:
    """A piece as text; what is of no known kind is told as its JSON."""
    if not isinstance(value, dict):
        return Piece(told(value))
    fields = cast("Fields", value)
    inner = fields.get("message_content")  # OpenInference wraps each
    if isinstance(inner, dict) and depth:
        return piece(inner, depth - 1)
    known = KINDS.get(_kind(fields))
    if known:
        return known[1](fields, depth)
    found = next((fields[key] for key in TEXT_KEYS if isinstance(fields.get(key), str)), None)
    return Piece(told(fields) if found is None else told(found))


def _short(fields: Fields, keys: tuple[str, ...]) -> str:
    """The first of ``keys`` that is told, as short text."""
    return told(next((fields[key] for key in keys if fields.get(key)), ""))[:256]


def _kind(fields: Fields) -> str:
    named = fields.get("type") or fields.get("part_kind")
    if isinstance(named, str):
        return named.lower()
    told = KEYED.keys() & fields.keys()  # most have none
    return next((KEYED[key] for key in KEYED if key in told and fields[key]), "") if told else ""


def _opened(fields: Fields, keys: tuple[str, ...]) -> Fields:
    """``fields``, or what the wrapper inside holds; two wrappers at most."""
    for _ in range(3):
        inner = next((structured(fields[key]) for key in keys if fields.get(key)), None)
        if not isinstance(inner, dict):
            break
        fields = cast("Fields", inner)
    return fields


def _flat(value: object, depth: int) -> str:
    """Text of what may be text, an object, or a list of pieces."""
    if isinstance(value, list) and depth:
        return "\n".join(each for each in (piece(one, depth - 1).text for one in value) if each)
    if isinstance(value, dict) and depth and _kind(cast("Fields", value)) in KINDS:
        return piece(value, depth - 1).text
    return told(value)
