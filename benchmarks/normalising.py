"""How many spans a second become calls, against reading the same bytes and doing nothing more?

One request of spans of about 3 kB is read in turns by the whole way (unpack, decode, normalise) and
by the bare readers: protobuf's own parser, protobuf's own JSON reader, orjson. Seconds are CPU of
this process, so that neighbours count little; no server runs.
"""

import argparse
import gzip
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
from google.protobuf.json_format import MessageToJson, Parse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from benchmarks.figures import Spread, load, show
from optiinfra_core.applications.interaction import Interaction
from optiinfra_core.applications.otlp import json_form, spans, wire
from optiinfra_core.applications.otlp.body import unpacked

NOON = 1_795_176_000_000_000_000
LIMIT = 64 << 20
TARGETS = {"protobuf + gzip": 3_000, "JSON": 1_500}  # spans a CPU second
SENTENCE = "The shop in Lyon closes at seven in the evening, on Sundays it stays closed. "


@dataclass(frozen=True, slots=True)
class Bodies:
    """One request in each form that exporters send."""

    protobuf: bytes
    gzip: bytes
    json: bytes
    base64_json: str  # what protobuf's own reader takes: ids in base64


def request(count: int) -> ExportTraceServiceRequest:
    """``count`` spans as OpenLLMetry and OpenInference tell them, half of each."""
    made = [span(at) for at in range(count)]
    resource = Resource(
        attributes=[pair("service.name", "assistant"), pair("cloud.provider", "aws")]
    )
    held = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=made)])
    return ExportTraceServiceRequest(resource_spans=[held])


def span(at: int) -> Span:
    """One span with about 2.5 kB of text and twenty attributes."""
    told = (messages, flattened)[at % 2](f"{at} {SENTENCE * 20}", f"{at} {SENTENCE * 10}")
    common: dict[str, str | int | float] = {
        "server.address": "api.example.com",
        "gen_ai.request.temperature": 0.2,
        "session.id": f"conversation-{at % 50}",
        "user.id": f"user-{at % 500}",
        "gen_ai.response.id": f"chatcmpl-{at}",
    }
    return Span(
        trace_id=(at + 1).to_bytes(16),
        span_id=(at + 1).to_bytes(8),
        name="chat",
        start_time_unix_nano=NOON + at * 1_000_000,
        end_time_unix_nano=NOON + at * 1_000_000 + 900_000_000,
        attributes=[pair(*each) for each in (common | told).items()],
    )


def messages(question: str, answer: str) -> dict[str, str | int | float]:
    """A call in the words of OpenTelemetry."""
    asked = [{"role": "user", "parts": [{"type": "text", "content": question}]}]
    answered = [{"role": "assistant", "parts": [{"type": "text", "content": answer}]}]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "groq",
        "gen_ai.request.model": "openai/gpt-oss-20b",
        "gen_ai.response.model": "openai/gpt-oss-20b",
        "gen_ai.usage.input_tokens": 420,
        "gen_ai.usage.output_tokens": 210,
        "gen_ai.usage.cache_read.input_tokens": 32,
        "gen_ai.response.finish_reasons": '["stop"]',
        "gen_ai.input.messages": orjson.dumps(asked).decode(),
        "gen_ai.output.messages": orjson.dumps(answered).decode(),
    }


def flattened(question: str, answer: str) -> dict[str, str | int | float]:
    """A call in the words of OpenInference."""
    return {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o-mini",
        "llm.token_count.prompt": 420,
        "llm.token_count.completion": 210,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be short.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.content": question,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": answer,
    }


def pair(key: str, told: str | float) -> KeyValue:
    """One attribute."""
    if isinstance(told, str):
        return KeyValue(key=key, value=AnyValue(string_value=told))
    if isinstance(told, int):
        return KeyValue(key=key, value=AnyValue(int_value=told))
    return KeyValue(key=key, value=AnyValue(double_value=told))


def bodies(count: int) -> Bodies:
    """The request in all its forms; OTLP's JSON has ids in hex."""
    made = request(count)
    text = MessageToJson(made, indent=None)
    hexed = orjson.loads(text)
    for told, own in zip(
        hexed["resourceSpans"][0]["scopeSpans"][0]["spans"],
        made.resource_spans[0].scope_spans[0].spans,
        strict=True,
    ):
        told["traceId"], told["spanId"] = own.trace_id.hex(), own.span_id.hex()
    binary = made.SerializeToString()
    return Bodies(binary, gzip.compress(binary, 6), orjson.dumps(hexed), text)


def calls(body: bytes, media: str) -> int:
    """How many calls the traces door makes of a body."""
    found = spans.interactions(wire.decode_traces(body, media))
    return sum(isinstance(each, Interaction) for each in found)


def ways(sent: Bodies) -> dict[str, Callable[[], object]]:
    """What is measured, ours and the bare readers."""
    return {
        "protobuf": lambda: calls(sent.protobuf, wire.PROTOBUF),
        "protobuf + gzip": lambda: calls(unpacked(sent.gzip, "gzip", LIMIT), wire.PROTOBUF),
        "JSON": lambda: calls(sent.json, wire.JSON),
        "ParseFromString": lambda: ExportTraceServiceRequest().ParseFromString(sent.protobuf),
        "protobuf to Python": lambda: wire.decode_traces(sent.protobuf, wire.PROTOBUF),
        "gzip.decompress": lambda: gzip.decompress(sent.gzip),
        "orjson.loads": lambda: orjson.loads(sent.json),
        "JSON to Python": lambda: json_form.traces(sent.json),
        "json_format.Parse": lambda: Parse(sent.base64_json, ExportTraceServiceRequest()),
    }


def measured(count: int, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each way in each round; the order turns with the rounds."""
    named = list(ways(bodies(count)).items())
    seconds: dict[str, list[float]] = {name: [] for name, _ in named}
    for at in range(rounds):
        for name, way in named if at % 2 else reversed(named):
            began = time.process_time()
            way()
            seconds[name].append(time.process_time() - began)
    return seconds


def results(count: int, seconds: dict[str, list[float]]) -> list[dict[str, object]]:
    """Spans a second, and how many times the bare reader's time each way takes."""
    median = {name: Spread.of(taken).p50 for name, taken in seconds.items()}
    against = {
        "protobuf": "ParseFromString",
        "protobuf + gzip": "ParseFromString",
        "protobuf to Python": "ParseFromString",
        "JSON": "json_format.Parse",
        "JSON to Python": "json_format.Parse",
    }
    return [
        {
            "way": name,
            "spans_per_second": round(count / took),
            "microseconds_per_span": round(took / count * 1e6, 1),
            "against": against.get(name, ""),
            "ratio": round(took / median[against[name]], 2) if name in against else "",
        }
        for name, took in median.items()
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and say whether the targets are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=7)
    chosen = parser.parse_args(arguments)
    before = load()
    sent = bodies(chosen.spans)
    assert calls(sent.protobuf, wire.PROTOBUF) == calls(sent.json, wire.JSON) == chosen.spans
    found = results(chosen.spans, measured(chosen.spans, chosen.rounds))
    shape = {"spans": chosen.spans, "bytes_per_span": len(sent.protobuf) // chosen.spans}
    show("normalising", [{**each, **shape, "load": before} for each in found])
    speeds = {str(each["way"]): int(str(each["spans_per_second"])) for each in found}
    missed = [name for name, least in TARGETS.items() if speeds[name] < least]
    print(f"missed: {', '.join(missed)}" if missed else "targets met")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main())
