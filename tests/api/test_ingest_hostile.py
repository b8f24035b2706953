"""What no sender should send is answered with 2xx and a partial success, or with 4xx; never 5xx."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from optiinfra_api.middleware import MAX_BATCH_BYTES
from optiinfra_core.tenancy.customers import Customers
from tests.api import exports
from tests.api.house import House
from tests.core.warehouse.calls import call

JSON, PROTOBUF = "application/json", "application/x-protobuf"
PLAIN = "/api/v2/applications/interactions"
DOORS = ("/v1/traces", "/v1/logs", PLAIN)
IDS = (
    "SELECT DISTINCT application_id, trace_id FROM llm_interactions WHERE customer_id = {c:String}"
)


@pytest.fixture
def customer(house: House) -> Iterator[str]:
    """A customer that no other test knows, with a key under its own name that may send."""
    slug = f"tenant-{len(house.tokens)}"
    Customers(house.database).add(slug, slug)
    house.key(slug, ("applications:write",), (slug,))
    return slug


def send(house: House, customer: str, path: str, body: Any, **headers: str) -> Any:
    """A batch, as bytes or as what becomes JSON."""
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    told = {"Content-Type": JSON, **headers, **house.auth(customer)}
    return house.client.post(path, content=content, headers=told)


def refused(answer: Any, status: int, *words: str) -> None:
    """The answer is a problem of this status that says these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert told["remedy"]
    assert all(word in told["detail"] for word in words), told


GZIP = {"Content-Encoding": "gzip"}
BOMB = gzip.compress(b"\0" * (64 * 1024 * 1024), 9)


@pytest.mark.parametrize("path", DOORS)
def test_a_bomb_is_defused(house: House, customer: str, path: str) -> None:
    """64 MiB of nothing in 64 KiB, also as many members in a row, also a bomb in a bomb."""
    assert len(BOMB) < 100_000
    members = gzip.compress(b" " * 1024 * 1024) * 9
    for body in (BOMB, members):
        refused(send(house, customer, path, body, **GZIP), 413)
    nested = send(house, customer, path, gzip.compress(BOMB), **GZIP)
    assert nested.status_code in {200, 400}


