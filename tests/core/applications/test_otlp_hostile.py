"""What nobody should send is refused by name or told as rejected; nothing else is ever raised."""

from collections.abc import Mapping

import orjson
import pytest

from optiinfra_core.applications.dialects.values import LONGEST_TEXT
from optiinfra_core.applications.interaction import Interaction, Rejected
from optiinfra_core.applications.otlp import logs, spans, wire
from optiinfra_core.applications.otlp.body import TooLarge, UnsupportedMedia
from optiinfra_core.errors import InvalidRequest
from tests.core.applications.otlp_requests import (
    CHAT,
    NOON,
    as_json,
    event,
    record,
    span,
    traces,
)
from tests.core.applications.otlp_requests import logs as log_request

YEAR_2262 = 9_223_372_036_854_775_807


def of_spans(body: bytes, media: str = wire.PROTOBUF) -> list[object]:
    """What the traces door makes of a body."""
    return list(spans.interactions(wire.decode_traces(body, media)))


def of_logs(body: bytes, media: str = wire.PROTOBUF) -> list[object]:
    """What the logs door makes of a body."""
    return list(logs.interactions(wire.decode_logs(body, media)))


def of_json_span(**fields: object) -> list[object]:
    """What becomes of a good span in JSON, with ``fields`` instead of its own."""
    held = orjson.loads(as_json(traces(span())))
    held["resourceSpans"][0]["scopeSpans"][0]["spans"][0].update(fields)
    return of_spans(orjson.dumps(held), wire.JSON)


def only_call(found: list[object]) -> Interaction:
    """The one interaction that was found, and nothing else."""
    (call,) = found
    assert isinstance(call, Interaction)
    return call


def only_why(found: list[object]) -> str:
    """Why the one item that was found was rejected."""
    (rejected,) = found
    assert isinstance(rejected, Rejected)
    assert rejected.records == 1
    return rejected.why


@pytest.mark.parametrize("media", ["application/x-protobuf", "application/json; charset=utf-8"])
def test_an_empty_body_is_an_empty_request(media: str) -> None:
    """Exporters probe with it."""
    assert of_spans(b"", media) == []
    assert of_logs(b"", media) == []


@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"{}{", b"hello", b"\n\x05abc"])
def test_what_is_no_protobuf_is_refused(body: bytes) -> None:
    """For good: sending it again does not help."""
    with pytest.raises(InvalidRequest):
        of_spans(body)
    with pytest.raises(InvalidRequest):
        of_logs(body)


@pytest.mark.parametrize("body", [b"{", b"nonsense", b"[]", b"1", b'"a"', b"{}{}", b"\xff\xfe{}"])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    """The same in the other encoding."""
    with pytest.raises(InvalidRequest):
        of_spans(body, wire.JSON)


@pytest.mark.parametrize("media", ["", "text/plain", "application/xml", "multipart/form-data; x"])
def test_other_content_types_are_not_supported(media: str) -> None:
    """With a code of its own, for 415."""
    with pytest.raises(UnsupportedMedia):
        of_spans(b"", media)


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [(b"", b""), (b"\1" * 15, b"\1" * 8), (b"\1" * 16, b"\1" * 9), (bytes(16), b"\1" * 8),
     (b"\1" * 16, bytes(8))],
)  # fmt: skip
def test_bad_ids_reject_the_item_in_either_encoding(trace_id: bytes, span_id: bytes) -> None:
    """The good span beside it is taken."""
    request = traces(span(trace_id=trace_id, span_id=span_id), span())
    for found in (of_spans(request.SerializeToString()), of_spans(as_json(request), wire.JSON)):
        assert isinstance(found[0], Rejected)
        assert "trace id" in found[0].why
        assert isinstance(found[1], Interaction)
    records = log_request(record("gen_ai.user.message", {}, trace_id=trace_id, span_id=span_id))
    assert "trace id" in only_why(of_logs(records.SerializeToString()))


def test_ids_in_base64_are_no_ids() -> None:
    """OTLP/JSON has hex; what Google's JSON writer gives is told, not guessed."""
    assert "hex" in only_why(of_json_span(traceId="CvdlGRbNQ92ESOshHIAxnA=="))


