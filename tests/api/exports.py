"""What exporters of OpenTelemetry send, made by hand in the form of OTLP/JSON and as protobuf."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from optiinfra_core.applications.interaction import Interaction

RESOURCE = {"service.namespace": "support", "service.name": "assistant"}


def attributes(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attributes as OTLP/JSON spells them."""
    return [{"key": name, "value": _value(value)} for name, value in told.items()]


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": str(value)}


def nanoseconds(at: Any) -> str:
    """An instant as OTLP counts it."""
    return str(int(at.timestamp()) * 10**9 + at.microsecond * 1000)


def messages(parts: Iterable[Any]) -> str:
    """Messages as the conventions have them in one attribute."""
    told = [
        {
            "role": part.message.role,
            "parts": [{"type": "text", "content": part.message.text}],
        }
        for part in parts
    ]
    return orjson.dumps(told).decode()


def span(call: Interaction, *, texts: bool = True) -> dict[str, Any]:
    """The span of a call; without its texts, where its log records tell them."""
    told: dict[str, Any] = {
        "gen_ai.operation.name": call.operation,
        "gen_ai.provider.name": call.llm_vendor,
        "gen_ai.request.model": call.request_model,
        "gen_ai.response.model": call.model,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "gen_ai.usage.output_tokens": call.output_tokens,
        "user.id": call.user,
    }
    if texts:
        told["gen_ai.input.messages"] = messages(call.input)
        told["gen_ai.output.messages"] = messages(call.output)
    return {
        "traceId": call.trace_id,
        "spanId": call.span_id,
        "name": f"chat {call.model}",
        "startTimeUnixNano": nanoseconds(call.started_at),
        "endTimeUnixNano": nanoseconds(call.ended_at),
        "attributes": attributes({name: value for name, value in told.items() if value}),
    }


def resource(call: Interaction) -> dict[str, Any]:
    """The resource of a call."""
    namespace, _, name = call.application.rpartition(".")
    told = {
        "service.namespace": namespace,
        "service.name": name,
        "service.version": call.service_version,
        "deployment.environment.name": call.environment,
        "cloud.provider": call.provider,
    }
    return {"attributes": attributes({name: value for name, value in told.items() if value})}


def traces(calls: Iterable[Interaction], *, texts: bool = True) -> dict[str, Any]:
    """A request to ``/v1/traces``."""
    return {
        "resourceSpans": [
            {
                "resource": resource(call),
                "scopeSpans": [{"spans": [span(call, texts=texts)]}],
            }
            for call in calls
        ]
    }


def records(call: Interaction) -> list[dict[str, Any]]:
    """The log records of a call, as the events of the conventions tell its texts."""
    at = int(nanoseconds(call.started_at))
    asked = [
        (f"gen_ai.{part.message.role}.message", {"content": part.message.text})
        for part in call.input
    ]
    answered = [
        ("gen_ai.choice", {"index": 0, "message": {"content": part.message.text}})
        for part in call.output
    ]
    return [
        {
            "timeUnixNano": str(at + number),
            "eventName": name,
            "traceId": call.trace_id,
            "spanId": call.span_id,
            "body": _body(body),
        }
        for number, (name, body) in enumerate((*asked, *answered))
    ]


def _body(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        pairs = [{"key": name, "value": _body(each)} for name, each in value.items()]
        return {"kvlistValue": {"values": pairs}}
    return _value(value)


def logs(calls: Iterable[Interaction]) -> dict[str, Any]:
    """A request to ``/v1/logs``."""
    return {
        "resourceLogs": [
            {"resource": resource(call), "scopeLogs": [{"logRecords": records(call)}]}
            for call in calls
        ]
    }


def protobuf(request: Mapping[str, Any]) -> bytes:
    """The same request as protobuf."""
    kind = ExportTraceServiceRequest if "resourceSpans" in request else ExportLogsServiceRequest
    return bytes(ParseDict(_in_base64(request), kind()).SerializeToString())


def _in_base64(value: Any) -> Any:
    """Ids as protobuf's own JSON has them, which is not how OTLP's has them."""
    if isinstance(value, Mapping):
        return {
            name: _id(each) if name in {"traceId", "spanId"} else _in_base64(each)
            for name, each in value.items()
        }
    return [_in_base64(each) for each in value] if isinstance(value, list) else value


def _id(told: str) -> str:
    from base64 import b64encode  # noqa: PLC0415 - only here

    return b64encode(bytes.fromhex(told)).decode()


def plain(call: Interaction) -> dict[str, Any]:
    """The call as the door for plain JSON takes it."""
    return {
        "trace_id": call.trace_id,
        "span_id": call.span_id,
        "application_id": call.application,
        "timestamp": call.started_at.isoformat(),
        "latency_ms": (call.ended_at - call.started_at).total_seconds() * 1000,
        "provider": call.provider,
        "environment": call.environment,
        "service_version": call.service_version,
        "llm_vendor": call.llm_vendor,
        "request_model": call.request_model,
        "model": call.model,
        "messages": [
            {"role": part.message.role, "content": part.message.text} for part in call.input
        ],
        "response": call.output[0].message.text,
        "usage": {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens},
        "user": call.user,
    }
