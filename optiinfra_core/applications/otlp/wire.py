"""OTLP's two encodings, in and out; the only module that knows protobuf."""

import base64
from collections.abc import Iterable
from typing import Any

import orjson
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from optiinfra_core.applications.otlp import json_form
from optiinfra_core.applications.otlp.body import UnsupportedMedia
from optiinfra_core.applications.otlp.counting import MOST_EVENTS, bounded
from optiinfra_core.applications.otlp.records import (
    Event,
    Logs,
    Record,
    RecordGroup,
    Span,
    SpanGroup,
    Traces,
)
from optiinfra_core.errors import InvalidRequest

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
ALSO_PROTOBUF = frozenset({PROTOBUF, "application/protobuf"})
LOGS = (ExportLogsServiceRequest, "/v1/logs")
TRACES = (ExportTraceServiceRequest, "/v1/traces")
FAILED = 2  # STATUS_CODE_ERROR
LONGEST_ANSWER = 1_000


def decode_traces(body: bytes, content_type: str) -> Traces:
    """The spans of a request to ``/v1/traces``; an empty body is an empty request.

    Raises:
        UnsupportedMedia: the content type is neither of OTLP's.
        TooLarge: it holds more items than memory should.
        InvalidRequest: the body is not what the content type says.
    """
    if _media(content_type) == JSON:
        return json_form.traces(body)
    request = _parsed(ExportTraceServiceRequest, bounded(body), LOGS)
    return Traces([
        SpanGroup(_attributes(of_resource.resource.attributes), [
            _span(span) for scope in of_resource.scope_spans for span in scope.spans
        ])
        for of_resource in request.resource_spans
    ])  # fmt: skip


def decode_logs(body: bytes, content_type: str) -> Logs:
    """The log records of a request to ``/v1/logs``; raises as ``decode_traces`` does."""
    if _media(content_type) == JSON:
        return json_form.logs(body)
    request = _parsed(ExportLogsServiceRequest, bounded(body), TRACES)
    return Logs([
        RecordGroup(_attributes(of_resource.resource.attributes), [
            _record(record) for scope in of_resource.scope_logs for record in scope.log_records
        ])
        for of_resource in request.resource_logs
    ])  # fmt: skip


def answer_traces(content_type: str, rejected: int, why: str) -> bytes:
    """The body of a 200: what was rejected and why; ``why`` alone is a warning."""
    return _answered(ExportTraceServiceResponse(), content_type, ("rejected_spans", rejected), why)


def answer_logs(content_type: str, rejected: int, why: str) -> bytes:
    """The body of a 200 from ``/v1/logs``."""
    return _answered(
        ExportLogsServiceResponse(), content_type, ("rejected_log_records", rejected), why
    )


def refused_logs(body: bytes) -> tuple[int, str]:
    """What a server's protobuf answer to our own records says: how many it rejected, and why.

    Raises:
        InvalidRequest: the body is no such answer.
    """
    told = _parsed(ExportLogsServiceResponse, body).partial_success
    return int(told.rejected_log_records), str(told.error_message)


def _media(content_type: str) -> str:
    named = content_type.partition(";")[0].strip().lower()
    if named == JSON:
        return JSON
    if named in ALSO_PROTOBUF:
        return PROTOBUF
    raise UnsupportedMedia(f"the content type {named[:60]!r} is not one of OTLP's")


def answer_media(content_type: str) -> str:
    """The content type of the answer: the request's, as OTLP demands."""
    return _media(content_type)


def _parsed(expected: Any, body: bytes, mistaken: tuple[Any, str] | None = None) -> Any:
    """The message; one that reads as the ``mistaken`` one is told which door takes that."""
    try:
        return expected.FromString(body)
    except DecodeError:
        other = mistaken is not None and _reads(mistaken[0], body)
        hint = f"; it reads as what {mistaken[1]} takes" if mistaken and other else ""
    raise InvalidRequest(f"the body is not the protobuf message that OTLP sends here{hint}")


def _reads(message: Any, body: bytes) -> bool:
    try:
        message.FromString(body)
    except DecodeError:
        return False
    return True


def _span(span: Any) -> Span:
    return Span(
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        name=span.name,
        started=span.start_time_unix_nano,
        ended=span.end_time_unix_nano,
        attributes=_attributes(span.attributes),
        events=[
            Event(event.name, event.time_unix_nano, _attributes(event.attributes))
            for event in span.events[:MOST_EVENTS]
        ],
        failed=span.status.code == FAILED,
    )


def _record(record: Any) -> Record:
    return Record(
        trace_id=record.trace_id.hex(),
        span_id=record.span_id.hex(),
        name=record.event_name,
        at=record.time_unix_nano or record.observed_time_unix_nano,
        attributes=_attributes(record.attributes),
        body=_value(record.body),
    )


def _attributes(pairs: Iterable[Any]) -> dict[str, object]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> object:
    """An AnyValue in plain Python; protobuf itself bounds how deep they nest."""
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return value.string_value
    if kind is None:
        return None
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return getattr(value, kind)


def _answered(answer: Any, content_type: str, rejected: tuple[str, int], why: str) -> bytes:
    field, number = rejected
    if _media(content_type) == JSON:
        told = {_camel(field): str(number), "errorMessage": why[:LONGEST_ANSWER]}
        return orjson.dumps({"partialSuccess": told} if number or why else {})
    if number or why:
        setattr(answer.partial_success, field, number)
        answer.partial_success.error_message = why[:LONGEST_ANSWER]
    return bytes(answer.SerializeToString())


def _camel(field: str) -> str:
    begin, *rest = field.split("_")
    return begin + "".join(each.title() for each in rest)
