"""Simulated calls on the wire are valid and mean the same in every dialect and encoding."""

import base64
import gzip
import json
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from optiinfra_core.applications import plain
from optiinfra_core.applications.interaction import Interaction
from optiinfra_core.applications.otlp import logs, spans, wire
from optiinfra_core.errors import InvalidRequest
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.applications.wire.dialects import DIALECTS, tell
from optiinfra_simulator.applications.wire.posts import Delivery, Post, posts
from tests.simulator.applications.conftest import NAMES, NOON

MESSAGES: dict[str, Any] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


@pytest.fixture
def calls(traffic: Traffic) -> list[Call]:
    """A hundred calls of each application, some of which failed."""
    return [call for name in NAMES for call in islice(traffic.stream(name, NOON), 100)]


def _body(post: Post) -> bytes:
    return gzip.decompress(post.body) if post.encoding == "gzip" else post.body


def _understood(sent: Iterable[Post]) -> list[Interaction]:
    """What OptiInfra's own doors make of it; nothing may be rejected."""
    found: list[Any] = []
    for post in sent:
        body = _body(post)
        match post.path:
            case "/v1/traces":
                found += spans.interactions(wire.decode_traces(body, post.content_type))
            case "/v1/logs":
                found += logs.interactions(wire.decode_logs(body, post.content_type))
            case _:
                found += plain.interactions(body)
    assert all(isinstance(one, Interaction) for one in found)
    return found


def _merged(found: list[Interaction]) -> dict[str, dict[str, Any]]:
    """The halves of each call as the warehouse joins them: the most that either tells."""
    joined: dict[str, dict[str, Any]] = {}
    for one in found:
        row = joined.setdefault(one.interaction_id, {"texts": set(), "documents": set()})
        row["texts"] |= {part.message.text for part in (*one.input, *one.output)}
        row["documents"] |= set(one.context)
        for name in ("application", "provider", "service_version", "prompt_version", "model",
                     "error_type", "conversation_id", "user", "finish_reason"):  # fmt: skip
            row[name] = max(row.get(name, ""), getattr(one, name))
        for name in ("input_tokens", "output_tokens", "latency_ms", "ttft_ms"):
            row[name] = max(row.get(name) or 0, getattr(one, name) or 0)
        row["started_at"] = min(row.get("started_at", one.started_at), one.started_at)
    return joined


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
@pytest.mark.parametrize("dialect", ["", *DIALECTS])
def test_every_dialect_tells_the_whole_call(
    calls: list[Call], dialect: str, encoding: str, *, split: bool
) -> None:
    """Versions, tokens, times, texts and documents arrive, in one piece or in two."""
    how = Delivery(dialect=dialect, encoding=encoding, split=split)
    rows = _merged(_understood(posts(calls, how)))
    assert rows.keys() == {call.interaction_id for call in calls}
    for call in calls:
        row = rows[call.interaction_id]
        assert row["application"] == call.application.id
        assert row["provider"] == call.application.provider
        assert (row["service_version"], row["prompt_version"]) == (
            call.service_version, call.prompt_version,
        )  # fmt: skip
        assert (row["model"], row["error_type"]) == (call.model, call.error_type)
        assert (row["conversation_id"], row["user"]) == (call.conversation_id, call.user)
        assert (row["input_tokens"], row["output_tokens"]) == (
            call.input_tokens, call.output_tokens,
        )  # fmt: skip
        assert row["latency_ms"] == pytest.approx(call.latency_ms, abs=0.002)
        assert row["started_at"] == call.started_at
        said = {text for _, text in call.exchange.turns} | ({call.answer} - {""})
        assert row["texts"] == said
        assert row["documents"] == set(call.exchange.documents)


@pytest.mark.parametrize("dialect", ["otel", "openinference", "plain"])
def test_the_first_token_is_told_where_the_dialect_can(calls: list[Call], dialect: str) -> None:
    """As an attribute, as an event of the span, as a field."""
    rows = _merged(_understood(posts(calls, Delivery(dialect=dialect))))
    for call in calls:
        told = rows[call.interaction_id]["ttft_ms"]
        assert told == pytest.approx(call.ttft_ms or 0, abs=0.002)


