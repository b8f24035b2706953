"""Calls are read from a customer's own ClickHouse: every layout, once, late rows too."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_hex

import pytest
from pydantic import SecretStr

from optiinfra_core.applications.parts import messages
from optiinfra_core.applications.privacy.names import Redactors
from optiinfra_core.collecting.interaction_source import DATASET, SLUG
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.erasures import Erasures
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.pulling.pull import Outcome, due, pull_all
from optiinfra_pipelines.pulling.storing import PulledCalls
from tests.pipelines.conftest import NOON
from tests.pipelines.foreign_tables import (
    MODEL_CALL,
    RESOURCE,
    WITH_EVENT_NAME,
    Foreign,
    added,
    calls,
    foreign_clickhouse,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture
def foreign(clickhouse_server: ClickHouseEndpoint) -> Iterator[Foreign]:
    """Somebody's ClickHouse."""
    with foreign_clickhouse(clickhouse_server) as opened:
        yield opened


@pytest.fixture
def customer(doors: Doors) -> str:
    """A customer that no other test knows."""
    slug = f"c-{token_hex(4)}"
    Customers(doors.database).add(slug, slug)
    return slug


@pytest.fixture
def store(doors: Doors) -> PulledCalls:
    """The store as a run opens it."""
    pepper = KeyRing.load(doors.settings).pepper
    return PulledCalls(
        settings=doors.settings,
        clock=doors.clock,
        redactors=Redactors.of(doors.settings, pepper),
        applications=Applications(doors.database),
        erasures=Erasures(doors.database),
        warehouse=doors.warehouse,
    )


def only(outcomes: tuple[Outcome, ...]) -> Outcome:
    """The one outcome there is."""
    [outcome] = outcomes
    return outcome


