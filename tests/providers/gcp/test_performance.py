"""Samples: whose they are, what they measure, and when."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from optiinfra_core.errors import PermissionMissing
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.performance import PerformanceCollector, period_of
from optiinfra_pipelines.providers.gcp.samples import SAMPLED
from tests.providers.gcp import inventories
from tests.providers.gcp.conftest import NOW, Connect
from tests.providers.gcp.series import MACHINE, NAME, asked_for, page, series
from tests.providers.gcp.wire import PROJECT, GoogleDouble, MonitoringDouble

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPAN = Window(START, START + timedelta(minutes=15))
CPU = "compute.googleapis.com/instance/cpu/utilization"
VM = f"//compute.googleapis.com/projects/{PROJECT}/zones/us-central1-a/instances/123"

Answer = Callable[[Any], Any]


@pytest.fixture
def gcp(connect: Connect, monitoring_endpoint: str) -> Gcp:
    """A connection with a monitoring that tests script."""
    return connect(monitoring_endpoint=monitoring_endpoint)


def only(type_: str, *told: Answer) -> Answer:
    """An answer that has series of one metric type, and none of others."""
    return lambda request: (
        page(*(one(request) for one in told)) if asked_for(request) == type_ else page()
    )


def collected(gcp: Gcp, span: Window = SPAN) -> list[PerformanceRow]:
    """The rows of ``span``."""
    return list(PerformanceCollector().collect(gcp, span))


def test_cpu_is_percent_at_the_start_of_each_five_minutes(
    gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """0.25 of all vCPUs is 25 %, from 12:00 to 12:05."""
    monitored.answer = only(CPU, lambda request: series(request, [0.25, 0.5, 0.75]))
    rows = collected(gcp)
    assert [(row.ts, row.value) for row in rows] == [
        (START, 25.0),
        (START + timedelta(minutes=5), 50.0),
        (START + timedelta(minutes=10), 75.0),
    ]
    [first, *_] = rows
    assert (first.metric, first.statistic, first.unit) == ("cpu_utilization", "avg", "%")
    assert (first.resource_id, first.resource_name) == (VM, "web-1")
    assert (first.region, first.resource_type) == ("us-central1", "gcp.compute.instance")
    assert first.period_s == 300


def test_one_request_for_each_metric_type(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """Machines without agents, and no databases, cost nothing but the requests."""
    assert collected(gcp) == []
    assert sorted(map(asked_for, monitored.asked)) == sorted(one.type for one in SAMPLED)
    assert sum(call.usd for call in gcp.gate.ledger.calls) == 0


def test_what_is_counted_is_added_up_over_disks(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """Google joins the disks of a machine; were they apart, they would be added up here."""
    path = "compute.googleapis.com/instance/disk/read_bytes_count"
    monitored.answer = only(
        path,
        lambda request: series(request, [100.0], metric={**NAME, "device_name": "a"}),
        lambda request: series(request, [11.0], metric={**NAME, "device_name": "b"}),
    )
    [row] = collected(gcp)
    assert (row.metric, row.statistic, row.unit, row.value) == ("disk_read", "sum", "By", 111.0)
    [asked] = [one for one in monitored.asked if asked_for(one) == path]
    assert asked.aggregation.per_series_aligner.name == "ALIGN_SUM"
    assert asked.aggregation.cross_series_reducer.name == "REDUCE_SUM"
    assert "resource.label.instance_id" in asked.aggregation.group_by_fields


def test_a_series_that_goes_on_and_repeats_itself_counts_once(
    gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """The first of two values of an instant stands; what is not a number is left out."""
    monitored.answer = only(
        "compute.googleapis.com/instance/network/received_bytes_count",
        lambda request: series(request, [1.0, 2.0, float("nan")]),
        lambda request: series(request, [9.0, 9.0, 9.0]),
    )
    assert [row.value for row in collected(gcp)] == [1.0, 2.0, 9.0]


def test_a_series_without_the_machines_number_is_found_by_its_name(
    gcp: Gcp, monitored: MonitoringDouble, cloud: GoogleDouble
) -> None:
    """As recorded from life: zone, project and the machine's name, and nothing else."""
    labels = {key: value for key, value in MACHINE.items() if key != "instance_id"}
    inventories.furnish(cloud)
    monitored.answer = only(
        CPU,
        lambda request: series(request, [0.1], labels),
        lambda request: series(request, [0.2], labels, {"instance_name": "gone"}),
    )
    [row] = collected(gcp)
    assert row.resource_id == VM
    assert cloud.count("/aggregated/instances") == 1


