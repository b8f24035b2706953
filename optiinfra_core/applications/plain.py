"""Calls as plain JSON, for applications without OpenTelemetry: one object, an array, or lines.

An item has ``application_id``, ``timestamp`` and ``id`` (or ``trace_id`` and ``span_id``); what was
said as ``messages`` or ``prompt`` and ``response``, or as the ``request`` and ``response`` of an
OpenAI-compatible API. Unknown fields are passed over; a known one that cannot be read rejects the
item, by its number.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from optiinfra_core.applications import cloud, plain_fields
from optiinfra_core.applications.dialects.conversation import Said, answered, asked, verbatim
from optiinfra_core.applications.dialects.readers import Spoken, whole
from optiinfra_core.applications.dialects.sources import documents
from optiinfra_core.applications.dialects.values import parsed, refused
from optiinfra_core.applications.identity import (
    application_id,
    derived_span_id,
    derived_trace_id,
    span_id,
    trace_id,
)
from optiinfra_core.applications.interaction import Interaction, Rejected
from optiinfra_core.applications.otlp.counting import counted
from optiinfra_core.applications.plain_fields import Unreadable
from optiinfra_core.applications.tags import tags
from optiinfra_core.errors import InvalidRequest

Fields = Mapping[str, object]
MOST_TOLD = 100  # items that are rejected one by one; the rest are counted


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a body and how the sender finds it."""

    where: str
    value: object


def interactions(body: bytes) -> Iterator[Interaction | Rejected]:
    """The calls of ``body`` in their order; ``Rejected.why`` begins with the line or the item.

    Raises:
        InvalidRequest: nothing in it is JSON.
        TooLarge: it holds more items than one body should.
    """
    rejected = 0
    for item in _items(body):
        try:
            yield _interaction(item.value)
        except Unreadable as error:
            rejected += 1
            if rejected <= MOST_TOLD:
                yield Rejected(1, f"{item.where}: {error}")
    if rejected > MOST_TOLD:
        yield Rejected(rejected - MOST_TOLD, f"more than the {MOST_TOLD} that are told")


def _items(body: bytes) -> Iterable[Item]:
    text = body.strip()
    try:
        value = parsed(text) if text else []
    except ValueError:
        return _lines(body)
    if isinstance(value, list):
        counted(len(value))
        return (Item(f"item {at}", each) for at, each in enumerate(value, 1))
    return [Item("line 1", value)]


def _lines(body: bytes) -> list[Item]:
    counted(body.count(b"\n"))
    found = [_line(at, line) for at, line in enumerate(body.split(b"\n"), 1) if line.strip()]
    if all(isinstance(item.value, ValueError) for item in found):
        raise InvalidRequest(
            "the body is neither a JSON object, nor an array, nor lines of JSON objects",
            remedy="Send one JSON object per line, or all of them in one array.",
        )
    return found


def _line(at: int, line: bytes) -> Item:
    try:
        return Item(f"line {at}", parsed(line))
    except ValueError as error:
        return Item(f"line {at}", error)


def _interaction(value: object) -> Interaction:
    if isinstance(value, ValueError):
        raise Unreadable("not JSON")
    if not isinstance(value, Mapping):
        raise Unreadable("not an object")
    fields = cast("Fields", value)
    if isinstance(fields.get("request"), Mapping):
        fields = plain_fields.of_pair(fields)
    told: Mapping[str, Any] = plain_fields.read(fields)
    application, trace, span = _identity(fields, told["external_id"])
    started, latency = _started(fields), told["latency_ms"]
    said, replied = _said(fields)
    results = (text for each in said for text in each.results)
    return Interaction(**{
        **told,
        "application": application,
        "trace_id": trace,
        "span_id": span,
        "started_at": started,
        "ended_at": started + timedelta(milliseconds=latency or 0),
        "provider": cloud.provider({"cloud.provider": fields.get("provider")}),
        "model": told["model"] or told["request_model"],
        "operation": told["operation"] or "chat",
        "dialect": "plain",
        "capture": not refused(fields.get("capture")),
        "input": tuple(each.part for each in said),
        "output": tuple(each.part for each in replied),
        "context": (*documents({"optiinfra.context": fields.get("context")}), *results),
        "tags": tags(plain_fields.object_of(fields, "tags")),
    })  # fmt: skip


def _identity(fields: Fields, external_id: str) -> tuple[str, str, str]:
    """The application, the trace and the span; ids that are not told come from the item's own."""
    named = plain_fields.text_of(fields, "application_id")
    if not named:
        raise Unreadable("application_id is missing")
    application = application_id(plain_fields.text_of(fields, "application_namespace"), named)
    told = (plain_fields.text_of(fields, "trace_id"), plain_fields.text_of(fields, "span_id"))
    if not external_id and not all(told):
        raise Unreadable("id is missing, and so is one of trace_id and span_id")
    trace = trace_id(told[0] or derived_trace_id(application, external_id))
    span = span_id(told[1] or derived_span_id(application, external_id))
    if trace is None or span is None:
        raise Unreadable("trace_id needs 32 and span_id 16 hex digits, not all zeroes")
    return application, trace, span


def _started(fields: Fields) -> datetime:
    found = plain_fields.moment_of(fields.get("timestamp"))
    if found is None:
        raise Unreadable("timestamp is missing, is no time of ISO 8601, or cannot be")
    return found


def _said(fields: Fields) -> tuple[list[Spoken], list[Spoken]]:
    """Both sides; answers at the end of the messages are the answer where no other is told."""
    prompt, response = fields.get("prompt"), fields.get("response")
    said = asked(fields.get("messages")) or (
        verbatim(prompt, "user") if isinstance(prompt, str) else asked(prompt)
    )
    replied = verbatim(response) if isinstance(response, str) else answered(response)
    if not replied:
        said, replied = _parted(said)
    return whole(said), whole(replied)


def _parted(said: list[Said]) -> tuple[list[Said], list[Said]]:
    end = len(said)
    while end and said[end - 1].role == "assistant":
        end -= 1
    return said[:end], said[end:]
