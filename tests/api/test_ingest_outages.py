"""When a server is away the sender is told to come again, and what it sent is stored once."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import orjson
import pytest
from fastapi.testclient import TestClient

from optiinfra_api.app import create_app
from optiinfra_api.dependencies.gate import Gate
from optiinfra_core.endpoints import ClickHouseEndpoint, Servers
from optiinfra_core.errors import Throttled
from optiinfra_core.tenancy.customers import Customers
from tests.api import exports
from tests.api.house import House
from tests.core.warehouse.calls import call

PLAIN = "/api/v2/applications/interactions"
BODIES = (
    ("/v1/traces", exports.traces([call(1)])),
    ("/v1/logs", exports.logs([call(1)])),
    (PLAIN, exports.plain(call(1))),
)
COUNT = "SELECT uniqExact(trace_id) AS calls FROM llm_interactions WHERE customer_id = {c:String}"


@pytest.fixture
def customer(house: House) -> str:
    """A customer that no other test knows, with a key under its own name that may send."""
    slug = f"tenant-{len(house.tokens)}"
    Customers(house.database).add(slug, slug)
    house.key(slug, ("applications:write",), (slug,))
    return slug


@contextmanager
def before(house: House, clickhouse: ClickHouseEndpoint, **changes: Any) -> Iterator[TestClient]:
    """Another process of the API, before another ClickHouse or with other settings."""
    servers = Servers(clickhouse=clickhouse, postgres=house.servers.postgres)
    settings = house.settings.model_copy(update=changes)
    with TestClient(create_app(settings, servers, house.clock)) as client:
        yield client


def refused(answer: Any, status: int) -> None:
    """A problem that says when to come again."""
    assert answer.status_code == status, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["remedy"]


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_a_clickhouse_that_is_away_means_come_again(
    house: House, customer: str, path: str, body: Any
) -> None:
    """503 with Retry-After; sent again to one that answers it is stored."""
    away = replace(house.servers.clickhouse, url="http://127.0.0.1:1")
    with before(house, away) as client:
        refused(client.post(path, json=body, headers=house.auth(customer)), 503)
    assert house.post(path, body, customer).status_code == 200
    assert house.warehouse.select(COUNT, {"c": customer}) == [{"calls": 1}]


@pytest.mark.parametrize(("path", "body"), BODIES)
def test_a_clickhouse_without_its_tables_means_come_again(
    house: House, customer: str, path: str, body: Any
) -> None:
    """What an operator repairs costs no call: an exporter drops what is answered with 500."""
    empty = replace(house.servers.clickhouse, database="default")
    with before(house, empty) as client:
        refused(client.post(path, json=body, headers=house.auth(customer)), 503)


def test_a_sender_beyond_its_rate_is_told_to_wait(house: House, customer: str) -> None:
    """429 with Retry-After, by the key's own limit."""
    path, body = BODIES[0]
    with before(house, house.servers.clickhouse, rate_limit_per_minute=2) as client:
        answers = [client.post(path, json=body, headers=house.auth(customer)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused(answers[-1], 429)


def test_more_batches_than_fit_are_told_to_wait() -> None:
    """Memory is bounded by places, taken before a body is read and given back after the answer."""

    async def crowded() -> None:
        """Take every place, then one more."""
        gate = Gate(at_once=1, most=2)
        async with gate.place(), gate.place():
            with pytest.raises(Throttled) as told:
                async with gate.place():
                    pass
            assert told.value.retry_after
        async with gate.place():
            assert await gate.run(lambda: 7) == 7

    asyncio.run(crowded())


def test_batches_are_worked_on_beside_reads() -> None:
    """A batch holds a thread of its own: the event loop answers meanwhile."""

    async def while_working() -> list[str]:
        """What ends first: a batch that is worked on, or a read."""
        gate, order = Gate(at_once=1), []
        started, go = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def work() -> None:
            """What a batch keeps a thread busy with."""
            loop.call_soon_threadsafe(started.set)
            asyncio.run_coroutine_threadsafe(go.wait(), loop).result(timeout=30)

        async def batch() -> None:
            """A batch through the gate."""
            await gate.run(work)
            order.append("batch")

        task = asyncio.create_task(batch())
        await started.wait()
        order.append("read")
        go.set()
        await task
        return order

    assert asyncio.run(while_working()) == ["read", "batch"]


def test_a_sender_that_goes_away_is_no_fault_of_ours(house: House, customer: str) -> None:
    """It broke off in its body: 400 in the log, no traceback, and its place is free again."""
    statuses: list[int] = []
    pending = [{"type": "http.request", "body": b"[", "more_body": True}]

    async def receive() -> dict[str, Any]:
        """What the server hears of the sender."""
        return pending.pop() if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        """What the sender would hear."""
        statuses.append(message.get("status", 0))

    told = {**house.auth(customer), "content-type": "application/json"}
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": PLAIN, "query_string": b"",
        "root_path": "", "scheme": "http", "server": ("testserver", 80), "client": ("c", 1),
        "headers": [(name.lower().encode(), each.encode()) for name, each in told.items()],
    }  # fmt: skip
    assert house.client.portal is not None
    house.client.portal.call(house.client.app, scope, receive, send)
    assert statuses[0] == 400
    assert house.post(PLAIN, exports.plain(call(1)), customer).status_code == 200


def test_a_batch_that_was_half_stored_is_whole_when_it_comes_again(
    house: House, customer: str
) -> None:
    """The answer was lost, the exporter repeats it in other pieces: nothing is doubled."""
    calls = [call(number) for number in range(50)]
    house.post(PLAIN, exports.plain(calls[0]), customer)
    raw = orjson.dumps([exports.plain(each) for each in calls])
    told = {**house.auth(customer), "Content-Type": "application/json"}
    for _ in range(2):
        assert house.client.post(PLAIN, content=raw, headers=told).json()["stored"] == 50
    assert house.warehouse.select(COUNT, {"c": customer}) == [{"calls": 50}]
