"""Requests of OTLP for tests: protobuf messages from plain Python, and their JSON."""

import base64
from collections.abc import Iterable, Mapping

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

NOON = 1_795_176_000_000_000_000  # 2026-11-20 12:00 UTC
TRACE = bytes.fromhex("0af7651916cd43dd8448eb211c80319c")
SPAN = bytes.fromhex("b7ad6b7169203331")
RESOURCE: Mapping[str, object] = {"service.name": "assistant", "cloud.provider": "aws"}
CHAT: Mapping[str, object] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-11-20",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
    "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"hello"}]}]',
    "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"hi"}]}]',
}


def value(told: object) -> AnyValue:
    """A Python value as OTLP has it."""
    if isinstance(told, bool):
        return AnyValue(bool_value=told)
    if isinstance(told, int):
        return AnyValue(int_value=told)
    if isinstance(told, float):
        return AnyValue(double_value=told)
    if isinstance(told, str):
        return AnyValue(string_value=told)
    if isinstance(told, bytes):
        return AnyValue(bytes_value=told)
    found = AnyValue()
    if isinstance(told, Mapping):
        found.kvlist_value.values.extend(pairs(told))
        found.kvlist_value.SetInParent()
    elif isinstance(told, list):
        found.array_value.values.extend(value(each) for each in told)
        found.array_value.SetInParent()
    return found


def pairs(told: Mapping[str, object]) -> list[KeyValue]:
    """A mapping as OTLP's attributes."""
    return [KeyValue(key=key, value=value(each)) for key, each in told.items()]


def event(name: str, attributes: Mapping[str, object], at: int = NOON) -> Span.Event:
    """An event of a span."""
    return Span.Event(name=name, time_unix_nano=at, attributes=pairs(attributes))


def span(
    attributes: Mapping[str, object] = CHAT,
    *,
    trace_id: bytes = TRACE,
    span_id: bytes = SPAN,
    started: int = NOON,
    ended: int = NOON + 250_000_000,
    events: Iterable[Span.Event] = (),
    failed: bool = False,
) -> Span:
    """A span of a quarter of a second."""
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        name="chat",
        start_time_unix_nano=started,
        end_time_unix_nano=ended,
        attributes=pairs(attributes),
        events=list(events),
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
    )


def record(
    name: str,
    attributes: Mapping[str, object],
    body: object = None,
    *,
    trace_id: bytes = TRACE,
    span_id: bytes = SPAN,
    at: int = NOON,
) -> LogRecord:
    """A log record of the same span."""
    return LogRecord(
        trace_id=trace_id,
        span_id=span_id,
        event_name=name,
        time_unix_nano=at,
        attributes=pairs(attributes),
        body=value(body),
    )


def traces(*spans: Span, resource: Mapping[str, object] = RESOURCE) -> ExportTraceServiceRequest:
    """A request to ``/v1/traces`` with one resource."""
    held = ResourceSpans(
        resource=Resource(attributes=pairs(resource)), scope_spans=[ScopeSpans(spans=spans)]
    )
    return ExportTraceServiceRequest(resource_spans=[held])


def logs(
    *records: LogRecord, resource: Mapping[str, object] = RESOURCE
) -> ExportLogsServiceRequest:
    """A request to ``/v1/logs`` with one resource."""
    held = ResourceLogs(
        resource=Resource(attributes=pairs(resource)), scope_logs=[ScopeLogs(log_records=records)]
    )
    return ExportLogsServiceRequest(resource_logs=[held])


def as_json(request: Message) -> bytes:
    """The request by protobuf's own JSON writer, with ids in hex as OTLP/JSON has them."""
    return orjson.dumps(hexed(MessageToDict(request, use_integers_for_enums=True)))


def hexed(told: object) -> object:
    """``told`` with ids in hex instead of protobuf's base64."""
    if isinstance(told, Mapping):
        return {
            key: base64.b64decode(each).hex() if key in {"traceId", "spanId"} else hexed(each)
            for key, each in told.items()
        }
    return [hexed(each) for each in told] if isinstance(told, list) else told