@pytest.mark.parametrize("dialect", ["otel", "openinference", "halves"])
def test_both_encodings_are_the_published_message(calls: list[Call], dialect: str) -> None:
    """Protobuf's own reader takes them, knows every field, and finds them equal."""
    binary = list(posts(calls, Delivery(dialect=dialect, encoding="protobuf")))
    text = list(posts(calls, Delivery(dialect=dialect, encoding="json", compressed=False)))
    assert {post.path for post in binary} <= set(MESSAGES)
    for one, other in zip(binary, text, strict=True):
        assert one.path == other.path
        told = json.loads(other.body, object_hook=_with_bytes)
        message = MESSAGES[one.path].FromString(_body(one))
        assert message == ParseDict(told, MESSAGES[one.path]())
        assert not message.DiscardUnknownFields()


def _with_bytes(document: dict[str, Any]) -> dict[str, Any]:
    """OTLP/JSON has ids in hex, where protobuf's JSON has base64."""
    for name in ("traceId", "spanId"):
        if name in document:
            document[name] = base64.b64encode(bytes.fromhex(document[name])).decode()
    return document


def test_halves_are_a_span_without_texts_and_records_with_them(calls: list[Call]) -> None:
    """As the official instrumentation for OpenAI sends them."""
    sent = list(posts(calls, Delivery(dialect="halves", encoding="json", compressed=False)))
    by_path = Counter(post.path for post in sent)
    assert set(by_path) == {"/v1/traces", "/v1/logs"}
    answers = [call.answer for call in calls if call.answer]
    traces = b"".join(post.body for post in sent if post.path == "/v1/traces").decode()
    told = b"".join(post.body for post in sent if post.path == "/v1/logs").decode()
    assert not any(json.dumps(answer) in traces for answer in answers)
    assert all(json.dumps(answer)[1:-1] in told for answer in answers)


def test_copies_and_shuffling_change_the_order_alone(calls: list[Call]) -> None:
    """Everything comes twice, mixed, over all doors; the same seed mixes alike."""
    how = Delivery(copies=2, shuffle=3, batch=17)
    found = _understood(posts(calls, how))
    once = _understood(posts(calls))
    assert Counter(map(repr, found)) == Counter({repr(one): 2 for one in once})
    assert len(set(map(repr, once))) == len(once)
    assert [one.interaction_id for one in found[: len(once)]] != [
        one.interaction_id for one in once
    ]
    assert [post.body for post in posts(calls, how)] == [post.body for post in posts(calls, how)]
    assert max(post.items for post in posts(calls, how)) == 17


def test_bodies_stay_below_what_a_door_takes(calls: list[Call]) -> None:
    """The usual batch unpacks to a fraction of the 8 MiB that the API reads."""
    largest = max(len(_body(post)) for post in posts(calls * 5))
    assert largest < 2 * 1024 * 1024


def test_an_unknown_dialect_is_refused(calls: list[Call]) -> None:
    """Its remedy names those that there are."""
    with pytest.raises(InvalidRequest, match="openinference"):
        list(tell(calls[0], "esperanto"))


@pytest.mark.parametrize("document", [{"encoding": "xml"}, {"batch": 0}, {"colour": 1}])
def test_a_delivery_that_cannot_be_is_refused(document: dict[str, object]) -> None:
    """Unknown names and values."""
    with pytest.raises(InvalidRequest):
        Delivery.read(document)


def test_times_on_the_wire_are_exact(calls: list[Call]) -> None:
    """A microsecond is a microsecond, and a span ends when its answer was complete."""
    found = _understood(posts(calls, Delivery(dialect="otel")))
    ends = {one.interaction_id: one.ended_at for one in found}
    for call in calls:
        assert abs(ends[call.interaction_id] - call.ended_at) < timedelta(microseconds=2)
