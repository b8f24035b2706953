"""A call in the words of each instrumentation; names of attributes are those of its documents.

``otel``: GenAI conventions v1.41 (messages on the span). ``openinference``: Phoenix's flattened
attributes. ``halves``: what opentelemetry-instrumentation-openai-v2 sends, numbers on the span and
texts as log records of the same ids. ``plain``: OptiInfra's own JSON.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from optiinfra_core.errors import InvalidRequest
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.wire.records import (
    Attributes,
    Event,
    Line,
    Record,
    Span,
    Told,
    Value,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = 1_000_000


def nanoseconds(at: datetime) -> int:
    """Nanoseconds since 1970."""
    passed = at - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000_000 + passed.microseconds * 1_000


def _resource(call: Call) -> Attributes:
    app = call.application
    return {
        "service.namespace": app.namespace,
        "service.name": app.name,
        "service.version": call.service_version,
        "deployment.environment.name": app.environment,
        "cloud.provider": app.provider,
        "cloud.region": app.region,
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
    }


def _gen_ai(call: Call) -> dict[str, Value]:
    """What the GenAI conventions tell without any text."""
    told: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": call.application.vendor,
        "gen_ai.request.model": call.model,
        "gen_ai.conversation.id": call.conversation_id,
        "gen_ai.prompt.name": call.application.prompt,
        "gen_ai.prompt.version": call.prompt_version,
        "gen_ai.usage.input_tokens": call.input_tokens,
        "user.id": call.user,
    }
    if call.failed:
        return {**told, "error.type": call.error_type}
    return {
        **told,
        "gen_ai.response.model": call.model,
        "gen_ai.response.id": f"resp-{call.span_id}",
        "gen_ai.response.finish_reasons": [call.finish_reason],
        "gen_ai.usage.output_tokens": call.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": call.cache_read_tokens,
        "gen_ai.response.time_to_first_chunk": (call.ttft_ms or 0) / 1_000,
    }


def _documents(call: Call) -> Mapping[str, Value]:
    if not call.exchange.documents:
        return {}
    told = [
        {"id": f"doc-{at}", "score": round(0.9 - at / 10, 2), "content": text}
        for at, text in enumerate(call.exchange.documents)
    ]
    return {"gen_ai.retrieval.documents": json.dumps(told)}


def _span(call: Call, scope: str, attributes: Attributes, events: Sequence[Event] = ()) -> Span:
    started = nanoseconds(call.started_at)
    return Span(
        resource=_resource(call),
        scope=scope,
        trace_id=call.trace_id,
        span_id=call.span_id,
        name=f"chat {call.model}",
        started=started,
        ended=started + round(call.latency_ms * _MILLISECOND),
        attributes=attributes,
        events=events,
        failed=call.failed,
    )


def _part(text: str) -> Value:
    return {"type": "text", "content": text}


def _otel(call: Call) -> Iterator[Told]:
    turns = [
        {"role": role, "parts": [_part(text)]}
        for role, text in call.exchange.turns
        if role != "system"
    ]
    attributes: dict[str, Value] = {
        **_gen_ai(call),
        "gen_ai.system_instructions": json.dumps([_part(call.exchange.instructions)]),
        "gen_ai.input.messages": json.dumps(turns),
        **_documents(call),
    }
    if not call.failed:
        answer = {"role": "assistant", "parts": [_part(call.answer)], "finish_reason": "stop"}
        attributes["gen_ai.output.messages"] = json.dumps([answer])
    yield _span(call, "simulated.instrumentation.otel", attributes)


_SYSTEMS: Mapping[str, tuple[str, str]] = {
    "gcp.gemini": ("google", "vertexai"),
    "aws.bedrock": ("aws", "anthropic"),
    "azure.ai.openai": ("azure", "openai"),
    "groq": ("groq", "openai"),
}


def _openinference(call: Call) -> Iterator[Told]:
    provider, system = _SYSTEMS[call.application.vendor]
    attributes: dict[str, Value] = {
        "openinference.span.kind": "LLM",
        "llm.provider": provider,
        "llm.system": system,
        "llm.model_name": call.model,
        "llm.token_count.prompt": call.input_tokens,
        "session.id": call.conversation_id,
        "user.id": call.user,
        "prompt.name": call.application.prompt,
        "llm.prompt_template.version": call.prompt_version,
    }
    for at, (role, text) in enumerate(call.exchange.turns):
        attributes[f"llm.input_messages.{at}.message.role"] = role
        attributes[f"llm.input_messages.{at}.message.content"] = text
    for at, text in enumerate(call.exchange.documents):
        attributes[f"retrieval.documents.{at}.document.content"] = text
    yield _span(call, "openinference.instrumentation", attributes | _replied(call), _first(call))


def _replied(call: Call) -> dict[str, Value]:
    if call.failed:
        return {"error.type": call.error_type}
    return {
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": call.answer,
        "llm.token_count.completion": call.output_tokens,
        "llm.token_count.total": call.input_tokens + call.output_tokens,
        "llm.token_count.prompt_details.cache_read": call.cache_read_tokens,
        "llm.finish_reason": call.finish_reason,
    }


def _first(call: Call) -> Sequence[Event]:
    if call.ttft_ms is None:
        return ()
    at = nanoseconds(call.started_at) + round(call.ttft_ms * _MILLISECOND)
    return (Event("First Token Stream Event", at, {}),)


def _halves(call: Call) -> Iterator[Told]:
    numbers = {**_gen_ai(call), **_documents(call)}
    numbers.pop("gen_ai.response.time_to_first_chunk", None)
    yield _span(call, "opentelemetry.instrumentation.openai_v2", numbers)
    at = nanoseconds(call.started_at)
    for number, (role, text) in enumerate(call.exchange.turns):
        yield _record(call, f"gen_ai.{role}.message", at + number * 1_000, {"content": text})
    if not call.failed:
        message: Value = {"role": "assistant", "content": call.answer}
        body: Attributes = {"index": 0, "finish_reason": call.finish_reason, "message": message}
        yield _record(call, "gen_ai.choice", nanoseconds(call.ended_at), body)


def _record(call: Call, event: str, at: int, body: Attributes) -> Record:
    return Record(
        resource=_resource(call),
        scope="opentelemetry.instrumentation.openai_v2",
        trace_id=call.trace_id,
        span_id=call.span_id,
        event=event,
        at=at,
        attributes={"gen_ai.system": call.application.vendor, "event.name": event},
        body=body,
    )


def _plain(call: Call) -> Iterator[Told]:
    app = call.application
    told: dict[str, Value] = {
        "id": call.interaction_id,
        "trace_id": call.trace_id,
        "span_id": call.span_id,
        "application_id": app.id,
        "provider": app.provider,
        "environment": app.environment,
        "service_version": call.service_version,
        "prompt_name": app.prompt,
        "prompt_version": call.prompt_version,
        "timestamp": call.started_at.isoformat().replace("+00:00", "Z"),
        "model": call.model,
        "llm_vendor": app.vendor,
        "messages": [{"role": role, "content": text} for role, text in call.exchange.turns],
        "usage": {
            "input_tokens": call.input_tokens,
            "output_tokens": call.output_tokens,
            "cache_read_tokens": call.cache_read_tokens,
        },
        "latency_ms": call.latency_ms,
        "user": call.user,
        "conversation_id": call.conversation_id,
    }
    if call.exchange.documents:
        told["context"] = list(call.exchange.documents)
    if call.failed:
        told["error"] = call.error_type
    else:
        told |= {"response": call.answer, "finish_reason": call.finish_reason}
        told["ttft_ms"] = call.ttft_ms or 0.0
    yield Line(told)


DIALECTS: Mapping[str, Callable[[Call], Iterator[Told]]] = {
    "otel": _otel,
    "openinference": _openinference,
    "halves": _halves,
    "plain": _plain,
}


def tell(call: Call, dialect: str = "") -> Iterator[Told]:
    """The call as its application tells it, or in another dialect.

    Raises:
        InvalidRequest: there is no such dialect.
    """
    named = dialect or call.application.dialect
    if named not in DIALECTS:
        raise InvalidRequest(f"{named!r} is no dialect; there are {', '.join(DIALECTS)}")
    return DIALECTS[named](call)
