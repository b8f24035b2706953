"""Answers have the shape of recorded ones and of the official specification.

Recordings are Cloud Custodian's (cloud-custodian/cloud-custodian, tools/c7n_azure cassettes);
examples are those of Azure/azure-rest-api-specs, whose keys are written down here.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.cloud import AzureCloud
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.test_costs import body
from tests.simulator.azure.test_monitor import MACHINES, machines

COMPUTE = f"/subscriptions/{ACME.id}/providers/Microsoft.Compute"
SPAN = "2026-11-20T10:00:00Z/2026-11-20T11:00:00Z"

CORPUS = os.environ.get("OPTIINFRA_CORPUS", "")  # noqa: TID251 - tests have no settings


@pytest.fixture
def wire(clients: Clients) -> httpx.Client:
    """Plain HTTP with the collector's token."""
    return clients.wire()


def recorded(cassette: str, path: str, status: int = 200) -> Iterator[Mapping[str, Any]]:
    """The bodies in a cassette that answer a path."""
    folder = Path(CORPUS) / "recordings" / "azure"
    tape = json.loads((folder / f"{cassette}.json").read_text())
    for one in tape["interactions"]:
        told = one["response"]
        if path.lower() in one["request"]["uri"].lower() and told["status"]["code"] == status:
            yield told["body"]["data"]


corpus = pytest.mark.corpus
needs_corpus = pytest.mark.skipif(not CORPUS, reason="OPTIINFRA_CORPUS is not set")


