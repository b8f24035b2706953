"""Rows of the OpenTelemetry collector's ClickHouse exporter as the spans and records they were.

Columns as in opentelemetry-collector-contrib, exporter/clickhouseexporter (checked at 2bf6b9e,
where attributes are ``Map(String, String)``; its option ``json`` lays them out otherwise).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import logs, spans
from optiinfra_core.applications.otlp.records import (
    Event,
    Logs,
    Record,
    RecordGroup,
    Span,
    SpanGroup,
    Traces,
)
from optiinfra_core.collecting.interaction_source import ClickHouseSource

Row = Mapping[str, Any]
Told = Interaction | Evaluation | Rejected

# Spans that have no attribute beginning so tell no call in any dialect we read.
MARKS = (
    "ai.", "gcp.vertex.agent.", "gen_ai.", "input.value", "langfuse.", "llm.", "logfire.",
    "mlflow.", "openinference.", "pydantic_ai.", "traceloop.",
)  # fmt: skip
# The exporter has written the status in both ways.
FAILED = frozenset({"Error", "STATUS_CODE_ERROR"})


def span(row: Row, source: ClickHouseSource) -> Iterator[Told]:
    """What one span tells: a call, scores, or nothing."""
    events = zip(row["event_names"], row["event_times"], row["event_attributes"], strict=True)
    told = Span(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        name=row["name"],
        started=row["started"],
        ended=row["started"] + row["took"],
        attributes=row["attributes"],
        events=tuple(Event(name, at, attributes) for name, at, attributes in events),
        failed=row["status"] in FAILED,
    )
    return spans.interactions(Traces((SpanGroup(resource_of(row, source), (told,)),)))


def record(row: Row, source: ClickHouseSource) -> Iterator[Told]:
    """What one log record tells: half of a call, a score, or nothing."""
    told = Record(
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        name=row.get("EventName") or row["attributes"].get("event.name", ""),
        at=row["at"],
        attributes=row["attributes"],
        body=row["body"],
    )
    return logs.interactions(Logs((RecordGroup(resource_of(row, source), (told,)),)))


def resource_of(row: Row, source: ClickHouseSource) -> Mapping[str, object]:
    """The row's resource, with the source's application where it names no service."""
    resource: Mapping[str, object] = row["resource"]
    if resource.get("service.name") or not source.application:
        return resource
    return {**resource, "service.name": source.application}
