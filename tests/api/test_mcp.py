"""Agents: the official client lists and calls the API's reads as tools, over a socket."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from mcp_types import Tool

from optiinfra_api.app import create_app
from optiinfra_api.mcp.left_out import LEFT_OUT
from optiinfra_api.mcp.operations import reads_of
from optiinfra_core.collecting.tasks import CollectionTasks, NewTask
from tests.api.agents import Agent, arguments_for, text_of
from tests.api.applications import NAME, furnish_applications
from tests.api.house import CANARY, House
from tests.dashboard.served import served

MESSAGE = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
COSTS: dict[str, Any] = {"provider": "aws", "data_types": ("cost",), "trigger": "api"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


@pytest.fixture(scope="module")
def known(furnished: House) -> dict[str, dict[str, object]]:
    """What of each customer a tool may be asked for: an application, a task."""
    furnish_applications(furnished)
    tasks = CollectionTasks(furnished.database)
    return {
        customer: {
            "provider": "aws",
            "application_id": application,
            "task_id": str(tasks.create(NewTask(customer_id=customer, **COSTS)).id),
        }
        for customer, application in (("acme", NAME), ("globex", f"{CANARY}.bot"))
    }


@pytest.fixture(scope="module")
def address(furnished: House, known: object) -> Iterator[str]:
    """Where the furnished API answers."""
    with served(create_app(furnished.settings, furnished.servers, furnished.clock)) as url:
        yield url


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_answers(
    address: str, house: House, known: dict[str, dict[str, object]], mode: str
) -> None:
    """Both eras of the protocol: each tool is called, and says how fresh and whole it is."""
    agent = Agent(address, house.auth("acme"), mode)
    tools = agent.tools()
    answers = agent.call_all(
        {name: arguments_for(tool, known["acme"]) for name, tool in tools.items()}
    )
    assert len(tools) > 30
    for name, answer in answers.items():
        assert not answer.is_error, text_of(answer)
        assert answer.structured_content, name
        if "as_of" in answer.structured_content:
            assert "as of 2026-11-22 10:07 UTC" in text_of(answer) or "NOTHING" in text_of(answer)


def test_every_read_of_the_api_is_a_tool_or_left_out_with_a_reason(
    address: str, house: House
) -> None:
    """Whoever adds a read adds a tool; what is left out exists and is no tool."""
    description = house.client.get("/openapi.json").json()
    reads = {told["operationId"] for _, told in reads_of(description)}
    tools = set(Agent(address, house.auth("admin")).tools())
    assert reads - LEFT_OUT.keys() == tools
    assert LEFT_OUT.keys() <= {
        told["operationId"]
        for methods in description["paths"].values()
        for told in methods.values()
    }


def test_tools_say_what_they_take(address: str, house: House) -> None:
    """A title, a description, a closed schema; each argument has a type, all are read-only."""
    tools: dict[str, Tool] = Agent(address, house.auth("acme")).tools()
    for tool in tools.values():
        schema = tool.input_schema
        assert tool.title
        assert tool.description
        assert tool.annotations
        assert tool.annotations.read_only_hint
        assert schema["additionalProperties"] is False
        assert all("type" in told or "enum" in told for told in schema["properties"].values())


def test_who_has_no_key_is_asked_for_one(address: str, house: House) -> None:
    """401 with WWW-Authenticate and a remedy, for no key, a wrong one and a revoked one."""
    key_id = house.key("leaver", ("costs:read",), ("acme",))
    held = house.auth("leaver")
    assert Agent(address, held).tools()
    admin = house.auth("admin")
    assert httpx.delete(f"{address}/api/v1/keys/{key_id}", headers=admin).status_code == 204
    for headers in ({}, {"Authorization": "Bearer oi_test_nobody"}, held):
        refused = httpx.post(f"{address}/mcp", json=MESSAGE, headers={**ACCEPT, **headers})
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        assert refused.json()["remedy"]


def test_filters_reach_the_read(address: str, house: House) -> None:
    """One value, several values, and tags: each narrows the same total."""
    agent = Agent(address, house.auth("acme"))
    totals = {
        name: (agent.call("cost_total", **arguments).structured_content or {})["data"]
        for name, arguments in {
            "all": {},
            "service": {"service": "Amazon S3"},
            "untagged": {"untagged": ["team", "owner"]},
            "tagged": {"tag.team": "acme"},
        }.items()
    }
    assert totals["all"] == totals["tagged"]
    assert totals["all"][0]["cost"] == "165"
    assert totals["service"][0]["cost"] == "82.5"
    assert totals["untagged"] == []
    assert agent.call("cost_total", cost=["billed"]).is_error
