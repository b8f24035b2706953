"""Recorded answers of Azure through the unmodified SDK clients, over real sockets."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from optiinfra_core.errors import Permanent
from optiinfra_core.metrics import ResourceRow
from optiinfra_core.testing.http_double import Reply
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.azure.client import rights
from optiinfra_pipelines.providers.azure.client.costs import ACTUAL, Question, records
from optiinfra_pipelines.providers.azure.client.inventory import resources
from optiinfra_pipelines.providers.azure.client.metrics import samples
from optiinfra_pipelines.providers.azure.resource import ResourceCollector
from tests.providers.azure.asking import batch
from tests.providers.azure.conftest import Connect
from tests.providers.azure.wire import SUBSCRIPTION, AzureDouble, graph, told

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
FOLDER = Path(CORPUS or ".") / "recordings" / "azure"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set"),
]
START = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
SPAN = Window(START, START + QUARTER_HOUR)
QUESTION = Question(kind=ACTUAL, first=date(2026, 11, 1), last=date(2026, 11, 22))


def recorded(name: str, part: str) -> list[tuple[Reply, Any]]:
    """The recorded answers of a cassette to requests whose address holds ``part``."""
    cassette = json.loads((FOLDER / f"{name}.json").read_text())
    found = []
    for one in cassette["interactions"]:
        if part.lower() in one["request"]["uri"].lower():
            data = one["response"]["body"]["data"]
            found.append((told(data, int(one["response"]["status"]["code"])), data))
    assert found, f"{name} holds no request to {part}"
    return found


def test_the_recorded_cost_query_arrives_whole(cloud: AzureDouble, connect: Connect) -> None:
    """A real answer of 2019 in the client of today: amount, resource and currency."""
    ((reply, data),) = recorded("CostFilterTest.test_cost_resource", "CostManagement/query")
    cloud.on("query", reply)
    (row,) = records(connect(), QUESTION)
    assert list(row.values()) == data["properties"]["rows"][0]
    assert (row["PreTaxCost"], row["Currency"]) == (0.16403, "USD")


def test_the_recorded_400_is_a_clear_permanent_error(cloud: AzureDouble, connect: Connect) -> None:
    """Azure names the metric it does not know and those it does; nothing is retried."""
    ((reply, data),) = recorded("ArmResourceTest.test_metric_filter_invalid_metric", "metrics")
    for kind in ("batch", "regional", "metrics"):
        cloud.on(kind, reply)
    with pytest.raises(Permanent) as error:
        samples(connect(), replace(batch("cctestvm"), names=("InvalidMetric",)))
    assert type(error.value) is Permanent
    assert "BadRequest: Failed to find metric configuration" in error.value.told
    assert "metric: InvalidMetric, Valid metrics: Percentage CPU,Network In" in error.value.told
    assert str(data["message"])[:300] in error.value.told
    assert [len(cloud.of(kind)) for kind in ("batch", "regional", "metrics")] == [1, 1, 1]


METRICS = [
    ("ArmResourceTest.test_metric_filter_not_find", "total"),
    ("ArmResourceTest.test_metric_filter_not_find_average", "average"),
    ("SqlServerTest.test_metric_database", "average"),
    # Azure answered this one without any series: a metric nothing was measured of.
    ("SqlServerTest.test_metric_elastic_include", "average"),
]


@pytest.mark.parametrize(("name", "aggregation"), METRICS)
def test_recorded_samples_arrive_as_they_were_measured(
    name: str, aggregation: str, cloud: AzureDouble, connect: Connect
) -> None:
    """Stamp and value of each recorded point; a point without a value is no sample, never 0."""
    ((reply, data),) = recorded(name, "microsoft.insights/metrics")
    refusal = told({"error": {"code": "AuthorizationFailed", "message": "no"}}, 403)
    cloud.on("batch", refusal)
    cloud.on("regional", refusal)
    cloud.on("metrics", reply)
    asked = replace(batch("cctestvm"), aggregations=(aggregation,))
    points: list[Mapping[str, Any]] = [
        point
        for metric in data["value"]
        for series in metric["timeseries"]
        for point in series["data"]
    ]
    expected = [
        (datetime.fromisoformat(point["timeStamp"]), {aggregation: float(point[aggregation])})
        for point in points
        if aggregation in point
    ]
    found = samples(connect(), asked).samples
    assert bool(points) == ("elastic" not in name)
    assert [(one.ts, dict(one.values)) for one in found] == expected


TABLES = [
    "ResourceGraphSource.test_resource_graph_and_arm_sources_vm_are_equivalent",
    "ResourceGraphSource.test_resource_graph_and_arm_sources_storage_are_equivalent",
]


@pytest.mark.parametrize("name", TABLES)
def test_the_table_format_of_early_versions_reads_as_objects(
    name: str, cloud: AzureDouble, connect: Connect
) -> None:
    """Columns and rows become one object for each row, by the columns' names."""
    ((reply, data),) = recorded(name, "ResourceGraph/resources")
    cloud.on("graph", reply)
    found = list(resources(connect()))
    names = [column["name"] for column in data["data"]["columns"]]
    assert [[one[name] for name in names] for one in found] == data["data"]["rows"]


