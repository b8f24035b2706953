"""Sent twice, shuffled, in halves and by all doors at once, every call is there exactly once."""

import gzip
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pytest

from optiinfra_core.applications.interaction import Interaction
from optiinfra_core.tenancy.customers import Customers
from tests.api import exports
from tests.api.house import House
from tests.core.warehouse.calls import call

PLAIN = "/api/v2/applications/interactions"
BATCHES = (1, 7, 60, 400)
# Joined as readers join them; everything that is told, and nothing of when it came. What is keyed
# by the customer differs between two customers by design.
CHECKSUM = """
SELECT count() AS calls, groupBitXor(cityHash64(*)) AS checksum FROM (
    SELECT application_id, trace_id, span_id, min(started_at) AS a, max(ended_at) AS b,
        max(provider) AS c, max(environment) AS d, max(service_version) AS e, max(model) AS f,
        max(request_model) AS g, max(llm_vendor) AS h, max(operation) AS i, max(dialect) AS j,
        max(latency_ms) AS k, max(input_tokens) AS l, max(output_tokens) AS m, max(cost_usd) AS n,
        max(price_version) AS o, max(text_state) AS p, min(judge_allowed) AS q,
        arraySort(groupUniqArrayArray(input_parts)) AS r,
        arraySort(groupUniqArrayArray(output_parts)) AS s, max(text_expires_on) AS t,
        max(user_hash) != '' AS u
    FROM llm_interactions WHERE customer_id = {c:String}
    GROUP BY application_id, trace_id, span_id
)
"""
PHYSICAL = """
SELECT count() AS rows, uniqExact(application_id, trace_id, span_id, day) AS calls
FROM llm_interactions WHERE customer_id = {c:String}
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A call, or a half of one, as one door takes it."""

    door: str
    told: Any


def pieces(number: int) -> Iterator[Piece]:
    """How the call with this number is sent: whole, in halves, or by two doors with its ids."""
    one: Interaction = call(number)
    way = number % 4
    if way in {0, 3}:
        yield Piece("/v1/traces", (exports.resource(one), exports.span(one)))
    if way == 1:
        yield Piece("/v1/traces", (exports.resource(one), exports.span(one, texts=False)))
        for record in exports.records(one):
            yield Piece("/v1/logs", (exports.resource(one), record))
    if way in {2, 3}:
        yield Piece(PLAIN, exports.plain(one))


def batches(told: Sequence[Piece], sizes: Iterator[int]) -> Iterator[tuple[str, list[Any]]]:
    """The pieces of each door in their order, in batches of these sizes."""
    waiting: dict[str, list[Any]] = {}
    size = next(sizes)
    for piece in told:
        held = waiting.setdefault(piece.door, [])
        held.append(piece.told)
        if len(held) >= size:
            yield piece.door, waiting.pop(piece.door)
            size = next(sizes)
    yield from waiting.items()


def request(door: str, held: Iterable[Any]) -> Any:
    """A batch as its door takes it."""
    if door == PLAIN:
        return list(held)
    outer, scope, inner = {
        "/v1/traces": ("resourceSpans", "scopeSpans", "spans"),
        "/v1/logs": ("resourceLogs", "scopeLogs", "logRecords"),
    }[door]
    return {outer: [{"resource": resource, scope: [{inner: [each]}]} for resource, each in held]}


def post(house: House, customer: str, door: str, body: Any, *, packed: bool) -> None:
    """Send a batch: JSON as it is, or packed and by OTLP as protobuf."""
    media, headers = "application/json", {}
    if packed and door != PLAIN:
        media, content = "application/x-protobuf", exports.protobuf(body)
    else:
        content = orjson.dumps(body)
    if packed:
        content, headers = gzip.compress(content, 1), {"Content-Encoding": "gzip"}
    told = {"Content-Type": media, **headers, **house.auth(customer)}
    answer = house.client.post(door, content=content, headers=told)
    assert answer.status_code == 200, answer.text


def tenant(house: House, name: str) -> str:
    """A customer that no other test knows, with a key under its own name that may send."""
    slug = f"{name}-{len(house.tokens)}"
    Customers(house.database).add(slug, slug)
    house.key(slug, ("applications:write",), (slug,))
    return slug


def clean(house: House, numbers: range) -> str:
    """Everything once, in order."""
    customer = tenant(house, "clean")
    told = [piece for number in numbers for piece in pieces(number)]
    for door, held in batches(told, iter(lambda: 1000, None)):
        post(house, customer, door, request(door, held), packed=True)
    return customer


def wild(house: House, numbers: range) -> str:
    """Everything twice, shuffled, in batches of any size, packed or not."""
    customer, chance = tenant(house, "wild"), random.Random(7)  # noqa: S311 - an order, no secret
    told = [piece for number in numbers for piece in pieces(number)] * 2
    chance.shuffle(told)
    largest = [size for size in BATCHES if size * 20 < len(told)] + [1000] * (len(told) > 50_000)
    for door, held in batches(told, iter(lambda: chance.choice(largest), None)):
        post(house, customer, door, request(door, held), packed=chance.random() < 0.5)
    return customer


def read(house: House, sql: str, customer: str) -> Mapping[str, Any]:
    """The only row of an answer."""
    [found] = house.warehouse.select(sql, {"c": customer})
    return found


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param(3_000, id="3000"),
        pytest.param(100_000, id="100000", marks=[pytest.mark.long, pytest.mark.timeout(2400)]),
    ],
)
def test_every_call_is_there_once(house: House, calls: int) -> None:
    """By GROUP BY at once, on disk after the merge, and with the checksum of one clean sending."""
    numbers = range(calls)
    expected = read(house, CHECKSUM, clean(house, numbers))
    customer = wild(house, numbers)
    assert read(house, CHECKSUM, customer) == expected
    assert expected["calls"] == calls
    house.warehouse.execute("OPTIMIZE TABLE llm_interactions FINAL")
    assert read(house, PHYSICAL, customer) == {"rows": calls, "calls": calls}
    assert read(house, CHECKSUM, customer) == expected