@pytest.mark.parametrize("time_", [0, 1, YEAR_2262, 2**64 - 1, 1_600_000_000])
def test_absurd_times_reject_the_item(time_: int) -> None:
    """Zero, seconds for nanoseconds, the year 2262: a clock that was not set."""
    request = traces(span(started=time_))
    assert "time" in only_why(of_spans(request.SerializeToString()))
    assert "time" in only_why(of_spans(as_json(request), wire.JSON))
    records = log_request(record("gen_ai.choice", {}, at=time_))
    assert "time" in only_why(of_logs(records.SerializeToString()))


@pytest.mark.parametrize("ended", [0, NOON - 1_000_000_000])
def test_a_span_that_does_not_end_after_it_began_has_no_duration(ended: int) -> None:
    """The call is kept; its latency is not made up."""
    call = only_call(of_spans(traces(span(ended=ended)).SerializeToString()))
    assert call.latency_ms is None
    assert call.ended_at == call.started_at


def test_logs_at_the_door_of_traces_are_told() -> None:
    """A wild mistake of configuration; nothing is lost silently."""
    request = log_request(record("gen_ai.user.message", {}), record("gen_ai.choice", {}))
    (rejected,) = of_spans(as_json(request), wire.JSON)
    assert rejected == Rejected(2, "resourceLogs belongs to /v1/logs")
    (other,) = of_logs(as_json(traces(span())), wire.JSON)
    assert other == Rejected(1, "resourceSpans belongs to /v1/traces")


def test_logs_in_protobuf_at_the_door_of_traces_are_told_too() -> None:
    """The messages share numbers of fields: a record's ids stand where attributes do."""
    request = log_request(record("gen_ai.user.message", {}), record("gen_ai.choice", {}))
    with pytest.raises(InvalidRequest, match="it reads as what /v1/logs takes"):
        of_spans(request.SerializeToString())
    bare = log_request(record("", {"gen_ai.system": "openai"}, trace_id=b"", span_id=b""))
    assert "trace id" in only_why(of_spans(bare.SerializeToString()))


@pytest.mark.parametrize(
    "fields",
    [
        {"attributes": {"gen_ai.operation.name": "chat"}},
        {"attributes": "text"},
        {"attributes": ["text"]},
        {"attributes": [{"key": 5, "value": {}}]},
        {"attributes": [{"key": "a", "value": "bare"}]},
        {"attributes": [{"key": "a", "value": {"intValue": "9" * 30}}]},
        {"attributes": [{"key": "a", "value": {"intValue": "1_000"}}]},
        {"attributes": [{"key": "a", "value": {"intValue": str(2**63)}}]},
        {"attributes": [{"key": "a", "value": {"intValue": True}}]},
        {"attributes": [{"key": "a", "value": {"stringValue": 5}}]},
        {"attributes": [{"key": "a", "value": {"boolValue": "true"}}]},
        {"attributes": [{"key": "a", "value": {"doubleValue": "many"}}]},
        {"attributes": [{"key": "a", "value": {"bytesValue": "a"}}]},
        {"attributes": [{"key": "a", "value": {"arrayValue": [1]}}]},
        {"attributes": [{"key": "a", "value": {"kvlistValue": {"values": {}}}}]},
        {"traceId": 5},
        {"startTimeUnixNano": "soon"},
        {"startTimeUnixNano": -1},
        {"startTimeUnixNano": 1.5},
        {"startTimeUnixNano": "1" * 5000},
        {"events": {}},
        {"events": ["text"]},
        {"status": "failed"},
    ],
)
def test_a_span_of_another_form_is_rejected_alone(fields: Mapping[str, object]) -> None:
    """Hand-made JSON has attributes as an object, numbers as words and worse."""
    assert only_why(of_json_span(**fields))


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceSpans":{}}',
        b'{"resourceSpans":[5]}',
        b'{"resourceSpans":[{"scopeSpans":{}}]}',
        b'{"resourceSpans":[{"scopeSpans":[5]}]}',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":{}}]}]}',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[5]}]}]}',
        b'{"resourceSpans":[{"resource":{"attributes":{}},"scopeSpans":[{"spans":[{}]}]}]}',
        b'{"resourceSpans":[{"resource":[],"scopeSpans":[{"spans":[{}]}]}]}',
    ],
)
def test_a_request_of_another_form_is_refused_or_rejected(body: bytes) -> None:
    """Never a crash, never silence."""
    try:
        found = of_spans(body, wire.JSON)
    except InvalidRequest:
        return
    assert found
    assert all(isinstance(each, Rejected) for each in found)


