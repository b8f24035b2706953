"""Calls come in by three doors and are stored once, by their customer's rules."""

import gzip
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from optiinfra_core.applications.parts import messages
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from tests.api import exports
from tests.api.house import NOW, House
from tests.core.warehouse.calls import call

JSON, PROTOBUF = "application/json", "application/x-protobuf"
PLAIN = "/api/v2/applications/interactions"
STORED = """
SELECT application_id, trace_id, span_id, min(started_at) AS started, max(model) AS answered_by,
       max(provider) AS cloud, max(input_tokens) AS tokens, max(user_hash) AS person,
       max(toString(text_state)) AS state, max(cost_usd) AS cost, max(latency_ms) AS ms,
       groupUniqArrayArray(input_parts) AS asked, groupUniqArrayArray(output_parts) AS answered
FROM llm_interactions WHERE customer_id = {customer_id:String}
GROUP BY application_id, trace_id, span_id ORDER BY application_id, trace_id, span_id
"""


@pytest.fixture
def customer(house: House) -> Iterator[str]:
    """A customer that no other test knows, with a key under its own name that may send."""
    slug = f"tenant-{len(house.tokens)}"
    Customers(house.database).add(slug, slug)
    house.key(slug, ("applications:write", "applications:read"), (slug,))
    yield slug
    house.clock.instant = NOW


def send(
    house: House, customer: str, path: str, body: Any, *, media: str = JSON, **headers: str
) -> Any:
    """A batch as an exporter sends it: JSON, protobuf where the media type says so."""
    if isinstance(body, (Mapping, list)):
        body = orjson.dumps(body) if media == JSON else exports.protobuf(body)  # type: ignore[arg-type]
    told = {**house.auth(customer), "Content-Type": media, **headers}
    return house.client.post(path, content=body, headers=told)


def stored(house: House, customer: str) -> Sequence[Mapping[str, Any]]:
    """The customer's calls as readers join them."""
    return house.warehouse.select(STORED, {"customer_id": customer})