def kinds(value: Any) -> Any:
    """The shape of a document: its keys and the types of their values."""
    if isinstance(value, dict):
        return {name: kinds(one) for name, one in value.items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return (
        "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
    )


def same(mine: Mapping[str, Any], theirs: Mapping[str, Any], *but: str) -> None:
    """Both have the same keys with the same types, but for those that are named."""
    ours, others = kinds(dict(mine)), kinds(dict(theirs))
    for name in but:
        ours.pop(name, None)
        others.pop(name, None)
    assert ours == others


@corpus
@needs_corpus
def test_a_cost_query_has_the_recorded_shape(clients: Clients) -> None:
    """CostFilterTest.test_cost_resource: document, columns and the types of a row."""
    asked = body("ResourceId", granularity="None")
    asked["dataset"]["aggregation"] = {"totalCost": {"name": "PreTaxCost", "function": "Sum"}}
    path = f"/subscriptions/{GLOBEX.id}/providers/Microsoft.CostManagement/query"
    mine = clients.wire(GLOBEX.id).post(path, json=asked).json()
    (theirs,) = recorded("CostFilterTest.test_cost_resource", "CostManagement/query")
    same(mine, theirs)
    assert mine["properties"]["columns"] == theirs["properties"]["columns"]
    ids = [row[1] for row in (*mine["properties"]["rows"], *theirs["properties"]["rows"])]
    assert all(one == one.lower() for one in ids)


@corpus
@needs_corpus
@pytest.mark.parametrize(
    "cassette",
    ["VMTest.virtual_machine", "CostFilterTest.test_cost_resource"],
)
def test_machines_have_the_recorded_shape(wire: httpx.Client, cassette: str) -> None:
    """Every key of a recorded machine is there with its type; new ones came since."""
    mine = wire.get(f"{COMPUTE}/virtualMachines?api-version=2020-12-01").json()
    (theirs,) = recorded(cassette, "Compute/virtualMachines?")
    shown, known = mine["value"][0], theirs["value"][0]
    same(shown, known, "properties", "zones", "tags", "resources")
    told, recording = shown["properties"], known["properties"]
    assert set(recording) <= set(told)
    assert set(told) - set(recording) <= {"timeCreated"}
    disk = recording["storageProfile"]["osDisk"]
    assert set(told["storageProfile"]["osDisk"]) >= set(disk) - {"diskSizeGB"}
    assert told["hardwareProfile"].keys() == recording["hardwareProfile"].keys()


@corpus
@needs_corpus
def test_metrics_of_a_resource_have_the_recorded_shape(
    wire: httpx.Client, cloud: AzureCloud
) -> None:
    """ArmResourceTest.test_metric_filter_not_find: a total of bytes, bin by bin."""
    path = f"{machines(cloud)[0].arm_id}/providers/microsoft.insights/metrics"
    query = "interval=P1D&metricnames=Network%20In&aggregation=total&api-version=2018-01-01"
    mine = wire.get(f"{path}?timespan=2026-11-19T00:00:00Z/2026-11-20T00:00:00Z&{query}").json()
    theirs = next(
        one
        for one in recorded("ArmResourceTest.test_metric_filter_not_find", "insights/metrics?")
        if "value" in one
    )
    same(mine, theirs, "value")
    metric, known = mine["value"][0], theirs["value"][0]
    # Since 2019 metrics are described and say whether they succeeded (2024-02-01).
    assert set(metric) - set(known) == {"displayDescription", "errorCode"}
    same(metric, known, "displayDescription", "errorCode")


@corpus
@needs_corpus
def test_an_unknown_metric_is_refused_as_recorded(wire: httpx.Client, cloud: AzureCloud) -> None:
    """ArmResourceTest.test_metric_filter_invalid_metric: 400, with the names of valid metrics."""
    path = f"{machines(cloud)[0].arm_id}/providers/microsoft.insights/metrics"
    query = "metricnames=InvalidMetric&aggregation=average&api-version=2018-01-01"
    answer = wire.get(f"{path}?timespan={SPAN}&interval=P1D&{query}")
    (theirs,) = recorded(
        "ArmResourceTest.test_metric_filter_invalid_metric", "insights/metrics?", status=400
    )
    assert answer.status_code == 400
    same(answer.json(), theirs)
    assert answer.json()["code"] == theirs["code"]
    mine, known = (one["message"].partition("Valid metrics: ") for one in (answer.json(), theirs))
    assert mine[0] == known[0]
    assert "Percentage CPU" in mine[2].split(",")


@corpus
@needs_corpus
def test_resource_graph_has_the_recorded_shape(wire: httpx.Client) -> None:
    """ResourceGraphSource: the table's columns are there with the types that Azure gives them."""
    query = {
        "subscriptions": [ACME.id],
        "query": f"Resources | where type =~ '{MACHINES}'",
        "options": {"resultFormat": "table"},
    }
    answer = wire.post("/providers/Microsoft.ResourceGraph/resources?api-version=1", json=query)
    name = "ResourceGraphSource.test_resource_graph_and_arm_sources_vm_are_equivalent"
    (theirs,) = recorded(name, "ResourceGraph/resources")
    mine = answer.json()
    same(mine, theirs, "data")
    columns = {one["name"]: one["type"] for one in mine["data"]["columns"]}
    known = {one["name"]: one["type"] for one in theirs["data"]["columns"]}
    assert {name: columns[name] for name in known} == known
    assert set(columns) - set(known) == {"extendedLocation"}
    for header in ("x-ms-user-quota-remaining", "x-ms-user-quota-resets-after"):
        assert header in answer.headers


@corpus
@needs_corpus
def test_exports_have_the_recorded_shape(wire: httpx.Client) -> None:
    """CostManagementExportTest: an export's schedule, delivery and definition."""
    path = f"/subscriptions/{ACME.id}/providers/Microsoft.CostManagement/exports"
    mine = wire.get(f"{path}?api-version=2019-01-01").json()["value"][0]
    theirs = next(
        one["value"][0]
        for one in recorded("CostManagementExportTest.last-execution", "exports?")
        if one["value"]
    )
    same(mine, theirs, "properties")
    told, known = mine["properties"], theirs["properties"]
    since = {"partitionData", "dataOverwriteBehavior", "compressionMode"}
    assert set(told) - set(known) == since
    same(told["schedule"], known["schedule"])
    same(told["deliveryInfo"]["destination"], known["deliveryInfo"]["destination"], "type")


def test_a_batch_has_the_shape_of_the_specification(clients: Clients, cloud: AzureCloud) -> None:
    """specification/monitor/data-plane, 2024-02-01, MetricBatchExample.json."""
    token = clients.credential().get_token("https://metrics.monitor.azure.com/.default").token
    query = {
        "starttime": "2026-11-20T10:00:00Z",
        "endtime": "2026-11-20T10:15:00Z",
        "interval": "PT5M",
        "metricnamespace": MACHINES,
        "metricnames": "Percentage CPU",
        "aggregation": "average,minimum",
        "api-version": "2024-02-01",
    }
    (answer,) = (
        clients.wire(application="")
        .post(
            f"/metrics/eastus/subscriptions/{ACME.id}/metrics:getBatch",
            params=query,
            json={"resourceids": [machines(cloud)[0].arm_id]},
            headers={"Authorization": f"Bearer {token}"},
        )
        .json()["values"]
    )
    assert set(answer) == {
        "starttime", "endtime", "interval", "value", "namespace", "resourceregion", "resourceid",
    }  # fmt: skip
    assert answer["namespace"] == MACHINES.lower()
    (metric,) = answer["value"]
    assert set(metric) == {
        "id", "type", "name", "displayDescription", "unit", "timeseries", "errorCode",
    }  # fmt: skip
    (series,) = metric["timeseries"]
    assert set(series) == {"metadatavalues", "data"}
    assert set(series["data"][0]) == {"timeStamp", "average", "minimum"}


def test_runs_have_the_shape_of_the_specification(wire: httpx.Client) -> None:
    """specification/cost-management, 2025-03-01, ExportRunHistoryGetBySubscription.json."""
    path = f"/subscriptions/{ACME.id}/providers/Microsoft.CostManagement/exports/optiinfra-focus"
    told = wire.get(f"{path}/runHistory?api-version=2025-03-01").json()["value"]
    done = next(one for one in told if one["properties"]["status"] == "Completed")
    assert set(done) == {"id", "properties"}
    assert set(done["properties"]) == {
        "executionType", "status", "submittedBy", "submittedTime", "processingStartTime",
        "processingEndTime", "startDate", "endDate", "manifestFile", "fileName", "runSettings",
    }  # fmt: skip
    assert set(done["properties"]["runSettings"]) == {
        "format", "deliveryInfo", "definition", "partitionData", "dataOverwriteBehavior",
        "compressionMode",
    }  # fmt: skip


def test_a_manifest_has_the_shape_that_finops_hubs_read(clients: Clients) -> None:
    """microsoft/finops-toolkit issue 527 shows one; counts came with version 2024-04-01."""
    container = clients.container()
    name = next(one.name for one in container.list_blobs() if one.name.endswith("manifest.json"))
    told = json.loads(container.download_blob(name).readall())
    assert set(told) == {
        "manifestVersion", "byteCount", "blobCount", "dataRowCount", "exportConfig",
        "deliveryConfig", "runInfo", "blobs",
    }  # fmt: skip
    assert set(told["exportConfig"]) == {
        "exportName", "resourceId", "dataVersion", "apiVersion", "type", "timeFrame",
        "granularity",
    }  # fmt: skip
    assert set(told["runInfo"]) == {
        "executionType", "submittedTime", "runId", "startDate", "endDate",
    }  # fmt: skip
    assert set(told["blobs"][0]) == {"blobName", "byteCount", "dataRowCount"}
