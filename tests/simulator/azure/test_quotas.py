"""Quotas: units of the cost query, queries of Resource Graph, by the clock of the world."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.answers import AzureError
from optiinfra_simulator.azure.quotas import GraphQuota, QueryQuota
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.test_costs import body

QPU = "x-ms-ratelimit-microsoft.costmanagement-qpu"
START = datetime(2026, 11, 20, tzinfo=UTC)


def asked(wire: httpx.Client, **headers: str) -> httpx.Response:
    """The answer to a query over a month of data."""
    path = f"/subscriptions/{GLOBEX.id}/providers/Microsoft.CostManagement/query"
    return wire.post(f"{path}?api-version=2025-03-01", json=body("Meter"), headers=headers)


def test_a_month_of_data_is_one_unit(clients: Clients) -> None:
    """Headers tell what a query consumed and what remains in each window (AzureTRE, 2835)."""
    answer = asked(clients.wire(GLOBEX.id))
    assert answer.headers[f"{QPU}-consumed"] == "1"
    left = "QueriesPerHour:599,QueriesPerMin:59,QueriesPer10Sec:11"
    assert answer.headers[f"{QPU}-remaining"] == left


def test_the_thirteenth_unit_has_to_wait_for_the_window(
    clients: Clients, clock: WorldClock
) -> None:
    """Twelve units in ten seconds; then 429 with headers of Cost Management and no Retry-After."""
    wire = clients.wire(GLOBEX.id)
    for _ in range(12):
        assert asked(wire).status_code == 200
    clock.advance(timedelta(seconds=4))
    refused = asked(wire)
    assert refused.status_code == 429
    assert refused.headers[f"{QPU}-retry-after"] == "6"
    assert "retry-after" not in refused.headers
    assert asked(wire, ClientType="OptiInfra").status_code == 200
    clock.advance(timedelta(seconds=6))
    assert asked(wire).status_code == 200


def test_minutes_and_hours_are_counted_too() -> None:
    """Sixty units in a minute and six hundred in an hour are the most that are given."""
    quota = QueryQuota()
    now = START
    for _ in range(5):
        quota.spend("tenant", "type", 12, now)
        now += timedelta(seconds=10)
    with pytest.raises(AzureError) as refused:
        quota.spend("tenant", "type", 1, now)
    assert refused.value.headers[f"{QPU}-retry-after"] == "10"
    for _ in range(45):
        now += timedelta(minutes=1)
        quota.spend("tenant", "type", 12, now)
    with pytest.raises(AzureError) as later:
        quota.spend("tenant", "type", 1, now + timedelta(minutes=1))
    assert int(later.value.headers[f"{QPU}-retry-after"]) > 600


def test_resource_graph_counts_queries_in_windows_of_five_seconds(
    clients: Clients, clock: WorldClock
) -> None:
    """Fifteen queries in five seconds; the headers tell how many are left and until when."""
    wire = clients.wire()
    query = {"subscriptions": [ACME.id], "query": "Resources | count"}
    path = "/providers/Microsoft.ResourceGraph/resources?api-version=2021-03-01"
    left = [wire.post(path, json=query).headers["x-ms-user-quota-remaining"] for _ in range(15)]
    assert left == [str(number) for number in range(14, -1, -1)]
    clock.advance(timedelta(seconds=2))
    refused = wire.post(path, json=query)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "RateLimiting")
    assert refused.headers["x-ms-user-quota-resets-after"] == "00:00:03"
    clock.advance(timedelta(seconds=3))
    assert wire.post(path, json=query).status_code == 200


def test_principals_have_windows_of_their_own() -> None:
    """One principal's queries take nothing from another's."""
    quota = GraphQuota()
    for _ in range(15):
        quota.spend("one", START)
    assert quota.spend("other", START)["x-ms-user-quota-remaining"] == "14"
    with pytest.raises(AzureError):
        quota.spend("one", START)