def said(found: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Both sides of a stored call."""
    return (
        [each.text for each in messages(found["asked"])],
        [each.text for each in messages(found["answered"])],
    )


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("media", [JSON, PROTOBUF])
def test_spans_are_stored_and_answered_in_their_own_encoding(
    house: House, customer: str, media: str, *, packed: bool
) -> None:
    """The same calls from either encoding; a full success says nothing more."""
    request = exports.traces([call(1), call(2)])
    body = orjson.dumps(request) if media == JSON else exports.protobuf(request)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(body) if packed else body
    answer = send(house, customer, "/v1/traces", body, media=media, **headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media)
    assert answer.content == (b"{}" if media == JSON else b"")
    by_trace = {each["trace_id"]: each for each in stored(house, customer)}
    assert set(by_trace) == {call(1).trace_id, call(2).trace_id}
    found = by_trace[call(1).trace_id]
    assert (found["application_id"], found["cloud"]) == ("support.assistant", "aws")
    assert (found["answered_by"], found["tokens"]) == (call(1).model, call(1).input_tokens)
    assert said(found) == (["Question 1?"], ["Answer 1."])
    assert found["cost"] is not None


@pytest.mark.parametrize("media", [JSON, PROTOBUF])
@pytest.mark.parametrize("first", ["/v1/traces", "/v1/logs"])
def test_halves_of_a_call_join_whichever_comes_first(
    house: House, customer: str, media: str, first: str
) -> None:
    """The span tells figures, the log records tell texts, and they are one call."""
    halves = {
        "/v1/traces": exports.traces([call(1)], texts=False),
        "/v1/logs": exports.logs([call(1)]),
    }
    for path in sorted(halves, key=lambda path: path != first):
        answer = send(house, customer, path, halves[path], media=media)
        assert answer.status_code == 200, answer.text
        assert answer.content in {b"{}", b""}
    [found] = stored(house, customer)
    assert (found["tokens"], found["ms"]) == (call(1).input_tokens, call(1).latency_ms)
    assert found["started"] == call(1).started_at
    assert said(found) == (["Question 1?"], ["Answer 1."])


def test_plain_json_is_the_same_call(house: House, customer: str) -> None:
    """An object, an array, lines, lines with gzip: sent by all of them it is one call."""
    one = exports.plain(call(1))
    lines = b"\n".join([orjson.dumps(one), orjson.dumps(exports.plain(call(2)))])
    for body, media, headers in (
        (one, JSON, {}),
        ([one, exports.plain(call(2))], JSON, {}),
        (lines, "application/x-ndjson", {}),
        (gzip.compress(lines), "application/jsonl", {"Content-Encoding": "gzip"}),
    ):
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = send(house, customer, PLAIN, sent, media=media, **headers)
        assert answer.status_code == 200, answer.text
        assert (answer.json()["rejected"], answer.json()["reasons"]) == (0, [])
    send(house, customer, "/v1/traces", exports.traces([call(1), call(2)]))
    found = stored(house, customer)
    assert len(found) == 2
    assert said(found[0]) in ((["Question 1?"], ["Answer 1."]), (["Question 2?"], ["Answer 2."]))


def test_an_item_that_cannot_be_understood_leaves_the_rest(house: House, customer: str) -> None:
    """200 with the count and the reason, in the words of each door."""
    broken = exports.traces([call(1), call(2)])
    broken["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = "0" * 32
    answer = send(house, customer, "/v1/traces", broken)
    told = answer.json()["partialSuccess"]
    assert (answer.status_code, told["rejectedSpans"]) == (200, "1")
    assert "trace id" in told["errorMessage"]
    packed = send(house, customer, "/v1/traces", broken, media=PROTOBUF)
    spans = ExportTraceServiceResponse.FromString(packed.content)
    assert spans.partial_success.rejected_spans == 1
    records = exports.logs([call(3)])
    records["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["spanId"] = ""
    packed = send(house, customer, "/v1/logs", records, media=PROTOBUF)
    logs = ExportLogsServiceResponse.FromString(packed.content)
    assert logs.partial_success.rejected_log_records == 1
    answer = send(house, customer, PLAIN, [{"id": "1"}, exports.plain(call(4))])
    assert (answer.json()["stored"], answer.json()["rejected"]) == (1, 1)
    assert "item 1" in answer.json()["reasons"][0]["reason"]
    assert {each["trace_id"] for each in stored(house, customer)} >= {
        call(2).trace_id,
        call(4).trace_id,
    }


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", PLAIN])
def test_an_empty_body_is_an_empty_batch(house: House, customer: str, path: str) -> None:
    """Exporters send them when they stop."""
    assert send(house, customer, path, b"").status_code == 200
    assert stored(house, customer) == []


def test_the_customer_is_the_keys_and_never_the_payloads(house: House, customer: str) -> None:
    """A key for several needs the header; one that it does not reach does not exist."""
    body = exports.traces([call(1)])
    acme = {"X-OptiInfra-Customer": "acme"}
    assert send(house, customer, "/v1/traces", body, **acme).status_code == 404
    unnamed = send(house, "admin", "/v1/traces", body)
    assert (unnamed.status_code, "X-OptiInfra-Customer" in unnamed.json()["remedy"]) == (422, True)
    named = {"X-OptiInfra-Customer": customer}
    assert send(house, "admin", "/v1/traces", body, **named).status_code == 200
    assert len(stored(house, customer)) == 1


def test_a_key_needs_the_scope(house: House) -> None:
    """A key that reads cannot write, and none at all is asked for one."""
    for path in ("/v1/traces", "/v1/logs", PLAIN):
        refused = send(house, "acme", path, b"{}")
        assert (refused.status_code, "applications:write" in refused.json()["detail"]) == (
            403,
            True,
        )
        assert house.client.post(path, content=b"{}").status_code == 401


def test_a_deactivated_customers_calls_are_refused_for_good(house: House, customer: str) -> None:
    """409: an exporter drops them instead of sending them again."""
    Customers(house.database).deactivate(customer)
    answer = send(house, customer, "/v1/traces", exports.traces([call(1)]))
    assert (answer.status_code, "deactivated" in answer.json()["detail"]) == (409, True)


def test_the_cloud_is_told_registered_or_the_keys(house: House, customer: str) -> None:
    """In this order; without any the call is stored all the same and the sender is told."""
    homeless = call(1, provider="")
    answer = send(house, customer, "/v1/traces", exports.traces([homeless]))
    assert "cloud.provider" in answer.json()["partialSuccess"]["errorMessage"]
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "0"
    assert [each["cloud"] for each in stored(house, customer)] == [""]
    defaulted = key_with_default(house, customer, "vultr")
    send(house, defaulted, "/v1/traces", exports.traces([homeless]))
    assert [each["cloud"] for each in stored(house, customer)] == ["vultr"]
    Applications(house.database).patch(
        customer, "other.app", {"provider": "azure"}, actor="test", at=NOW
    )
    registered = call(2, provider="", application="other.app")
    send(house, defaulted, "/v1/traces", exports.traces([registered]))
    told = call(3, provider="gcp", application="other.app")
    send(house, defaulted, "/v1/traces", exports.traces([told]))
    clouds = {each["trace_id"]: each["cloud"] for each in stored(house, customer)}
    assert clouds[registered.trace_id] == "azure"
    assert clouds[told.trace_id] == "gcp"


def key_with_default(house: House, customer: str, provider: str) -> str:
    """The name of a key whose calls are of this cloud."""
    keys = ApiKeys(house.database, KeyRing.load(house.settings).pepper, "test", house.clock)
    new = NewKey(
        name="x",
        scopes=("applications:write",),
        customers=(customer,),
        default_provider=provider,
    )
    _, token = keys.create(new)
    house.tokens[f"{customer}-{provider}"] = token.get_secret_value()
    return f"{customer}-{provider}"


@pytest.mark.parametrize(
    ("policy", "state", "texts"),
    [
        ("full", "full", ["mail ann@example.com"]),
        ("hash", "hash", []),
        ("none", "none", []),
    ],
)
def test_the_policy_holds_before_anything_is_stored(
    house: House, customer: str, policy: str, state: str, texts: list[str]
) -> None:
    """What an application does not allow never reaches the disk."""
    Applications(house.database).patch(
        customer, "support.assistant", {"text_policy": policy}, actor="test", at=NOW
    )
    send(house, customer, PLAIN, {**exports.plain(call(1)), "messages": "mail ann@example.com"})
    [found] = stored(house, customer)
    assert (found["state"], said(found)[0]) == (state, texts)
    assert found["person"] not in {"", call(1).user}


def test_texts_are_redacted_where_nothing_else_is_said(house: House, customer: str) -> None:
    """The same placeholder in every half, so that halves stay one text."""
    for _ in range(2):
        send(house, customer, PLAIN, {**exports.plain(call(1)), "messages": "mail ann@example.com"})
    [found] = stored(house, customer)
    [text] = said(found)[0]
    assert text.startswith("mail <EMAIL_")
    assert found["state"] == "redacted"


def test_scores_of_other_tools_become_rows_of_their_calls(house: House, customer: str) -> None:
    """With the call's own time and model; sent again they replace themselves."""
    send(house, customer, "/v1/traces", exports.traces([call(1)]))
    body = scored(call(1), "faithfulness", 0.75, "ask ann@example.com")
    for _ in range(2):
        assert send(house, customer, "/v1/logs", body).content == b"{}"
    send(house, customer, "/v1/logs", scored(call(1), "Helpfulness", 4.0, ""))
    rows = house.warehouse.select(
        "SELECT * FROM application_metrics FINAL WHERE customer_id = {c:String}"
        " ORDER BY metric_name",
        {"c": customer},
    )
    told = [(each["metric_name"], each["metric_type"], each["score"]) for each in rows]
    assert told == [("Helpfulness", "quality", None), ("faithfulness", "hallucination", 0.25)]
    assert rows[0]["verdicts"] == {"value": "4"}
    faithful = rows[1]
    assert (faithful["judge"], faithful["model"]) == ("external", call(1).model)
    assert faithful["interaction_id"] == call(1).interaction_id
    assert faithful["timestamp"] == call(1).started_at
    assert "<EMAIL_" in faithful["explanation"]


def test_scores_of_a_person_who_was_forgotten_are_not_taken(house: House, customer: str) -> None:
    """Those that are there go with the call, those that come later are dropped."""
    score = scored(call(1), "faithfulness", 0.75, "")
    send(house, customer, "/v1/logs", score)  # before its call: under the name of the tool
    send(house, customer, "/v1/traces", exports.traces([call(1)]))
    answer = house.post(
        f"/api/v2/applications/{customer}/erasures", {"user": call(1).user}, customer
    )
    assert answer.json()["rows"]["application_metrics"] == 1
    assert send(house, customer, "/v1/logs", score).status_code == 200
    count = "SELECT count() AS rows FROM application_metrics WHERE customer_id = {c:String}"
    assert house.warehouse.select(count, {"c": customer}) == [{"rows": 0}]


def scored(of: Any, name: str, value: float, explanation: str) -> dict[str, Any]:
    """A score of a call, as an evaluation tool emits it under a name of its own."""
    told = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": value,
        "gen_ai.evaluation.explanation": explanation,
    }
    record = {
        "timeUnixNano": exports.nanoseconds(NOW),
        "eventName": "gen_ai.evaluation.result",
        "traceId": of.trace_id,
        "spanId": of.span_id,
        "attributes": exports.attributes(told),
    }
    named = {"attributes": exports.attributes({"service.name": "evaluator"})}
    return {"resourceLogs": [{"resource": named, "scopeLogs": [{"logRecords": [record]}]}]}


