"""A judge's answer as it must be: one JSON object with exactly the schema's fields, none twice."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

# 80 words of analysis and 40 statements take 6,000 characters; more is a model that runs away.
LONGEST_ANSWER = 60_000
LONGEST_EXPLANATION = 1_000

Check = Callable[[Any, Mapping[str, Any]], bool]


class Unreadable(ValueError):
    """The answer cannot be taken; the text says why in one word and quotes nothing of it."""


def read(text: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that ``text`` is.

    Raises:
        Unreadable: ``answer_not_json`` or ``answer_off_schema``.
    """
    if len(text) > LONGEST_ANSWER:
        raise Unreadable("answer_off_schema")
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("answer_not_json") from None
    if not fits(found, schema):
        raise Unreadable("answer_off_schema")
    taken: Mapping[str, Any] = found
    return taken


def fits(value: object, schema: Mapping[str, Any]) -> bool:
    """Whether ``value`` is what ``schema`` allows: types, enums, every field and no other."""
    if "enum" in schema and value not in schema["enum"]:
        return False
    return _CHECKS[schema["type"]](value, schema)


def plain(text: str) -> str:
    """An explanation that every database takes: no NUL, no half of a surrogate pair, bounded."""
    whole = text.encode("utf-8", "replace").decode().replace("\x00", "")
    return whole if len(whole) <= LONGEST_EXPLANATION else whole[: LONGEST_EXPLANATION - 1] + "…"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise Unreadable("answer_off_schema")
    return made


def _no_constant(_: str) -> NoReturn:
    raise Unreadable("answer_not_json")


def _object(value: Any, schema: Mapping[str, Any]) -> bool:
    parts = schema["properties"]
    if not isinstance(value, dict) or value.keys() != parts.keys():
        return False
    return all(fits(value[name], part) for name, part in parts.items())


def _array(value: Any, schema: Mapping[str, Any]) -> bool:
    return isinstance(value, list) and all(fits(each, schema["items"]) for each in value)


_CHECKS: Mapping[str, Check] = {
    "object": _object,
    "array": _array,
    "string": lambda value, _: isinstance(value, str),
    "boolean": lambda value, _: isinstance(value, bool),
    # True is 1 for Python, not for JSON.
    "integer": lambda value, _: isinstance(value, int) and not isinstance(value, bool),
}
