"""OTLP/JSON: ids in hex, 64-bit numbers as text, attributes as lists of key and value.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from optiinfra_simulator.applications.wire.records import Attributes, Record, Span, Value

Json = dict[str, Any]
ERROR = 2
CLIENT = 3
INFORMATION = 9


def traces(spans: Sequence[Span]) -> Json:
    """An ExportTraceServiceRequest as JSON."""
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": pairs(json.loads(resource))},
                "scopeSpans": [
                    {"scope": {"name": scope, "version": "1"}, "spans": list(map(_span, found))}
                    for scope, found in groupby(of, key=lambda one: one.scope)
                ],
            }
            for resource, of in _by_resource(spans)
        ]
    }


def logs(records: Sequence[Record]) -> Json:
    """An ExportLogsServiceRequest as JSON."""
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": pairs(json.loads(resource))},
                "scopeLogs": [
                    {"scope": {"name": scope, "version": "1"}, "logRecords": list(map(_log, found))}
                    for scope, found in groupby(of, key=lambda one: one.scope)
                ],
            }
            for resource, of in _by_resource(records)
        ]
    }


def _by_resource(told: Sequence[Any]) -> Iterator[tuple[str, Sequence[Any]]]:
    """The things of one resource, those of one scope beside each other."""
    groups: dict[str, list[Any]] = {}
    for one in told:
        groups.setdefault(json.dumps(one.resource, sort_keys=True), []).append(one)
    for resource, found in groups.items():
        yield resource, sorted(found, key=lambda one: str(one.scope))


def _span(span: Span) -> Json:
    return {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": CLIENT,
        "startTimeUnixNano": str(span.started),
        "endTimeUnixNano": str(span.ended),
        "attributes": pairs(span.attributes),
        "events": [
            {"name": one.name, "timeUnixNano": str(one.at), "attributes": pairs(one.attributes)}
            for one in span.events
        ],
        "status": {"code": ERROR} if span.failed else {},
    }


def _log(record: Record) -> Json:
    return {
        "traceId": record.trace_id,
        "spanId": record.span_id,
        "timeUnixNano": str(record.at),
        "observedTimeUnixNano": str(record.at),
        "severityNumber": INFORMATION,
        "eventName": record.event,
        "attributes": pairs(record.attributes),
        "body": value(record.body),
    }


def pairs(attributes: Attributes) -> list[Json]:
    """A list of KeyValue."""
    return [{"key": key, "value": value(one)} for key, one in attributes.items()]


def value(told: Value) -> Json:
    """An AnyValue."""
    match told:
        case bool():
            return {"boolValue": told}
        case int():
            return {"intValue": str(told)}
        case float():
            return {"doubleValue": told}
        case str():
            return {"stringValue": told}
        case Mapping():
            return {"kvlistValue": {"values": pairs(told)}}
    return {"arrayValue": {"values": [value(one) for one in told]}}