def test_a_time_that_is_not_kept_rejects_the_call(house: House, customer: str) -> None:
    """Older than the retention, or from a clock that is wrong: it would vanish or mislead."""
    past = call(1, started_at=NOW.replace(year=2020), ended_at=NOW.replace(year=2020))
    future = call(2, started_at=NOW.replace(year=2027), ended_at=NOW.replace(year=2027))
    answer = send(house, customer, "/v1/traces", exports.traces([past, future, call(3)]))
    assert answer.json()["partialSuccess"]["rejectedSpans"] == "2"
    assert len(stored(house, customer)) == 1


def test_what_came_in_is_counted(house: House, customer: str) -> None:
    """For Prometheus: what was stored and what was rejected, without whose."""
    house.key(f"{customer}-metrics", ("metrics:read",), (customer,))

    def counted(outcome: str) -> float:
        text = house.get("/metrics", f"{customer}-metrics").text
        name = f'optiinfra_received_calls_total{{outcome="{outcome}"}} '
        return sum(float(line[len(name) :]) for line in text.splitlines() if line.startswith(name))

    before = counted("stored"), counted("rejected")
    send(house, customer, PLAIN, [exports.plain(call(1)), exports.plain(call(2)), {}])
    assert (counted("stored") - before[0], counted("rejected") - before[1]) == (2, 1)


def test_what_sent_calls_is_registered(house: House, customer: str) -> None:
    """With when it was last heard of."""
    send(house, customer, "/v1/traces", exports.traces([call(1)]))
    [found] = Applications(house.database).list(customer)
    assert (found.application_id, found.provider) == ("support.assistant", "aws")
    assert found.last_seen_at == NOW
