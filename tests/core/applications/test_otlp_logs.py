"""What log records tell: pieces of calls, scores, and everything else that is passed over."""

import orjson
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import logs, spans, wire
from tests.core.applications import otlp_requests as otlp

SCORE = {
    "gen_ai.evaluation.name": "relevance",
    "gen_ai.evaluation.score.value": 0.75,
    "gen_ai.evaluation.score.label": "relevant",
    "gen_ai.evaluation.explanation": "It answers the question.",
}


def told(*records: LogRecord) -> list[Interaction | Evaluation | Rejected]:
    """What the logs door makes of records."""
    body = otlp.logs(*records).SerializeToString()
    return list(logs.interactions(wire.decode_logs(body, wire.PROTOBUF)))


def test_a_score_of_another_tool_names_the_call_it_is_of() -> None:
    """By the ids of the span that it was given."""
    (found,) = told(otlp.record("gen_ai.evaluation.result", SCORE))
    assert isinstance(found, Evaluation)
    assert (found.trace_id, found.span_id) == (otlp.TRACE.hex(), otlp.SPAN.hex())
    assert (found.application, found.name, found.value) == ("assistant", "relevance", 0.75)
    assert (found.label, found.explanation) == ("relevant", "It answers the question.")
    assert "answers" not in repr(found)


def test_a_score_as_an_event_of_the_span_is_the_same() -> None:
    """Both forms are in the conventions' history."""
    event = otlp.event("gen_ai.evaluation.result", SCORE)
    body = otlp.traces(otlp.span(events=[event])).SerializeToString()
    found = list(spans.interactions(wire.decode_traces(body, wire.PROTOBUF)))
    assert found[0] == told(otlp.record("gen_ai.evaluation.result", SCORE))[0]
    assert isinstance(found[1], Interaction)


@pytest.mark.parametrize("value", [float("nan"), "high", True, None])
def test_a_score_that_is_no_number_has_its_label_alone(value: object) -> None:
    """A label is a score of its own; no number is made up."""
    (found,) = told(
        otlp.record("gen_ai.evaluation.result", {**SCORE, "gen_ai.evaluation.score.value": value})
    )
    assert isinstance(found, Evaluation)
    assert (found.value, found.label) == (None, "relevant")


def test_ordinary_log_records_are_passed_over() -> None:
    """A collector sends all it has; that is no mistake of the sender's."""
    assert (
        told(otlp.record("", {"level": "info"}, "started"), otlp.record("http.request", {})) == []
    )
    assert told(otlp.record("", {}, trace_id=b"", span_id=b"", at=0)) == []


def test_the_name_of_an_event_may_be_an_attribute_and_its_body_json_text() -> None:
    """Older SDKs and collectors' file receivers tell it so."""
    (found,) = told(otlp.record("", {"event.name": "gen_ai.user.message"}, '{"content": "hello"}'))
    assert isinstance(found, Interaction)
    assert [part.message.text for part in found.input] == ["hello"]


def test_a_record_without_its_own_time_has_the_time_it_was_seen() -> None:
    """OpenTelemetry's events leave the one empty."""
    record = otlp.record("gen_ai.choice", {}, {"message": {"content": "hi"}}, at=0)
    record.observed_time_unix_nano = otlp.NOON + 5
    (found,) = told(record)
    assert isinstance(found, Interaction)
    assert found.output[0].at == otlp.NOON + 5


@pytest.mark.parametrize("media", [wire.PROTOBUF, "application/json; charset=utf-8"])
def test_answers_tell_what_was_rejected_in_the_encoding_of_the_request(media: str) -> None:
    """As OTLP demands it; an answer without rejections is empty."""
    binary = media == wire.PROTOBUF
    traces, log = wire.answer_traces(media, 2, "why"), wire.answer_logs(media, 3, "why")
    if binary:
        of_traces = ExportTraceServiceResponse.FromString(traces).partial_success
        of_logs = ExportLogsServiceResponse.FromString(log).partial_success
        assert (of_traces.rejected_spans, of_traces.error_message) == (2, "why")
        assert (of_logs.rejected_log_records, of_logs.error_message) == (3, "why")
    else:
        assert orjson.loads(traces)["partialSuccess"] == {
            "rejectedSpans": "2", "errorMessage": "why",
        }  # fmt: skip
        assert orjson.loads(log)["partialSuccess"]["rejectedLogRecords"] == "3"
    assert wire.answer_traces(media, 0, "") == (b"" if binary else b"{}")
    assert wire.answer_media(media) == media.partition(";")[0]