@pytest.mark.parametrize("path", DOORS)
def test_a_body_that_is_too_large_is_not_read(house: House, customer: str, path: str) -> None:
    """8 MiB, announced or not; the limit of every other path stays 64 KiB."""
    refused(send(house, customer, path, b" " * (MAX_BATCH_BYTES + 1)), 413, str(MAX_BATCH_BYTES))

    def endless() -> Iterator[bytes]:
        for _ in range(10):
            yield b" " * 1024 * 1024

    told = {"Content-Type": JSON, **house.auth(customer)}
    refused(house.client.post(path, content=endless(), headers=told), 413)
    other = house.client.post(
        "/api/v1/collect/trigger", content=b" " * 70_000, headers=house.auth("admin")
    )
    refused(other, 413, "65536")


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": ""}, 415),
        (b"{}", {"Content-Type": "application/xml; charset=utf-8"}, 415),
        (b"{}", {"Content-Encoding": "br"}, 415),
        (b"{}", {"Content-Encoding": "gzip, gzip"}, 415),
        (b"no gzip", GZIP, 400),
        (gzip.compress(b"{}", mtime=0)[:-5], GZIP, 400),
        (gzip.compress(b"{}", mtime=0) + b"rubbish", GZIP, 400),
        (b"{", {}, 400),
        (b"\xff\xfe\x00", {}, 400),
        (b"<html>", {}, 400),
    ],
)
def test_a_body_that_is_not_what_it_says_is_told_so(  # noqa: PLR0917 - a row of the table
    house: House, customer: str, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    """400 for its content, 415 for its form; never a guess."""
    refused(send(house, customer, path, body, **headers), status)


@pytest.mark.parametrize("path", DOORS[:2])
@pytest.mark.parametrize("body", [b"\xff" * 100, b"{}", b"\x0a\xff\xff\xff\xff\x0f"])
def test_protobuf_that_is_none_is_told_so(
    house: House, customer: str, path: str, body: bytes
) -> None:
    """400, so that no exporter sends it again."""
    answer = send(house, customer, path, body, **{"Content-Type": PROTOBUF})
    refused(answer, 400)


def nested(depth: int) -> Any:
    """Lists in lists."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def deep(depth: int) -> dict[str, Any]:
    """An AnyValue that nests."""
    value: dict[str, Any] = {"stringValue": "x"}
    for _ in range(depth):
        value = {"arrayValue": {"values": [value]}}
    return value


INJECTIONS = (
    "'; DROP TABLE llm_interactions; --",
    "{customer_id:String}",
    "../../etc/passwd",
    "%s%n%(customer)s",
    "\x00\x01\x1b[31m\x7f",
    "\u202e\u0000\ufeff",
    "a" * 100_000,
)


@pytest.mark.parametrize("told", INJECTIONS, ids=range(len(INJECTIONS)))
def test_what_is_injected_into_names_and_ids_stays_text(
    house: House, customer: str, told: str
) -> None:
    """Names become slugs, ids are hex or rejected, texts stay what they are."""
    spans = exports.traces([call(1)])
    spans["resourceSpans"][0]["resource"]["attributes"] = exports.attributes(
        {"service.name": told, "cloud.provider": told, "deployment.environment.name": told}
    )
    assert send(house, customer, "/v1/traces", spans).status_code == 200
    bad = exports.traces([call(2)])
    bad["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["traceId"] = told
    answer = send(house, customer, "/v1/traces", bad)
    assert (answer.status_code, answer.json()["partialSuccess"]["rejectedSpans"]) == (200, "1")
    item = {
        **exports.plain(call(3)),
        **dict.fromkeys(
            ("application_id", "model", "llm_vendor", "provider", "user", "response"), told
        ),
    }
    assert send(house, customer, PLAIN, [item, {**item, "trace_id": told}]).status_code == 200
    found = house.warehouse.select(IDS, {"c": customer})
    assert {each["trace_id"] for each in found} <= {call(1).trace_id, call(3).trace_id}
    assert found
    assert all(each["application_id"].isprintable() for each in found)


@pytest.mark.parametrize("depth", [20, 120, 900, 3000])
def test_depth_is_bounded(house: House, customer: str, depth: int) -> None:
    """What nests deeper than anybody means is rejected or told to be no JSON."""
    item = {**exports.plain(call(1)), "messages": nested(depth), "tags": {"x": nested(depth)}}
    raw = orjson.dumps({**item, "messages": "@", "tags": {}})
    body = raw.replace(b'"@"', b"[" * depth + b"]" * depth)
    assert send(house, customer, PLAIN, body).status_code in {200, 400}
    spans = orjson.dumps(exports.traces([call(1)]))
    value = b'{"arrayValue":{"values":[' * depth + b"{}" + b"]}}" * depth
    told = b'"attributes":[{"key":"gen_ai.input.messages","value":' + value + b"},"
    body = spans.replace(b'"attributes":[', told)
    assert send(house, customer, "/v1/traces", body).status_code in {200, 400}
    records = orjson.dumps(exports.logs([call(1)])).replace(b'"body":{', b'"body":' + value, 1)
    assert send(house, customer, "/v1/logs", records).status_code in {200, 400}


def test_a_text_of_megabytes_is_kept_within_bounds_or_refused(house: House, customer: str) -> None:
    """10 MB is over the limit of a batch; 7 MB in one text is stored or told to be too long."""
    long = {**exports.plain(call(1)), "response": "x" * 10_000_000}
    refused(send(house, customer, PLAIN, long), 413)
    packed = gzip.compress(orjson.dumps(long))
    refused(send(house, customer, PLAIN, packed, **GZIP), 413)
    spans = exports.traces([call(1, user="u" * 7_000_000)])
    assert send(house, customer, "/v1/traces", spans).status_code == 200
    answer = send(house, customer, PLAIN, {**long, "response": "x" * 7_000_000})
    assert answer.status_code == 200


WRONG_TYPES: tuple[Callable[[dict[str, Any]], Any], ...] = (
    lambda span: span.update(traceId=17),
    lambda span: span.update(startTimeUnixNano="yesterday"),
    lambda span: span.update(startTimeUnixNano=str(2**70)),
    lambda span: span.update(endTimeUnixNano=-1),
    lambda span: span.update(attributes={"gen_ai.request.model": "an object"}),
    lambda span: span.update(attributes="text"),
    lambda span: span.update(attributes=[{"key": 7, "value": None}]),
    lambda span: span.update(attributes=[None]),
    lambda span: span.update(events=[{"name": None, "attributes": 3}]),
    lambda span: span.update(status="bad"),
)


@pytest.mark.parametrize("spoil", WRONG_TYPES, ids=range(len(WRONG_TYPES)))
def test_fields_of_the_wrong_type_cost_their_span_alone(
    house: House, customer: str, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    """The others of the batch are stored."""
    body = exports.traces([call(1), call(2)])
    spoil(body["resourceSpans"][0]["scopeSpans"][0]["spans"][0])
    answer = send(house, customer, "/v1/traces", body)
    assert answer.status_code == 200, answer.text
    found = {each["trace_id"] for each in house.warehouse.select(IDS, {"c": customer})}
    assert call(2).trace_id in found


@pytest.mark.parametrize(
    "told",
    [
        {"usage": {"input_tokens": -5}},
        {"usage": {"input_tokens": 2**64}},
        {"usage": {"input_tokens": "many"}},
        {"usage": []},
        {"latency_ms": 1e308},
        {"cost_usd": "1e60"},
        {"cost_usd": -1},
        {"timestamp": "9999-12-31T23:59:59Z"},
        {"timestamp": "0001-01-01T00:00:00Z"},
        {"timestamp": 1e300},
        {"timestamp": None},
        {"tags": {"k" * 500: "v" * 100_000}},
        {"messages": [{"role": {"a": 1}, "content": [[[]]]}]},
        {"messages": 5},
        {"context": {"a": None}},
        {"trace_id": "0" * 32},
        {"span_id": "g" * 16},
    ],
    ids=str,
)
def test_values_that_cannot_be_cost_their_item_alone(
    house: House, customer: str, told: dict[str, Any]
) -> None:
    """Stored without the value, or rejected by its place; the rest of the batch is stored."""
    items = [{**exports.plain(call(1)), **told}, exports.plain(call(2))]
    answer = send(house, customer, PLAIN, json.dumps(items).encode())  # orjson stops at 64 bits
    assert answer.status_code == 200, answer.text
    assert answer.json()["stored"] + answer.json()["rejected"] == 2
    found = {each["trace_id"] for each in house.warehouse.select(IDS, {"c": customer})}
    assert call(2).trace_id in found


def test_half_a_surrogate_pair_is_no_reason_to_fail(house: House, customer: str) -> None:
    """JSON can spell what no text can hold: in every field that is stored as text."""
    raw = orjson.dumps([exports.plain(call(1)), exports.plain(call(2))])
    for field in (b"Question 1?", b"Answer 1.", b"gpt-4o", b"person-1", b"prod", b"support."):
        broken = raw.replace(field, b"\\ud800", 1)
        assert broken != raw
        assert send(house, customer, PLAIN, broken).status_code in {200, 400}
    spans = orjson.dumps(exports.traces([call(1)])).replace(b"prod", b"\\udfff")
    assert send(house, customer, "/v1/traces", spans).status_code in {200, 400}


def test_the_wrong_door_is_told(house: House, customer: str) -> None:
    """Logs that are sent to the door for traces are not taken for nothing."""
    answer = send(house, customer, "/v1/traces", exports.logs([call(1)]))
    assert answer.status_code == 200
    assert int(answer.json()["partialSuccess"]["rejectedSpans"]) > 0


def test_problems_never_repeat_what_was_sent(house: House, customer: str) -> None:
    """Prompts stay out of answers and so out of senders' logs."""
    secret = "canary-in-a-prompt"  # noqa: S105 - no secret, a word to look for
    item = {**exports.plain(call(1)), "messages": secret, "timestamp": secret, "usage": secret}
    for body in (orjson.dumps(item), orjson.dumps(item)[:-3]):
        assert secret not in send(house, customer, PLAIN, body).text
