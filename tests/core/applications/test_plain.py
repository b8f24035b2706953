"""Calls as plain JSON: an object, an array, lines, or the pairs of an OpenAI-compatible API."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from optiinfra_core.applications import plain
from optiinfra_core.applications.interaction import Interaction, Message, Rejected
from optiinfra_core.applications.otlp import spans, wire
from optiinfra_core.applications.otlp.body import TooLarge
from optiinfra_core.errors import InvalidRequest
from tests.core.applications import otlp_requests as otlp

CALL: dict[str, object] = {
    "id": "call-1",
    "application_id": "shop.search",
    "timestamp": "2026-11-20T12:00:00Z",
    "provider": "gcp",
    "environment": "production",
    "model": "gpt-4o",
    "llm_vendor": "OpenAI",
    "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Where?"}],
    "response": "There.",
    "context": ["Page 1"],
    "usage": {"input_tokens": 9, "output_tokens": 2, "cache_read_tokens": 4},
    "latency_ms": 250,
    "ttft_ms": 80.5,
    "cost_usd": "0.00012",
    "conversation_id": "c-1",
    "user_hash": "u-1",
    "tags": {"team": "blue"},
    "reference": "unknown to us",
}
PAIR: dict[str, object] = {
    "application_id": "shop.search",
    "request": {"model": "gpt-4o", "messages": CALL["messages"], "user": "u-1"},
    "response": {
        "id": "chatcmpl-1",
        "created": 1795176000,
        "model": "gpt-4o-2024-11-20",
        "choices": [
            {"message": {"role": "assistant", "content": "There."}, "finish_reason": "stop"}
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 4},
        },
    },
}


def read(*items: object) -> list[Interaction | Rejected]:
    """What an array of ``items`` tells."""
    return list(plain.interactions(json.dumps(items).encode()))


def one(item: object) -> Interaction:
    """The call that ``item`` is."""
    (found,) = read(item)
    assert isinstance(found, Interaction)
    return found


def why(item: object) -> str:
    """Why ``item`` is rejected."""
    (found,) = read(item)
    assert isinstance(found, Rejected)
    return found.why


def test_a_call_is_read_whole() -> None:
    """Every field that the form has."""
    found = one(CALL)
    assert (found.application, found.provider, found.environment) == (
        "shop.search", "gcp", "production",
    )  # fmt: skip
    assert found.started_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert (found.ended_at - found.started_at).total_seconds() == 0.25
    assert (found.model, found.llm_vendor, found.operation) == ("gpt-4o", "openai", "chat")
    assert [part.message for part in found.input] == [
        Message("system", "Be short."), Message("user", "Where?"),
    ]  # fmt: skip
    assert [part.message for part in found.output] == [Message("assistant", "There.")]
    assert found.context == ("Page 1",)
    assert (found.input_tokens, found.output_tokens, found.cache_read_tokens) == (9, 2, 4)
    assert (found.latency_ms, found.ttft_ms, found.cost_usd) == (250, 80.5, Decimal("0.00012"))
    assert (found.external_id, found.conversation_id, found.user) == ("call-1", "c-1", "u-1")
    assert (dict(found.tags), found.dialect) == ({"team": "blue"}, "plain")


def test_a_request_and_its_answer_are_a_call() -> None:
    """As an OpenAI-compatible API has them, without a field of ours but the application."""
    found = one(PAIR)
    assert (found.request_model, found.model) == ("gpt-4o", "gpt-4o-2024-11-20")
    assert (found.external_id, found.user, found.finish_reason) == ("chatcmpl-1", "u-1", "stop")
    assert found.started_at == datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert (found.input_tokens, found.output_tokens, found.cache_read_tokens) == (9, 2, 4)
    assert [part.message.text for part in (*found.input, *found.output)] == [
        "Be short.", "Where?", "There.",
    ]  # fmt: skip


def test_a_request_whose_answer_is_an_error_is_a_failed_call() -> None:
    """The name of the error, not what it says."""
    refused = {"error": {"type": "rate_limit_exceeded", "message": "slow down, jane@example.com"}}
    found = one({**PAIR, "id": "x", "timestamp": 1795176000, "response": refused})
    assert found.error_type == "rate_limit_exceeded"
    assert found.output == ()


def test_object_array_and_lines_are_read_alike() -> None:
    """Whatever is easiest to send."""
    told = one(CALL)
    text = json.dumps(CALL).encode()
    for body in (text, b"[" + text + b"]", text + b"\n", b"\n" + text + b"\r\n\n"):
        assert list(plain.interactions(body)) == [told]
    assert list(plain.interactions(text + b"\n" + text)) == [told, told]


def test_the_same_id_is_the_same_call() -> None:
    """Sent twice it stays one row; of another application it is another."""
    first, again = one(CALL), one({**CALL, "response": "Elsewhere."})
    assert first.interaction_id == again.interaction_id
    assert one({**CALL, "application_id": "other"}).trace_id != first.trace_id
    assert one({**CALL, "id": 7}).external_id == "7"


def test_a_call_that_comes_by_both_doors_stays_one() -> None:
    """Ids of the trace make it so, and each part is spelt as the other door spells it."""
    body = otlp.traces(otlp.span()).SerializeToString()
    (told,) = spans.interactions(wire.decode_traces(body, wire.PROTOBUF))
    assert isinstance(told, Interaction)
    found = one({
        "application_id": "assistant",
        "trace_id": otlp.TRACE.hex().upper(),
        "span_id": otlp.SPAN.hex(),
        "timestamp": otlp.NOON,
        "prompt": "hello",
        "response": {"role": "assistant", "content": "hi"},
    })  # fmt: skip
    assert found.interaction_id == told.interaction_id
    assert found.application == told.application
    assert (found.input, found.output) == (told.input, told.output)


@pytest.mark.parametrize("timestamp", [
    "2026-11-20T12:00:00Z", "2026-11-20T13:00:00+01:00", "2026-11-20 12:00:00", 1795176000,
    1795176000.0, 1795176000000, 1795176000000000, 1795176000000000000,
])  # fmt: skip
def test_times_are_read_in_any_usual_unit(timestamp: object) -> None:
    """Text of ISO 8601, or a number since 1970."""
    assert one({**CALL, "timestamp": timestamp}).started_at.isoformat() == (
        "2026-11-20T12:00:00+00:00"
    )


def test_an_answer_among_the_messages_is_the_answer() -> None:
    """A transcript has it last."""
    told = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "There."}]
    found = one({**CALL, "messages": told, "response": None})
    assert [part.message.text for part in found.input] == ["Where?"]
    assert [part.message.text for part in found.output] == ["There."]


def test_texts_that_are_json_are_what_was_said() -> None:
    """An application may ask for JSON and get it."""
    answer = '{"text": "There.", "score": 1}'
    found = one({**CALL, "messages": None, "prompt": '["a"]', "response": answer})
    assert [part.message.text for part in (*found.input, *found.output)] == ['["a"]', answer]


def test_capture_false_is_carried() -> None:
    """What is done about it is the door's business."""
    assert one({**CALL, "capture": False}).capture is False
    assert one(CALL).capture is True


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"application_id": None}, "application_id is missing"),
        ({"application_id": {}}, "application_id cannot be read"),
        ({"id": None}, "id is missing"),
        ({"id": ""}, "id is missing"),
        ({"timestamp": None}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": 0}, "timestamp"),
        ({"timestamp": "2300-01-01"}, "timestamp"),
        ({"timestamp": 1e300}, "timestamp"),
        ({"timestamp": True}, "timestamp"),
        ({"trace_id": "xyz"}, "trace_id needs 32"),
        ({"span_id": "0" * 16}, "span_id 16"),
        ({"usage": 5}, "usage is not an object"),
        ({"usage": {"input_tokens": -1}}, "usage.input_tokens cannot be read"),
        ({"usage": {"output_tokens": 1.5}}, "usage.output_tokens cannot be read"),
        ({"latency_ms": "fast"}, "latency_ms cannot be read"),
        ({"cost_usd": "free"}, "cost_usd cannot be read"),
        ({"model": ["", ""]}, "model cannot be read"),
        ({"tags": ["a"]}, "tags is not an object"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(change: dict[str, object], says: str) -> None:
    """With the place of the item, so that the sender finds it."""
    assert why({**CALL, **change}).startswith("item 1: ")
    assert says in why({**CALL, **change})


@pytest.mark.parametrize("item", [None, 5, "text", [], [CALL]])
def test_an_item_that_is_no_object_is_rejected(item: object) -> None:
    """The others of the batch are taken."""
    found = read(CALL, item, CALL)
    assert [type(each) for each in found] == [Interaction, Rejected, Interaction]
    assert found[1] == Rejected(1, "item 2: not an object")


def test_a_broken_line_is_told_by_its_number() -> None:
    """Lines are counted as an editor counts them, empty ones too."""
    text = json.dumps(CALL).encode()
    found = list(plain.interactions(b"\n" + text + b"\n" + text[:-5] + b"\n" + text))
    assert [type(each) for each in found] == [Interaction, Rejected, Interaction]
    assert found[1] == Rejected(1, "line 3: not JSON")


@pytest.mark.parametrize(
    "body", [b"nonsense", b'[{"id": 1},', b'{"id": 1', b"\xff\n\xfe", b"[" * 9999]
)
def test_a_body_without_any_json_is_refused(body: bytes) -> None:
    """Nothing in it was meant for this door."""
    with pytest.raises(InvalidRequest, match="neither a JSON object"):
        list(plain.interactions(body))


@pytest.mark.parametrize("body", [b"", b"\n\n", b"[]"])
def test_nothing_is_no_calls(body: bytes) -> None:
    """An empty batch is a batch."""
    assert list(plain.interactions(body)) == []


def test_of_many_rejected_items_the_first_are_told_and_all_are_counted() -> None:
    """An answer does not grow with what is wrong."""
    found = list(plain.interactions(json.dumps([CALL, *[5] * 2_000]).encode()))
    rejected = [each for each in found if isinstance(each, Rejected)]
    assert len(rejected) == 101
    assert sum(each.records for each in rejected) == 2_000


@pytest.mark.parametrize("body", [b"[" + b"1," * 200_000 + b"1]", b"{}\n" * 200_000])
def test_more_items_than_a_batch_should_have_are_too_large(body: bytes) -> None:
    """The same bound as of OTLP."""
    with pytest.raises(TooLarge):
        list(plain.interactions(body))