def test_nulls_and_unknown_fields_tell_nothing() -> None:
    """As protobuf's JSON has it."""
    call = only_call(of_json_span(events=None, status=None, madeUp=[1], droppedEventsCount="x"))
    assert call.model == "gpt-4o-2024-11-20"
    assert only_call(of_json_span(status={"code": "STATUS_CODE_ERROR"})).error_type == "(unnamed)"


@pytest.mark.parametrize("levels", [45, 300, 1_000, 100_000])
def test_deep_values_are_refused(levels: int) -> None:
    """With 400, at whatever level the reader stops; never by exhausting the stack."""
    deep = b'{"arrayValue":{"values":[' * levels + b"]}}" * levels
    body = as_json(traces(span({"gen_ai.request.model": "@"})))
    with pytest.raises(InvalidRequest):
        of_spans(body.replace(b'{"stringValue":"@"}', deep), wire.JSON)


def test_deep_protobuf_is_refused() -> None:
    """Protobuf's own bound."""
    inner = b""
    for _ in range(200):  # an AnyValue that holds an array of one AnyValue, by hand
        array = b"\x0a" + _length(inner) + inner
        inner = b"\x2a" + _length(array) + array
    pair = b"\x0a\x01a\x12" + _length(inner) + inner
    body = pair
    for tag in (b"\x4a", b"\x12", b"\x12", b"\x0a"):  # attributes, spans, scope_spans, request
        body = tag + _length(body) + body
    with pytest.raises(InvalidRequest):
        of_spans(body)


def _length(body: bytes) -> bytes:
    found = bytearray()
    left = len(body)
    while left > 127:
        found.append(left & 127 | 128)
        left >>= 7
    return bytes([*found, left])


@pytest.mark.parametrize("levels", [300, 100_000])
def test_deep_json_in_a_text_is_text(levels: int) -> None:
    """Messages are told as JSON in a string, which may be anything."""
    deep = "[" * levels + "]" * levels
    told = {**CHAT, "gen_ai.input.messages": deep, "langfuse.observation.usage_details": deep}
    call = only_call(of_spans(traces(span(told)).SerializeToString()))
    assert call.output[0].message.text == "hi"


def test_a_text_of_ten_megabytes_is_cut_and_says_so() -> None:
    """What is beyond a million characters helps nobody."""
    long = "x" * 10_000_000
    told = {
        **CHAT,
        "gen_ai.input.messages": orjson.dumps([{"role": "user", "content": long}]).decode(),
    }
    call = only_call(of_spans(traces(span(told)).SerializeToString()))
    text = call.input[0].message.text
    assert len(text) < LONGEST_TEXT + 100
    assert text.endswith("[cut: 9000000 more characters]")
    named = {**CHAT, "gen_ai.request.model": long, "gen_ai.conversation.id": long, "user.id": long}
    call = only_call(of_spans(traces(span(named)).SerializeToString()))
    assert max(map(len, (call.request_model, call.conversation_id, call.user))) == 256


def test_controls_are_taken_out_of_texts_and_names() -> None:
    """NUL breaks Postgres, escape sequences break terminals, line ends stay."""
    told = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt\x00-4\x1b[31m",
        "gen_ai.input.messages": '[{"role":"us\\u0000er","content":"a\\u0000b\\u001b[2J\\nc"}]',
    }
    call = only_call(of_spans(traces(span(told)).SerializeToString()))
    assert call.request_model == "gpt-4[31m"
    assert call.input[0].message.text == "a\ufffdb\ufffd[2J\nc"
    assert call.input[0].message.role == "user"


