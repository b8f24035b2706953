"""OTLP in protobuf, by the published message types; built from its JSON form."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]


def traces(document: Json) -> bytes:
    """The bytes of an ExportTraceServiceRequest."""
    from opentelemetry.proto.collector.trace.v1 import (  # noqa: PLC0415 - loads protobuf
        trace_service_pb2 as service,
    )

    request = service.ExportTraceServiceRequest()
    for told in document["resourceSpans"]:
        group = request.resource_spans.add()
        _attributes(group.resource.attributes, told["resource"]["attributes"])
        for scoped in told["scopeSpans"]:
            below = group.scope_spans.add()
            below.scope.name = scoped["scope"]["name"]
            below.scope.version = scoped["scope"]["version"]
            for span in scoped["spans"]:
                _span(below.spans.add(), span)
    return bytes(request.SerializeToString())


def logs(document: Json) -> bytes:
    """The bytes of an ExportLogsServiceRequest."""
    from opentelemetry.proto.collector.logs.v1 import (  # noqa: PLC0415 - loads protobuf
        logs_service_pb2 as service,
    )

    request = service.ExportLogsServiceRequest()
    for told in document["resourceLogs"]:
        group = request.resource_logs.add()
        _attributes(group.resource.attributes, told["resource"]["attributes"])
        for scoped in told["scopeLogs"]:
            below = group.scope_logs.add()
            below.scope.name = scoped["scope"]["name"]
            below.scope.version = scoped["scope"]["version"]
            for record in scoped["logRecords"]:
                _record(below.log_records.add(), record)
    return bytes(request.SerializeToString())


def rejected(path: str, body: bytes) -> tuple[int, str]:
    """How many items an answer in protobuf rejects, and why."""
    from opentelemetry.proto.collector.logs.v1 import (  # noqa: PLC0415 - loads protobuf
        logs_service_pb2,
    )
    from opentelemetry.proto.collector.trace.v1 import (  # noqa: PLC0415 - loads protobuf
        trace_service_pb2,
    )

    if path.endswith("/v1/logs"):
        of_logs = logs_service_pb2.ExportLogsServiceResponse.FromString(body).partial_success
        return int(of_logs.rejected_log_records), str(of_logs.error_message)
    of_spans = trace_service_pb2.ExportTraceServiceResponse.FromString(body).partial_success
    return int(of_spans.rejected_spans), str(of_spans.error_message)


def _span(span: Any, told: Json) -> None:
    span.trace_id = bytes.fromhex(told["traceId"])
    span.span_id = bytes.fromhex(told["spanId"])
    span.name = told["name"]
    span.kind = told["kind"]
    span.start_time_unix_nano = int(told["startTimeUnixNano"])
    span.end_time_unix_nano = int(told["endTimeUnixNano"])
    span.status.code = told["status"].get("code", 0)
    _attributes(span.attributes, told["attributes"])
    for one in told["events"]:
        event = span.events.add()
        event.name = one["name"]
        event.time_unix_nano = int(one["timeUnixNano"])
        _attributes(event.attributes, one["attributes"])


def _record(record: Any, told: Json) -> None:
    record.trace_id = bytes.fromhex(told["traceId"])
    record.span_id = bytes.fromhex(told["spanId"])
    record.time_unix_nano = int(told["timeUnixNano"])
    record.observed_time_unix_nano = int(told["observedTimeUnixNano"])
    record.severity_number = told["severityNumber"]
    record.event_name = told["eventName"]
    _attributes(record.attributes, told["attributes"])
    _value(record.body, told["body"])


def _attributes(pairs: Any, told: list[Json]) -> None:
    for one in told:
        pair = pairs.add()
        pair.key = one["key"]
        _value(pair.value, one["value"])


def _value(any_value: Any, told: Json) -> None:
    ((kind, value),) = told.items()
    match kind:
        case "stringValue":
            any_value.string_value = value
        case "intValue":
            any_value.int_value = int(value)
        case "doubleValue":
            any_value.double_value = value
        case "boolValue":
            any_value.bool_value = value
        case "kvlistValue":
            _attributes(any_value.kvlist_value.values, value["values"])
        case "arrayValue":
            for one in value["values"]:
                _value(any_value.array_value.values.add(), one)
