"""What four instrumentations really send is understood, in either encoding."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from optiinfra_core.applications.attributes import Frame, from_attributes
from optiinfra_core.applications.dialects.values import told as as_text
from optiinfra_core.applications.interaction import Interaction, Message
from optiinfra_core.applications.otlp import logs, spans, wire
from optiinfra_core.applications.otlp.records import Span
from optiinfra_core.applications.otlp.times import at_moment
from optiinfra_core.applications.parts import encode, messages

RECORDED = Path(__file__).parents[2] / "data" / "otlp"
ENCODINGS = (("pb", wire.PROTOBUF), ("json", wire.JSON))
SHOP = Message("system", "You answer for a shop.")
RETURNED = Message("assistant", "You can return it within 30 days.")
CALLED = Message("assistant", '[tool call opening_hours {"shop":"Lyon"}]')
HOURS = Message("tool", "Lyon: 09:00 to 19:00")
ASKED = (
    (SHOP, Message("user", "Can I return the lamp?")),
    (SHOP, Message("user", "When does the shop in Lyon close?")),
    (SHOP, Message("user", "When does the shop in Lyon close?"), CALLED, HOURS),
    (SHOP, Message("user", "And the chair?")),
    (Message("user", "Is anybody there?"),),
)
ANSWERED = (
    (RETURNED,),
    (CALLED,),
    (Message("assistant", "The shop in Lyon closes at 19:00."),),
    (RETURNED,),
    (),
)
SPANS_WITH_TEXT = ("openllmetry_groq", "openinference_groq", "openinference_openai")
OF_STREAMS_TOLD = ("openllmetry_groq", "openinference_openai", "opentelemetry_openai")
CACHED_TOLD = ("openllmetry_groq", "openinference_groq", "openinference_openai")


def of_spans(name: str, encoding: tuple[str, str]) -> list[Interaction]:
    """The calls that a recorded request to ``/v1/traces`` tells."""
    body = (RECORDED / f"{name}.traces.{encoding[0]}").read_bytes()
    return told(spans.interactions(wire.decode_traces(body, encoding[1])))


def of_logs(name: str, encoding: tuple[str, str]) -> list[Interaction]:
    """The halves of calls that a recorded request to ``/v1/logs`` tells."""
    body = (RECORDED / f"{name}.logs.{encoding[0]}").read_bytes()
    return told(logs.interactions(wire.decode_logs(body, encoding[1])))


def told(items: Iterator[object]) -> list[Interaction]:
    """``items``, of which none was rejected."""
    found = list(items)
    assert all(isinstance(each, Interaction) for each in found)
    return [each for each in found if isinstance(each, Interaction)]


def said(halves: list[Interaction], side: str) -> tuple[Message, ...]:
    """The conversation that all halves of a call tell, as a reader of the warehouse joins them."""
    return messages({encode(part) for half in halves for part in getattr(half, side)})


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda each: each[0])
@pytest.mark.parametrize("name", SPANS_WITH_TEXT)
def test_spans_tell_what_was_asked_and_answered(name: str, encoding: tuple[str, str]) -> None:
    """Roles, texts and tools are the same whichever instrumentation told them."""
    calls = of_spans(name, encoding)
    assert tuple(said([call], "input") for call in calls) == ASKED
    answers = tuple(said([call], "output") for call in calls)
    streamed = ANSWERED if name in OF_STREAMS_TOLD else (*ANSWERED[:3], (), ())
    assert answers == streamed
    assert [call.context for call in calls] == [(), (), (HOURS.text,), (), ()]


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda each: each[0])
def test_text_that_comes_as_log_records_belongs_to_the_span(encoding: tuple[str, str]) -> None:
    """OpenTelemetry's own instrumentation sends numbers and text through different doors."""
    calls = of_spans("opentelemetry_openai", encoding)
    pieces = of_logs("opentelemetry_openai", encoding)
    halves = [[each for each in pieces if each.interaction_id == c.interaction_id] for c in calls]
    assert tuple(said(each, "input") for each in halves) == ASKED
    assert tuple(said(each, "output") for each in halves) == ANSWERED
    assert all(not call.input and not call.output for call in calls)
    assert all(piece.latency_ms is None and not piece.operation for piece in pieces)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda each: each[0])
@pytest.mark.parametrize("name", [*SPANS_WITH_TEXT, "opentelemetry_openai"])
def test_spans_tell_tokens_models_and_errors(name: str, encoding: tuple[str, str]) -> None:
    """Of five calls four succeeded; tokens are told once, cached ones among them."""
    calls = of_spans(name, encoding)
    whole = [call for call in calls if call.input_tokens is not None]
    assert len(whole) == (4 if name in OF_STREAMS_TOLD else 3)
    assert {(call.input_tokens, call.output_tokens) for call in whole} == {(42, 11)}
    cached = 32 if name in CACHED_TOLD else None
    assert {call.cache_read_tokens for call in whole} == {cached}
    assert [bool(call.error_type) for call in calls] == [False] * 4 + [True]
    assert calls[4].error_type.rpartition(".")[2] == "NotFoundError"
    assert calls[4].request_model == "gone"
    asked = "openai/gpt-oss-20b" if name.endswith("groq") else "gpt-4o-mini"
    assert {call.model for call in calls[:4]} == {asked}
    assert {call.llm_vendor for call in calls} == {name.rpartition("_")[2]}
    assert all(call.latency_ms is not None and call.latency_ms > 0 for call in calls)
    assert all(call.cost_usd is None or isinstance(call.cost_usd, Decimal) for call in calls)


@pytest.mark.parametrize("name", [*SPANS_WITH_TEXT, "opentelemetry_openai"])
def test_both_encodings_of_a_recorded_request_tell_the_same(name: str) -> None:
    """Protobuf's own JSON writer wrote the one, the exporter the other."""
    binary, text = (of_spans(name, encoding) for encoding in ENCODINGS)
    assert binary == text


@pytest.mark.parametrize("name", [*SPANS_WITH_TEXT, "opentelemetry_openai"])
def test_the_resource_names_application_cloud_and_release(name: str) -> None:
    """What regressions are attributed to, and which asset a call belongs to."""
    for call in of_spans(name, ENCODINGS[0]):
        assert (call.application, call.provider) == ("support.assistant", "aws")
        assert (call.environment, call.service_version) == ("production", "1.4.0")


def test_a_streamed_answer_tells_when_it_began() -> None:
    """OpenInference marks the first token by an event of the span."""
    streamed = of_spans("openinference_openai", ENCODINGS[0])[3]
    assert streamed.ttft_ms is not None
    assert streamed.latency_ms is not None
    assert 0 < streamed.ttft_ms < streamed.latency_ms


@pytest.mark.parametrize("name", [*SPANS_WITH_TEXT, "opentelemetry_openai"])
def test_rows_of_text_alone_tell_the_same_as_typed_attributes(name: str) -> None:
    """A collector's exporter stores attributes as a map of text to text."""
    body = (RECORDED / f"{name}.traces.pb").read_bytes()
    calls = of_spans(name, ENCODINGS[0])
    rows = wire.decode_traces(body, wire.PROTOBUF).spans()
    for (resource, span), call in zip(rows, calls, strict=True):
        assert isinstance(span, Span)
        started, ended = at_moment(span.started), at_moment(span.ended)
        assert started is not None
        assert ended is not None
        frame = Frame(
            trace_id=span.trace_id,
            span_id=span.span_id,
            started_at=started,
            ended_at=ended,
            failed=span.failed,
        )
        stored = {key: as_text(value) for key, value in span.attributes.items()}
        assert from_attributes(stored, resource, span.events, frame) == call
