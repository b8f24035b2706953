"""EC2's XML written straight from botocore's model: a fraction of the time that moto takes.

A page of 1,000 instances has 60,000 elements, and benches read ten such pages.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from moto.core.utils import get_service_model

Writer = Callable[[Any], str]


def document(operation: str, result: Mapping[str, Any], request_id: str) -> bytes:
    """The whole answer of an operation."""
    version, inner = _operation(operation)
    root = f"{operation}Response"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<{root} xmlns="http://ec2.amazonaws.com/doc/{version}/">'
        f"<requestId>{request_id}</requestId>{inner(result)}</{root}>"
    ).encode()


@cache
def _operation(name: str) -> tuple[str, Writer]:
    model = get_service_model("ec2")
    shape = model.operation_model(name).output_shape
    return str(model.metadata["apiVersion"]), _members(shape, {})


def _writer(shape: Any, made: dict[str, Writer]) -> Writer:
    """The writer of what stands inside an element of a shape."""
    if shape.type_name == "structure":
        return _members(shape, made)
    if shape.type_name == "list":
        return _items(shape, made)
    if shape.type_name == "timestamp":
        return _instant
    if shape.type_name == "boolean":
        return lambda value: "true" if value else "false"
    return lambda value: escape(str(value))


def _members(shape: Any, made: dict[str, Writer]) -> Writer:
    if shape.name in made:
        return made[shape.name]
    writers: dict[str, tuple[str, Writer]] = {}

    def write(value: Mapping[str, Any]) -> str:
        parts = []
        for key, held in value.items():
            if held is not None:
                tag, inner = writers[key]
                parts.append(f"<{tag}>{inner(held)}</{tag}>")
        return "".join(parts)

    made[shape.name] = write
    for name, member in shape.members.items():
        writers[name] = (member.serialization.get("name", name), _writer(member, made))
    return write


def _items(shape: Any, made: dict[str, Writer]) -> Writer:
    tag = shape.member.serialization.get("name", "item")
    inner = _writer(shape.member, made)
    return lambda value: "".join(f"<{tag}>{inner(item)}</{tag}>" for item in value)


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
