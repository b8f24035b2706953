"""A thousand machines: one page of inventory, twenty batches, and the silent cut at ten."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from azure.mgmt.resourcegraph.models import QueryRequest, QueryRequestOptions

from optiinfra_core.windows import Window
from optiinfra_simulator.azure.accounts import ACME
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW

MACHINES = "Microsoft.Compute/virtualMachines"
QUERY = f"Resources | where type =~ '{MACHINES}' | project id, location | order by id asc"


@pytest.fixture
def cloud(clock: WorldClock, authority: Path) -> Iterator[AzureCloud]:
    """The simulated Azure with a thousand machines in each subscription."""
    with AzureCloud(World(clock=clock, instances=1_000), state=authority) as served:
        yield served


def listed(clients: Clients) -> list[dict[str, Any]]:
    """Every machine, in one page."""
    request = QueryRequest(
        subscriptions=[ACME.id], query=QUERY, options=QueryRequestOptions(top=1_000)
    )
    answer = clients.graph().resources(request)
    assert answer.skip_token is None
    found: list[dict[str, Any]] = answer.data
    return found


def test_a_thousand_machines_take_one_query_and_some_twenty_batches(
    clients: Clients, cloud: AzureCloud
) -> None:
    """As many calls as Azure would need; points are as many as the truth counts."""
    machines = listed(clients)
    truth = cloud.resources(ACME.id, NOW)["azure.compute.virtualmachine"]
    assert len(machines) == len(truth) > 950
    counted: dict[str, int] = {}
    for region in sorted({one["location"] for one in machines}):
        here = [one["id"] for one in machines if one["location"] == region]
        for first in range(0, len(here), 50):
            answers = clients.metrics(region).query_resources(
                resource_ids=here[first : first + 50],
                metric_namespace=MACHINES,
                metric_names=["Percentage CPU", "Network In Total"],
                timespan=(NOW - timedelta(minutes=30), NOW - timedelta(minutes=15)),
                granularity=timedelta(minutes=5),
                aggregations=["Average", "Total"],
            )
            for name, answer in zip(here[first : first + 50], answers, strict=True):
                counted[name.lower()] = sum(
                    point.average is not None
                    for metric in answer.metrics
                    for point in metric.timeseries[0].data
                )
    assert cloud.calls.count("resourcegraph") == 1
    assert 20 <= cloud.calls.count("metrics") <= 22
    span = Window(NOW - timedelta(minutes=30), NOW - timedelta(minutes=15))
    told = cloud.points(ACME.id, span, NOW)
    assert counted == {name: told[name] for name in truth}


def test_nothing_says_that_there_are_more_than_ten_series(clients: Clients) -> None:
    """Without ``top`` a subscription of a thousand machines tells ten of them."""
    answer = clients.monitor().metrics.list_at_subscription_scope(
        region="eastus",
        metricnamespace=MACHINES,
        metricnames="Percentage CPU",
        timespan="2026-11-20T11:30:00Z/2026-11-20T12:00:00Z",
        interval="PT5M",
        aggregation="Average",
        filter="Microsoft.ResourceId eq '*'",
    )
    assert len(answer.value[0].timeseries) == 10
    assert not any("truncat" in name.lower() for name in answer.as_dict())


def test_a_day_of_a_thousand_machines_adds_up(clients: Clients, cloud: AzureCloud) -> None:
    """The query pages through thousands of rows and adds up to the truth."""
    account = cloud.holders()[1].account_id
    asked = {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": {"from": "2026-11-10", "to": "2026-11-10"},
        "dataset": {
            "granularity": "Daily",
            "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            "grouping": [
                {"type": "Dimension", "name": name} for name in ("ResourceId", "ResourceGuid")
            ],
        },
    }
    wire, total, rows = clients.wire(account), Decimal(0), 0
    link = f"/subscriptions/{account}/providers/Microsoft.CostManagement/query?api-version=1"
    while link:
        page = wire.post(link, json=asked).json()["properties"]
        total += sum(Decimal(str(row[0])) for row in page["rows"])
        rows += len(page["rows"])
        link = page["nextLink"]
    day = NOW.date().replace(day=10)
    truth = cloud.cost_by_day(account, day, day + timedelta(days=1), NOW)
    assert rows > 3_000
    assert {day: total} == truth