def test_a_series_with_its_number_needs_no_inventory(
    gcp: Gcp, monitored: MonitoringDouble, cloud: GoogleDouble
) -> None:
    """No listing is asked for."""
    monitored.answer = only(CPU, lambda request: series(request, [0.1]))
    assert len(collected(gcp)) == 1
    assert cloud.count("/aggregated/instances") == 0


def test_databases_are_called_by_project_and_name(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """database_id is PROJECT:NAME."""
    labels = {"project_id": PROJECT, "region": "us-central1", "database_id": f"{PROJECT}:orders"}
    monitored.answer = only(
        "cloudsql.googleapis.com/database/memory/utilization",
        lambda request: series(request, [0.5], labels, {}),
    )
    [row] = collected(gcp)
    assert row.resource_id == f"//cloudsql.googleapis.com/projects/{PROJECT}/instances/orders"
    assert (row.metric, row.value, row.region) == ("memory_utilization", 50.0, "us-central1")


def test_requests_are_those_of_the_forwarding_rule(
    gcp: Gcp, monitored: MonitoringDouble, cloud: GoogleDouble
) -> None:
    """The series has the rule's name, the inventory its number."""
    inventories.furnish(cloud)
    labels = {"project_id": PROJECT, "region": "global", "forwarding_rule_name": "https"}
    monitored.answer = only(
        "loadbalancing.googleapis.com/https/request_count",
        lambda request: series(request, [42.0], labels, {}),
    )
    [row] = collected(gcp)
    assert row.resource_id.endswith("/global/forwardingRules/99")
    assert (row.metric, row.unit, row.value) == ("requests", "{requests}", 42.0)


def test_a_metric_that_nothing_has_written_has_no_samples(
    gcp: Gcp, monitored: MonitoringDouble
) -> None:
    """Google answers NOT_FOUND for a type without a descriptor."""
    monitored.fates = [(grpc.StatusCode.NOT_FOUND, "Cannot find metric(s)")] * len(SAMPLED)
    assert collected(gcp) == []


def test_a_refusal_is_no_emptiness(gcp: Gcp, monitored: MonitoringDouble) -> None:
    """The permission is named."""
    monitored.fates = [(grpc.StatusCode.PERMISSION_DENIED, "no")] * len(SAMPLED)
    with pytest.raises(PermissionMissing, match=r"monitoring\.timeSeries\.list"):
        collected(gcp)


def test_only_the_regions_asked_for_are_brought(
    connect: Connect, monitored: MonitoringDouble, monitoring_endpoint: str
) -> None:
    """By the credential's locations, and by the parts of a repeated collection."""
    monitored.answer = only(CPU, lambda request: series(request, [0.1]))
    gcp = connect(monitoring_endpoint=monitoring_endpoint, locations=("europe-west1",))
    assert collected(gcp) == []
    gcp = connect(monitoring_endpoint=monitoring_endpoint)
    parts = frozenset({"us-central1"})
    assert len(list(PerformanceCollector().collect(gcp, SPAN, parts))) == 1
    assert list(PerformanceCollector().collect(gcp, SPAN, frozenset({"us-east1"}))) == []


def test_old_samples_are_ten_minutes_apart() -> None:
    """Google keeps minutes for six weeks."""
    week = timedelta(days=7)
    assert period_of(NOW, Window(NOW - 5 * week, NOW)) == timedelta(minutes=5)
    assert period_of(NOW, Window(NOW - 7 * week, NOW)) == timedelta(minutes=10)
