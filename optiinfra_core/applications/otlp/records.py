"""What a request of OTLP carried, in plain Python and the same from either encoding."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optiinfra_core.applications.interaction import Rejected

# None, bool, int, float, str, list of these, or dict of text to these; bytes are told in base64.
Attributes = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a span or a log record; ``at`` is in nanoseconds since 1970."""

    name: str
    at: int
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """One span; ids are lower-case hex as they were sent, times nanoseconds since 1970."""

    trace_id: str
    span_id: str
    name: str
    started: int
    ended: int
    attributes: Attributes
    events: Sequence[Event] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One log record; ``body`` is the value that OTLP's body holds."""

    trace_id: str
    span_id: str
    name: str
    at: int
    attributes: Attributes
    body: object = None


@dataclass(frozen=True, slots=True)
class SpanGroup:
    """Spans of one resource; a span that cannot be read is told as Rejected in its place."""

    resource: Attributes
    spans: Sequence[Span | Rejected]


@dataclass(frozen=True, slots=True)
class RecordGroup:
    """Log records of one resource; one that cannot be read is told as Rejected in its place."""

    resource: Attributes
    records: Sequence[Record | Rejected]


@dataclass(frozen=True, slots=True)
class Traces:
    """A request to ``/v1/traces``; ``rejected`` is what was no span at all."""

    groups: Sequence[SpanGroup]
    rejected: Sequence[Rejected] = ()

    def spans(self) -> Iterator[tuple[Attributes, Span | Rejected]]:
        """Each span with its resource."""
        for group in self.groups:
            for span in group.spans:
                yield group.resource, span


@dataclass(frozen=True, slots=True)
class Logs:
    """A request to ``/v1/logs``; ``rejected`` is what was no log record at all."""

    groups: Sequence[RecordGroup]
    rejected: Sequence[Rejected] = ()

    def records(self) -> Iterator[tuple[Attributes, Record | Rejected]]:
        """Each log record with its resource."""
        for group in self.groups:
            for record in group.records:
                yield group.resource, record