def test_recorded_machines_of_resource_graph_become_rows(
    cloud: AzureDouble, connect: Connect
) -> None:
    """What a real subscription says of its machines; who administers them stays there."""
    ((reply, data),) = recorded(TABLES[0], "ResourceGraph/resources")
    cloud.on("graph", reply)
    rows = list(ResourceCollector().collect(connect(), SPAN))
    machines = [row for row in rows if isinstance(row, ResourceRow)]
    assert len(machines) == len(rows) == len(data["data"]["rows"])
    assert {row.sku for row in machines} == {
        row[8]["hardwareProfile"]["vmSize"] for row in data["data"]["rows"]
    }
    assert all(row.resource_id == row.resource_id.lower() for row in machines)
    assert "testuser" not in repr(machines)


LISTS = [
    ("VMTest.virtual_machine", "virtualMachines", "microsoft.compute/virtualmachines"),
    ("VMTest.virtual_machine_tags", "virtualMachines", "microsoft.compute/virtualmachines"),
    ("CostFilterTest.test_cost_resource", "virtualMachines", "microsoft.compute/virtualmachines"),
    ("VMTest.test_vm_backup_status_protected", "virtualMachines?",
     "microsoft.compute/virtualmachines"),
    ("DiskTest.test_find_by_name", "Compute/disks", "microsoft.compute/disks"),
    ("PublicIpAddressTest.test_find_by_name", "publicIPAddresses",
     "microsoft.network/publicipaddresses"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "part", "kind"), LISTS, ids=lambda value: str(value)[:24])
def test_recorded_lists_become_rows(
    name: str, part: str, kind: str, cloud: AzureDouble, connect: Connect
) -> None:
    """Resource Graph shows the objects of these lists, its types in lower case."""
    listed = [one for _, data in recorded(name, part) for one in data["value"]]
    cloud.on("graph", graph([{**one, "type": kind} for one in listed]))
    rows = list(ResourceCollector().collect(connect(), SPAN))
    assert all(isinstance(row, ResourceRow) for row in rows)
    assert [getattr(row, "resource_id", "") for row in rows] == [
        one["id"].lower() for one in listed
    ]
    secrets = [one["properties"].get("osProfile", {}).get("adminUsername") for one in listed]
    written = repr(rows)
    assert not any(secret in written for secret in secrets if secret)


@pytest.mark.parametrize(
    "name",
    [
        "AdvisorRecommendationTest.test_advisor_recommendation_filter",
        "SubscriptionTaggingTest.test_subscription_marked_for_op_filter",
        "SubscriptionTaggingTest.test_subscription_tag_and_untag",
    ],
)
def test_a_recorded_subscription_is_recognised(
    name: str, cloud: AzureDouble, connect: Connect
) -> None:
    """The answer that verification reads, as several versions of the API gave it."""
    reply, _ = recorded(name, f"/subscriptions/{SUBSCRIPTION}?")[0]
    cloud.on("subscription", reply)
    assert rights.subscription(connect())["subscriptionId"] == SUBSCRIPTION


def test_the_recorded_export_names_what_a_credential_names() -> None:
    """Where an export delivers: container, directory and its own name."""
    ((_, data),) = recorded("CostManagementExportTest.last-execution", "exports?")
    (export,) = data["value"]
    there = export["properties"]["deliveryInfo"]["destination"]
    assert set(there) >= {"container", "rootFolderPath", "resourceId"}
    assert export["name"] == "cccostexport"