def test_a_span_of_the_collectors_table_becomes_a_call(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """Ids, time, tokens, price and redacted text arrive as the span told them."""
    at = datetime(2026, 11, 22, 11, 30, 0, 123456, tzinfo=UTC)
    foreign.span(at, "1" * 16)
    added(doors, customer, foreign, "otel_traces")
    outcome = only(pull_all(doors, customer, store, "r1"))
    assert (outcome.error, outcome.pulled and outcome.pulled.rows) == (None, 1)
    [call] = calls(doors, customer)
    assert (call["application_id"], call["trace_id"], call["span_id"]) == (
        "support.assistant",
        "a" * 32,
        "1" * 16,
    )
    assert (call["started_at"], call["latency_ms"]) == (at, 1500.0)
    assert (call["provider"], call["environment"]) == ("aws", "production")
    assert (call["input_tokens"], call["output_tokens"]) == (1000, 200)
    # 1000 x 0.075 + 200 x 0.30 dollars a million
    assert call["cost_usd"] == Decimal("0.000135")
    assert messages(call["input_parts"])[0].text.startswith("Mail <EMAIL_")
    assert [each.text for each in messages(call["output_parts"])] == ["I will."]
    assert len(call["user_hash"]) == 64


def test_pulling_again_and_finding_late_rows_doubles_nothing(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls, clock: FixedClock
) -> None:
    """A row that arrives after its time was read is read by the overlap, and no other twice."""
    foreign.span(NOON - 20 * MINUTE, "1" * 16)
    added(doors, customer, foreign, "otel_traces")
    pull_all(doors, customer, store, "r1")
    clock.advance(15 * MINUTE)
    foreign.span(NOON - 10 * MINUTE, "2" * 16)  # late: it began before the last pull
    foreign.span(NOON + 5 * MINUTE, "3" * 16)
    pulled = only(pull_all(doors, customer, store, "r2")).pulled
    assert pulled
    assert pulled.rows == 3
    assert [call["span_id"][0] for call in calls(doors, customer)] == ["1", "2", "3"]
    assert pulled.watermark == NOON + 15 * MINUTE


def test_a_row_later_than_the_overlap_is_not_read(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls, clock: FixedClock
) -> None:
    """The overlap is a bound that the customer sets, and it is kept."""
    record = added(doors, customer, foreign, "otel_traces", overlap_minutes=5)
    pull_all(doors, customer, store, "r1")
    clock.advance(15 * MINUTE)
    foreign.span(NOON - 10 * MINUTE, "2" * 16)
    assert due(doors, record).start == NOON - 5 * MINUTE
    pull_all(doors, customer, store, "r2")
    assert calls(doors, customer) == []


def test_after_an_outage_each_pull_reads_a_day(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls, clock: FixedClock
) -> None:
    """What piled up is read in bounded pieces, oldest first."""
    added(doors, customer, foreign, "otel_traces")
    pull_all(doors, customer, store, "r1")
    foreign.span(NOON + timedelta(hours=1), "1" * 16)
    foreign.span(NOON + timedelta(hours=30), "2" * 16)
    clock.advance(timedelta(days=3))
    pull_all(doors, customer, store, "r2")
    assert [call["span_id"][0] for call in calls(doors, customer)] == ["1"]
    pull_all(doors, customer, store, "r3")
    assert [call["span_id"][0] for call in calls(doors, customer)] == ["1", "2"]


def test_spans_of_other_things_are_passed_over(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """A web request and an agent's wrapper are no calls and no errors."""
    foreign.span(NOON - MINUTE, "1" * 16, SpanAttributes={"http.route": "/"})
    foreign.span(NOON - MINUTE, "2" * 16, SpanAttributes={"gen_ai.operation.name": "invoke_agent"})
    added(doors, customer, foreign, "otel_traces")
    pulled = only(pull_all(doors, customer, store, "r1")).pulled
    assert pulled
    assert (pulled.rows, pulled.rejected) == (0, 0)


def test_a_failed_span_and_its_exception_are_told(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The exporter's status, in its older spelling too, and the events of the span are read."""
    foreign.span(
        NOON - MINUTE,
        "1" * 16,
        StatusCode="STATUS_CODE_ERROR",
        **{
            "Events.Timestamp": [NOON],
            "Events.Name": ["exception"],
            "Events.Attributes": [{"exception.type": "RateLimitError"}],
        },
    )
    added(doors, customer, foreign, "otel_traces")
    pull_all(doors, customer, store, "r1")
    [call] = calls(doors, customer)
    assert call["error_type"].lower().endswith("ratelimiterror")


def test_ids_that_are_none_are_counted_and_the_rest_is_read(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """One bad row does not stop a pull."""
    foreign.span(NOON - MINUTE, "not hex")
    foreign.span(NOON - MINUTE, "2" * 16)
    added(doors, customer, foreign, "otel_traces")
    pulled = only(pull_all(doors, customer, store, "r1")).pulled
    assert pulled
    assert (pulled.rows, pulled.rejected) == (1, 1)


@pytest.mark.parametrize("column", [False, True])
def test_the_text_of_a_call_joins_from_the_logs_table(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls, *, column: bool
) -> None:
    """Half a call is in the spans, the other in the log records: one call with text comes out."""
    if column:
        foreign.client.command(
            WITH_EVENT_NAME.replace("otel_logs", f"{foreign.database}.otel_logs")
        )
    told = {key: value for key, value in MODEL_CALL.items() if "messages" not in key}
    foreign.span(NOON - MINUTE, "1" * 16, SpanAttributes=told)
    named = {"EventName": "gen_ai.user.message"} if column else {}
    attributes = {} if column else {"event.name": "gen_ai.user.message"}
    foreign.put(
        "otel_logs",
        {
            "Timestamp": NOON - MINUTE,
            "TraceId": "a" * 32,
            "SpanId": "1" * 16,
            "Body": '{"content": "Where is my parcel?"}',
            "ResourceAttributes": RESOURCE,
            "LogAttributes": {"gen_ai.system": "groq", **attributes},
            **named,
        },
    )
    added(doors, customer, foreign, "otel_traces")
    added(doors, customer, foreign, "otel_logs")
    outcomes = pull_all(doors, customer, store, "r1")
    assert [each.error for each in outcomes] == [None, None]
    [call] = calls(doors, customer)
    assert [each.text for each in messages(call["input_parts"])] == ["Where is my parcel?"]
    assert call["input_tokens"] == 1000


def test_a_generation_of_langfuse_becomes_a_call(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """Person and session come from the trace, tokens are summed, deleted and foreign rows left."""
    at = NOON - 10 * MINUTE
    foreign.observation(at)
    foreign.observation(at, id="d" * 16, project_id="p2")
    foreign.observation(at, id="e" * 16, type="SPAN")
    foreign.observation(at, id="f" * 16)
    foreign.observation(at, id="f" * 16, is_deleted=1, event_ts=at + MINUTE)
    foreign.put(
        "traces",
        {
            "id": "c" * 32,
            "timestamp": at,
            "project_id": "p1",
            "user_id": "jane",
            "session_id": "s-1",
            "release": "2026.11",
            "event_ts": at,
            "is_deleted": 0,
        },
    )
    added(doors, customer, foreign, "langfuse")
    outcome = only(pull_all(doors, customer, store, "r1"))
    assert outcome.error is None
    [call] = calls(doors, customer)
    assert (call["application_id"], call["trace_id"], call["span_id"]) == (
        "docs",
        "c" * 32,
        "b" * 16,
    )
    assert (call["latency_ms"], call["ttft_ms"]) == (2000.0, 250.0)
    assert (call["input_tokens"], call["output_tokens"]) == (1000, 200)
    assert call["cache_read_tokens"] == 400
    # 600 x 0.075 + 400 x 0.0375 + 200 x 0.30 dollars a million
    assert call["cost_usd"] == Decimal("0.000120")
    assert (call["provider"], call["llm_vendor"]) == ("gcp", "groq")
    assert (call["prompt_name"], call["prompt_version"]) == ("docs-answer", "3")
    assert (call["conversation_id"], call["service_version"]) == ("s-1", "2026.11")
    assert len(call["user_hash"]) == 64
    assert [each.text for each in messages(call["input_parts"])] == ["Which port?"]
    assert [each.text for each in messages(call["output_parts"])] == ["8080."]


def test_a_generation_of_langfuses_events_becomes_the_same_call(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The wide table tells the service itself; a cost that Langfuse was told is kept."""
    at = NOON - 10 * MINUTE
    foreign.put(
        "events_full",
        {
            "project_id": "p1",
            "trace_id": "9f1c2c44-9a3e-4c55-8f7e-3e1f0a2b4c6d",
            "span_id": "legacy-id",
            "start_time": at,
            "end_time": at + timedelta(seconds=1),
            "type": "GENERATION",
            "environment": "default",
            "level": "ERROR",
            "user_id": "jane",
            "session_id": "s-2",
            "provided_model_name": "a-model-of-our-own",
            "usage_details": {"input": 10, "output": 5},
            "cost_details": {"input": Decimal("0.1"), "total": Decimal("0.25")},
            "input": "Which port?",
            "output": "8080.",
            "service_name": "docs",
            "service_version": "1.4",
            "event_ts": at,
            "is_deleted": 0,
        },
    )
    added(doors, customer, foreign, "langfuse_events")
    for run in ("r1", "r2"):
        assert only(pull_all(doors, customer, store, run)).error is None
    [call] = calls(doors, customer)
    assert len(call["trace_id"]) == 32
    assert call["application_id"] == "docs"
    assert call["cost_usd"] == Decimal("0.25")
    assert call["service_version"] == "1.4"
    assert call["error_type"] == "(unnamed)"
    assert [each.text for each in messages(call["output_parts"])] == ["8080."]


def test_calls_of_a_person_who_was_erased_do_not_come_back(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The source still has them; what is pulled of them is not stored."""
    user_hash = store.redactors.customer(customer).pseudonyms.user("jane")
    store.erasures.ask(customer, user_hash, "test", NOON)
    foreign.span(NOON - MINUTE, "1" * 16)
    foreign.span(NOON - MINUTE, "2" * 16, SpanAttributes={**MODEL_CALL, "user.id": "john"})
    added(doors, customer, foreign, "otel_traces")
    for run in ("r1", "r2"):
        assert only(pull_all(doors, customer, store, run)).error is None
    assert [call["span_id"][0] for call in calls(doors, customer)] == ["2"]


def test_a_half_that_named_nobody_goes_with_the_person(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls, clock: FixedClock
) -> None:
    """Half a call was stored before the other half said whose it is: both are gone then."""
    nobody = {key: value for key, value in MODEL_CALL.items() if key != "user.id"}
    foreign.span(NOON - MINUTE, "1" * 16, SpanAttributes=nobody)
    added(doors, customer, foreign, "otel_traces")
    pull_all(doors, customer, store, "r1")
    assert len(calls(doors, customer)) == 1
    user_hash = store.redactors.customer(customer).pseudonyms.user("jane")
    store.erasures.ask(customer, user_hash, "test", NOON)
    foreign.span(NOON - MINUTE, "1" * 16)
    clock.advance(15 * MINUTE)
    pull_all(doors, customer, store, "r2")
    assert calls(doors, customer) == []


def test_a_wrong_password_rejects_the_source_and_names_no_secret(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The refusal is on the credential and in the state; the password is in neither."""
    password = SecretStr("wrong-password-nobody-has")
    record = added(doors, customer, foreign, "otel_traces", password=password)
    outcome = only(pull_all(doors, customer, store, "r1"))
    assert outcome.error
    assert outcome.error.code == "credential-rejected"
    after = doors.vault.get(record.id)
    state = doors.states.get(customer, SLUG, DATASET, str(record.id))
    assert after.status == "rejected"
    assert state
    assert (state.last_error_code, state.consecutive_failures) == ("credential-rejected", 1)
    assert state.watermark is None
    assert "wrong-password" not in f"{after}{state}{outcome.error.told}"


def test_a_table_that_is_not_there_says_what_to_check(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The failure is permanent and its remedy names the layout; the other source is still read."""
    foreign.span(NOON - MINUTE, "1" * 16)
    added(doors, customer, foreign, "otel_traces", table="nowhere")
    added(doors, customer, foreign, "otel_traces")
    outcomes = pull_all(doors, customer, store, "r1")
    good, bad = sorted(outcomes, key=lambda outcome: outcome.error is not None)
    assert bad.error
    assert (bad.error.code, "otel_traces" in bad.error.remedy) == ("permanent", True)
    assert good.pulled
    assert good.pulled.rows == 1


def test_langfuse_without_a_project_is_refused(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """Without the project, calls of others would be read."""
    added(doors, customer, foreign, "langfuse", project_id="")
    error = only(pull_all(doors, customer, store, "r1")).error
    assert error
    assert "project_id" in error.detail


def test_a_source_that_was_read_is_verified(
    doors: Doors, customer: str, foreign: Foreign, store: PulledCalls
) -> None:
    """The first pull tells that the credential works."""
    record = added(doors, customer, foreign, "otel_traces")
    pull_all(doors, customer, store, "r1")
    assert doors.vault.get(record.id).status == "verified"
