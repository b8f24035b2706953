"""Strict JSON schemas: which are accepted, and an answer that obeys one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optiinfra_simulator.groq.refusals import Refusal, wrong

Schema = Mapping[str, Any]

# A model's words for one thing; what a schema's enum offers of them is used.
_SAME: Sequence[frozenset[str]] = (
    frozenset({"absent", "unsupported", "not_supported", "not_found", "missing", "extrinsic"}),
    frozenset({"contradicted", "contradiction", "refuted", "intrinsic"}),
    frozenset({"supported", "grounded", "entailed"}),
    frozenset({"no_issue", "none", "clean", "fine"}),
    frozenset({"suspect", "suspected", "issue", "wrong"}),
    frozenset({"cannot_tell", "unsure", "unknown", "na", "n/a"}),
)
_PLAIN: Mapping[str, object] = {
    "string": "", "boolean": False, "integer": 0, "number": 0, "array": [], "null": None,
}  # fmt: skip


def accept(schema: object) -> Schema:
    """The schema, where strict mode takes it.

    Every object lists all its properties as required and forbids others
    (https://console.groq.com/docs/structured-outputs).

    Raises:
        Refusal: 400, as Groq refuses it.
    """
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise _bad("schema must be a JSON object with type object")
    for one in _objects(schema):
        named = set(one.get("properties", {}))
        if one.get("additionalProperties") is not False:
            raise _bad("`additionalProperties:false` must be set on every object")
        if set(one.get("required", ())) != named:
            raise _bad("`required` is required to be supplied and to include every property")
    return schema


def told_in(text: str) -> Schema | None:
    """The schema that a prompt holds as a line of JSON, for models that take none beside it."""
    for line in reversed(text.split("\n")):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if isinstance(found, dict) and isinstance(found.get("properties"), dict):
                return found
    return None


def _bad(why: str) -> Refusal:
    return wrong(f"invalid JSON schema for response_format: 'response': {why}")


def _objects(schema: Schema) -> Iterator[Schema]:
    if schema.get("type") == "object":
        yield schema
    below = [*schema.get("properties", {}).values(), schema.get("items"), *schema.get("anyOf", ())]
    for one in below:
        if isinstance(one, dict):
            yield from _objects(one)


def fill(schema: Schema, wanted: object) -> Any:
    """An answer that obeys ``schema``, with what of ``wanted`` it has a place for."""
    options = schema.get("anyOf")
    if options:
        return fill(next((one for one in options if _fits(one, wanted)), options[0]), wanted)
    if "enum" in schema:
        return _offered(schema["enum"], wanted)
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        named = wanted if isinstance(wanted, Mapping) else {}
        return {name: fill(one, named.get(name)) for name, one in schema["properties"].items()}
    if kind == "array":
        given = wanted if isinstance(wanted, list | tuple) else ()
        return [fill(schema.get("items", {}), one) for one in given]
    return wanted if _fits(schema, wanted) else _PLAIN.get(str(kind), "")


def _fits(schema: Schema, wanted: object) -> bool:
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "string": str, "boolean": bool, "integer": int, "number": (int, float), "array": list,
        "object": dict, "null": type(None),
    }  # fmt: skip
    expected = kinds.get(str(schema.get("type")), object)
    if isinstance(wanted, bool) and schema.get("type") in ("integer", "number"):
        return False
    return isinstance(wanted, expected)


def _offered(enum: Sequence[object], wanted: object) -> object:
    if wanted in enum:
        return wanted
    for group in _SAME:
        if wanted in group:
            return next((one for one in enum if one in group), enum[0])
    return enum[0]
