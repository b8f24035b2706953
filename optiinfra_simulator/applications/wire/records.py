"""Spans, log records and plain lines before they are bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | int | float | bool | Mapping[str, "Value"] | Sequence["Value"]
Attributes = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a span; ``at`` in nanoseconds since 1970."""

    name: str
    at: int
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A span of one call; ``failed`` is OTLP's status error."""

    resource: Attributes
    scope: str
    trace_id: str
    span_id: str
    name: str
    started: int
    ended: int
    attributes: Attributes = field(repr=False)
    events: Sequence[Event] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A log record of one call."""

    resource: Attributes
    scope: str
    trace_id: str
    span_id: str
    event: str
    at: int
    attributes: Attributes
    body: Attributes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Line:
    """A call as one object of plain JSON."""

    document: Attributes = field(repr=False)


Told = Span | Record | Line
