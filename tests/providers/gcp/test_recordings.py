"""Answers that Google gave to others, through the unmodified SDKs and over real sockets."""

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import monitoring_v3 as api
from google.protobuf import json_format

from optiinfra_core.metrics import ResourceRow
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.performance import PerformanceCollector
from optiinfra_pipelines.providers.gcp.resource import ResourceCollector
from tests.providers.gcp.conftest import Connect
from tests.providers.gcp.series import asked_for
from tests.providers.gcp.wire import GoogleDouble, MonitoringDouble

pytestmark = pytest.mark.corpus

PROJECT = "cloud-custodian"
SPAN = Window(
    datetime(2026, 11, 22, 12, 15, tzinfo=UTC), datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
)
COMPUTE = "get-compute-v1-projects-cloud-custodian-aggregated-"

Recorded = Callable[[str, str], Mapping[str, Any]]


@pytest.fixture
def recorded() -> Recorded:
    """Reads a recording's body by its folder and file."""
    corpus = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
    if not corpus:
        pytest.skip("OPTIINFRA_CORPUS is not set")

    def read(folder: str, file: str) -> Mapping[str, Any]:
        path = Path(corpus) / "recordings" / "gcp" / folder / f"{file}_1.json"
        body: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))["body"]
        return body

    return read


def inventory(gcp: Gcp) -> list[ResourceRow]:
    """Everything that is listed, without a hole."""
    items = list(ResourceCollector().collect(gcp, SPAN))
    assert all(isinstance(one, ResourceRow) for one in items)
    return [one for one in items if isinstance(one, ResourceRow)]


@pytest.mark.parametrize("folder", ["instance-query", "filter-metrics", "instance-stop"])
def test_recorded_instances_become_rows(
    folder: str, recorded: Recorded, cloud: GoogleDouble, connect: Connect
) -> None:
    """Each of them once, with its zone, state, type and creation as recorded."""
    body = recorded(folder, f"{COMPUTE}instances")
    cloud.on("/aggregated/instances", body)
    rows = inventory(connect(project_id=PROJECT))
    told = {
        str(one["id"]): one
        for scope in body["items"].values()
        for one in scope.get("instances", ())
    }
    assert told
    assert {row.resource_id.rpartition("/")[2] for row in rows} == set(told)
    for row in rows:
        one = told[row.resource_id.rpartition("/")[2]]
        zone = one["zone"].rpartition("/")[2]
        assert row.resource_id.split("/")[6] == zone
        assert row.region == zone.rpartition("-")[0]
        assert row.sku == one["machineType"].rpartition("/")[2]
        assert row.created_at == datetime.fromisoformat(one["creationTimestamp"])
        assert row.state == ("stopped" if one["status"] == "TERMINATED" else one["status"].lower())
        assert row.vcpus


@pytest.mark.parametrize("folder", ["disk-query", "disk-label", "disk-delete", "disk-recommend"])
def test_recorded_disks_become_rows(
    folder: str, recorded: Recorded, cloud: GoogleDouble, connect: Connect
) -> None:
    """Sizes are numbers, and what is attached is in use."""
    body = recorded(folder, f"{COMPUTE}disks")
    cloud.on("/aggregated/disks", body)
    rows = inventory(connect(project_id=PROJECT))
    told = [one for scope in body["items"].values() for one in scope.get("disks", ())]
    assert len(rows) == len(told) > 0
    by_number = {str(one["id"]): one for one in told}
    for row in rows:
        one = by_number[row.resource_id.rpartition("/")[2]]
        assert row.storage_gib == float(one["sizeGb"])
        assert row.state == ("in-use" if one.get("users") else "available")


def test_recorded_addresses_become_rows(
    recorded: Recorded, cloud: GoogleDouble, connect: Connect
) -> None:
    """Global ones and regional ones; regions without any say so and are no failures."""
    body = recorded("lb-addresses-global-addresses", f"{COMPUTE}addresses")
    cloud.on("/aggregated/addresses", body)
    rows = inventory(connect(project_id=PROJECT))
    told = [one for scope in body["items"].values() for one in scope.get("addresses", ())]
    assert len(rows) == len(told) > 1
    assert "global" in {row.region for row in rows}
    where = {row.resource_id.rpartition("/addresses/")[0].rpartition("cloud-custodian/")[2]
             for row in rows}  # fmt: skip
    assert {"global", "regions/us-central1"} <= where


def test_a_recorded_series_without_a_number_finds_its_machine(
    recorded: Recorded,
    cloud: GoogleDouble,
    connect: Connect,
    monitored: MonitoringDouble,
    monitoring_endpoint: str,
) -> None:
    """It names the machine, its zone and its project; the inventory knows the number."""
    body = recorded("filter-metrics", "get-v3-projects-cloud-custodian-timeSeries")
    series = body["timeSeries"]
    told = json_format.ParseDict(
        {"timeSeries": series}, api.ListTimeSeriesResponse.pb(api.ListTimeSeriesResponse())
    )
    cloud.on("/aggregated/instances", recorded("filter-metrics", f"{COMPUTE}instances"))
    types = {one["metric"]["type"] for one in series}
    answer = api.ListTimeSeriesResponse.deserialize(told.SerializeToString())
    monitored.answer = lambda request: (
        answer if asked_for(request) in types else api.ListTimeSeriesResponse()
    )
    # The recorded point is dated to the second of its question, as unaligned spans are.
    at = datetime.fromisoformat(series[0]["points"][0]["interval"]["endTime"])
    span = Window(at - timedelta(days=1), at + timedelta(days=1))
    gcp = connect(project_id=PROJECT, monitoring_endpoint=monitoring_endpoint)
    [row] = PerformanceCollector().collect(gcp, span)
    value = series[0]["points"][0]["value"]["doubleValue"]
    assert row.value == pytest.approx(value * 100)
    assert row.resource_name == series[0]["metric"]["labels"]["instance_name"]
    assert row.resource_id.rpartition("/")[2].isdecimal()


def test_a_recorded_billing_account_is_read(
    recorded: Recorded, cloud: GoogleDouble, connect: Connect
) -> None:
    """By the billing client; that recording is older than the currency's field."""
    name = "CU570D-1A4CU5-70D1A4"
    cloud.on(
        f"/billingAccounts/{name}",
        recorded("cloudbilling-account-get", f"get-v1-billingAccounts-{name}"),
    )
    account = connect().billing.account(name)
    assert (account.name, account.open, account.currency) == ("Custodian", True, "")
