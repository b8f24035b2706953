"""What holds for every request: one meaning in both encodings, however halves come."""

import gzip
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

from optiinfra_core.applications import plain
from optiinfra_core.applications.interaction import Evaluation, Interaction, Rejected
from optiinfra_core.applications.otlp import logs, spans, wire
from optiinfra_core.applications.otlp.body import unpacked
from optiinfra_core.applications.parts import encode, encode_document
from optiinfra_core.errors import InvalidRequest
from tests.core.applications import otlp_requests as otlp
from tests.core.applications.otlp_strategies import JSON, LINES, LOGS, PLAIN, RECORDS, TRACES

Told = Interaction | Evaluation | Rejected
calm = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def stored(halves: list[Interaction]) -> dict[str, object]:
    """What the warehouse keeps of halves of one call: the least, the most, the union."""
    told: dict[str, object] = {
        "input": {encode(part) for half in halves for part in half.input},
        "output": {encode(part) for half in halves for part in half.output},
        "context": {encode_document(*each) for half in halves for each in enumerate(half.context)},
        "started_at": min(half.started_at for half in halves),
        "capture": min(half.capture for half in halves),
    }
    for field in fields(Interaction):
        if field.name not in told and field.name != "tags":
            values = [getattr(half, field.name) for half in halves]
            told[field.name] = max((each for each in values if each is not None), default=None)
    return told


def of_traces(body: bytes, media: str) -> list[Told]:
    """What the traces door makes of a body."""
    return list(spans.interactions(wire.decode_traces(body, media)))


def of_logs(body: bytes, media: str) -> list[Told]:
    """What the logs door makes of a body."""
    return list(logs.interactions(wire.decode_logs(body, media)))


@calm
@given(TRACES)
def test_spans_mean_the_same_in_both_encodings(request: ExportTraceServiceRequest) -> None:
    """The exporter's choice of encoding changes nothing, gzip neither."""
    binary = request.SerializeToString()
    found = of_traces(binary, wire.PROTOBUF)
    assert of_traces(otlp.as_json(request), wire.JSON) == found
    assert of_traces(unpacked(gzip.compress(binary), "gzip", 1 << 24), wire.PROTOBUF) == found


@calm
@given(LOGS)
def test_records_mean_the_same_in_both_encodings(request: ExportLogsServiceRequest) -> None:
    """The same of the other door."""
    found = of_logs(request.SerializeToString(), wire.PROTOBUF)
    assert of_logs(otlp.as_json(request), wire.JSON) == found


@calm
@given(st.lists(RECORDS, max_size=6), st.data())
def test_halves_join_to_the_same_whatever_way_they_come(
    records: list[LogRecord], data: st.DataObject
) -> None:
    """Records of a call in one request, or in two, in any order, some of them twice."""
    whole = calls(of_logs(otlp.logs(*records).SerializeToString(), wire.PROTOBUF))
    again = data.draw(st.permutations(records + records[: len(records) // 2]))
    cut = data.draw(st.integers(0, len(again)))
    parts = [again[:cut], again[cut:]]
    found = [
        call
        for part in parts
        for call in calls(of_logs(otlp.logs(*part).SerializeToString(), wire.PROTOBUF))
    ]
    assert joined(found) == joined(whole)


def calls(items: list[Told]) -> list[Interaction]:
    """The interactions among ``items``."""
    return [each for each in items if isinstance(each, Interaction)]


def joined(halves: list[Interaction]) -> dict[str, dict[str, object]]:
    """Each call as the warehouse would keep it."""
    ids = {half.interaction_id for half in halves}
    return {each: stored([h for h in halves if h.interaction_id == each]) for each in sorted(ids)}


@calm
@given(st.binary(max_size=200), st.sampled_from([wire.PROTOBUF, wire.JSON]))
@example(b'{"resourceSpans":[{"scopeSpans":[{"spans":[null]}]}]}', wire.JSON)
def test_any_bytes_are_read_or_refused(body: bytes, media: str) -> None:
    """Nothing but the named error is raised, whatever comes."""
    for read in (of_traces, of_logs):
        with suppress(InvalidRequest):
            read(body, media)


@calm
@given(JSON)
def test_any_json_is_read_or_refused(told: object) -> None:
    """Also JSON that has OTLP's names in the wrong places."""
    body = json.dumps(told).encode()
    for read in (of_traces, of_logs):
        with suppress(InvalidRequest):
            read(body, wire.JSON)


@calm
@given(PLAIN)
def test_any_plain_json_is_read_or_refused(told: object) -> None:
    """The plain door promises the same."""
    assert_plain(json.dumps(told).encode())


@calm
@given(st.one_of(st.binary(max_size=100), LINES))
def test_any_lines_are_read_or_refused(body: bytes) -> None:
    """Lines that are no JSON are told by their number."""
    assert_plain(body)


def assert_plain(body: bytes) -> None:
    """The body is read or refused by name."""
    items: Iterator[Interaction | Rejected] = plain.interactions(body)
    with suppress(InvalidRequest):
        for item in items:
            assert isinstance(item, Interaction) or item.why
