"""A window sent over the control door arrives in a real API whole, once, and without people."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from optiinfra_core.applications.parts import messages
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.windows import Window
from optiinfra_simulator.installed import beside
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.world import World
from tests.api.house import House, opened
from tests.api.test_process import ROOT, environment, free_port, lines_until

STORED = """
SELECT application_id, concat(trace_id, '-', span_id) AS interaction_id,
       max(provider) AS provider, max(model) AS model, max(service_version) AS version,
       max(input_tokens) AS input_tokens, max(output_tokens) AS output_tokens,
       max(error_type) AS error_type, max(cost_usd) AS cost,
       arraySort(groupUniqArrayArray(input_parts)) AS asked,
       arraySort(groupUniqArrayArray(output_parts)) AS answered
FROM llm_interactions WHERE customer_id = {customer_id:String}
GROUP BY application_id, trace_id, span_id
"""


@pytest.fixture
def house(
    tmp_path_factory: pytest.TempPathFactory,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[House]:
    """An installation with the customers of the simulated applications."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path_factory.mktemp("house"), servers) as furnished:
        furnished.key("sender", ("applications:write",), ("*",))
        yield furnished


@pytest.fixture
def api(house: House) -> Iterator[str]:
    """Its API as a process of its own."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "optiinfra_api"],
        env=environment(house, OPTIINFRA_API_PORT=str(port)),
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        lines_until(process, "running on")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A simulator whose clock runs, as in a demo."""
    world = World()
    with SimulatorServer(world, beside=beside(world)) as served:
        yield served


def _sent(server: SimulatorServer, asked: Mapping[str, object]) -> Mapping[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/_simulator/traffic", json.dumps(asked).encode()
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        told: Mapping[str, Any] = json.load(answer)
    return told


def _stored(house: House) -> dict[str, Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = [
        row
        for customer in ("acme", "globex")
        for row in house.warehouse.select(STORED, {"customer_id": customer})
    ]
    rows = {str(row["interaction_id"]): row for row in found}
    assert len(rows) == len(found)
    return rows


def test_the_last_minutes_arrive_whole_and_once(
    house: House, api: str, server: SimulatorServer
) -> None:
    """By four dialects; sent again shuffled, twice and in pieces, nothing is added or changed."""
    key = house.tokens["sender"]
    told = _sent(server, {"url": api, "key": key, "minutes": 20})
    assert told["rejected"] == 0, told["why"]
    window = Window(datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"]))
    calls = {
        call.interaction_id: call
        for app in server.traffic.applications
        for call in server.traffic.calls(app.id, window)
    }
    assert sum(told["calls"].values()) == len(calls) > 0
    rows = _stored(house)
    assert rows.keys() == calls.keys()
    for name, call in calls.items():
        row = rows[name]
        assert row["application_id"] == call.application.id
        assert (row["provider"], row["model"]) == (call.application.provider, call.model)
        assert (row["version"], row["error_type"]) == (call.service_version, call.error_type)
        assert row["input_tokens"] == call.input_tokens
        assert call.failed or row["output_tokens"] == call.output_tokens
        assert call.failed or row["cost"] is not None
        # The usual policy keeps texts redacted: the answers are whole, nobody is named.
        answer = [each.text for each in messages(row["answered"])]
        assert answer == ([call.answer] if call.answer else [])
        question = [each.text for each in messages(row["asked"]) if each.role == "user"][-1]
        assert "@example.com" not in question
        assert call.exchange.planted.private == ("<EMAIL_" in question)
    jumbled = {"copies": 2, "shuffle": 5, "split": True, "encoding": "json", "batch": 37}
    span = {"start": told["start"], "end": told["end"]}
    _sent(server, {"url": api, "key": key, **span, "delivery": jumbled})
    again = _stored(house)
    assert again.keys() == rows.keys()
    for name, row in rows.items():
        assert dict(again[name]) == dict(row)