def test_half_a_surrogate_pair_is_replaced() -> None:
    """JavaScript cuts texts in the middle of an emoji and escapes what is left."""
    body = as_json(traces(span({**CHAT, "gen_ai.input.messages": "@"})))
    found = of_spans(body.replace(b'"@"', b'"cut \\ud83d and \\\\ud83d"'), wire.JSON)
    assert only_call(found).input[0].message.text == "cut \ufffd and \\ud83d"


@pytest.mark.parametrize(
    "told",
    [-1, 2**63 - 1, 1.5, "12.5", "many", True, "NaN", float("inf"), [5], {"a": 1}, "9" * 400, ""],
)
def test_absurd_numbers_are_not_told(told: object) -> None:
    """A count nobody can have is unknown, never zero."""
    numbers = {"gen_ai.usage.input_tokens": told, "gen_ai.usage.cost": "NaN"}
    call = only_call(of_spans(traces(span({**CHAT, **numbers})).SerializeToString()))
    assert call.input_tokens is None
    assert call.cost_usd is None
    assert call.output_tokens == 3


def test_flattened_names_of_any_depth_and_number_are_read() -> None:
    """A name of a million dots is cut into ten; an index of a thousand digits is no message's."""
    told = {
        "openinference.span.kind": "LLM",
        "llm.input_messages." + "9" * 1000 + ".message.content": "never",
        "llm.input_messages.0" + ".a" * 1_000_000: "deep",
        "llm.input_messages.0.message.content": "hello",
    }
    assert only_call(of_spans(traces(span(told)).SerializeToString())).input == ()


def test_thousands_of_messages_are_bounded() -> None:
    """One call holds two thousand at most."""
    many = orjson.dumps([{"role": "user", "content": "x"}] * 50_000).decode()
    call = only_call(
        of_spans(traces(span({**CHAT, "gen_ai.input.messages": many})).SerializeToString())
    )
    assert len(call.input) == 2_000


def test_a_score_without_what_makes_one_is_rejected() -> None:
    """Neither a value nor a label is no score."""
    bare = event("gen_ai.evaluation.result", {"gen_ai.evaluation.name": "relevance"})
    found = of_spans(traces(span(events=[bare])).SerializeToString())
    assert isinstance(found[0], Rejected)
    assert isinstance(found[1], Interaction)


@pytest.mark.parametrize("level", [0, 1, 2])
def test_millions_of_empty_items_are_too_large(level: int) -> None:
    """Two bytes each in a body would be hundreds of each in memory."""
    many = (b"\x12\x00", b"\x12\x00", b"\x0a\x00")[level] * 1_000_000
    for tag in (b"\x12", b"\x0a")[level:]:
        many = tag + _length(many) + many
    with pytest.raises(TooLarge):
        of_spans(many)
    with pytest.raises(TooLarge):
        of_logs(many)


@pytest.mark.parametrize(
    "around",
    [
        b'{"resourceSpans":[@]}',
        b'{"resourceSpans":[{"scopeSpans":[@]}]}',
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[@]}]}]}',
    ],
)
def test_millions_of_empty_items_in_json_are_too_large(around: bytes) -> None:
    """The same bound."""
    with pytest.raises(TooLarge):
        of_spans(around.replace(b"@", b"{}," * 1_000_000 + b"{}"), wire.JSON)


def test_a_request_of_many_small_spans_is_taken() -> None:
    """The bound is far from what exporters send."""
    assert len(of_spans(traces(*[span()] * 5_000).SerializeToString())) == 5_000


def test_events_of_a_span_are_bounded_alike_in_both_encodings() -> None:
    """What a thousand events do not tell, more do not either."""
    said = [event("gen_ai.user.message", {"content": str(at)}) for at in range(1_500)]
    request = traces(span({"gen_ai.operation.name": "chat"}, events=said))
    for found in (of_spans(request.SerializeToString()), of_spans(as_json(request), wire.JSON)):
        assert len(only_call(found).input) == 1_000
