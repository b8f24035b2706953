"""Azure Monitor: batches, single resources, whole subscriptions, bins and aggregations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from optiinfra_core.windows import Window
from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.azure.signals import metrics_of
from optiinfra_simulator.azure.things import VirtualMachine
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW

MACHINES = "Microsoft.Compute/virtualMachines"
START = NOW.replace(hour=10, minute=0)
HOUR = (START, START + timedelta(hours=1))
SPAN = "2026-11-20T10:00:00Z/2026-11-20T11:00:00Z"


def machines(cloud: AzureCloud, account: str = ACME.id) -> list[VirtualMachine]:
    """The machines that exist in East US."""
    found = cloud.estate.fleet(account).at(cloud.world.clock.now())
    return [one for one in found if isinstance(one, VirtualMachine) and one.region == "eastus"]


def batch(clients: Clients, ids: list[str], *names: str, **options: Any) -> list[Any]:
    """The answer to one batch over an hour in bins of five minutes."""
    given: dict[str, Any] = {
        "metric_namespace": MACHINES,
        "timespan": HOUR,
        "granularity": timedelta(minutes=5),
        "aggregations": ["Average"],
        **options,
    }
    found: list[Any] = clients.metrics().query_resources(
        resource_ids=ids, metric_names=list(names), **given
    )
    return found


def values(answer: Any, aggregation: str = "average") -> list[tuple[datetime, float]]:
    """The stamps and values of the only series of the first metric."""
    (series,) = answer.metrics[0].timeseries
    return [
        (point.timestamp, getattr(point, aggregation))
        for point in series.data
        if getattr(point, aggregation) is not None
    ]


def test_a_batch_tells_the_samples_of_the_world(clients: Clients, cloud: AzureCloud) -> None:
    """Each machine's processor is as its series has it, stamp by stamp."""
    owned = machines(cloud)
    answers = batch(clients, [one.arm_id for one in owned], "Percentage CPU", "Network In Total")
    signal = metrics_of(MACHINES)[0].signal
    assert len(answers) == len(owned) > 2
    for thing, answer in zip(owned, answers, strict=True):
        series = cloud.world.series(thing, signal).samples(*HOUR, NOW)
        assert values(answer) == [(datetime.fromtimestamp(at, UTC), v) for at, v in series]
        assert [metric.name for metric in answer.metrics] == ["Percentage CPU", "Network In Total"]


def test_points_of_the_truth_are_those_that_were_asked_for(
    clients: Clients, cloud: AzureCloud
) -> None:
    """The truth counts watched metrics only, over everything that existed."""
    span = Window(*HOUR)
    assert set(cloud.points(ACME.id, span, NOW).values()) == {0}
    answers = batch(clients, [one.arm_id for one in machines(cloud)], "Percentage CPU")
    counted = cloud.points(ACME.id, span, NOW)
    for thing, answer in zip(machines(cloud), answers, strict=True):
        assert counted[thing.id] == len(values(answer))
    assert set(cloud.points(GLOBEX.id, span, NOW).values()) == {0}


def test_a_machine_has_no_samples_from_before_it_was_made(
    clients: Clients, cloud: AzureCloud
) -> None:
    """Before it was made its bins are there and empty; asking for it is no fault."""
    youngest = max(machines(cloud), key=lambda one: one.life.born)
    before = youngest.life.born.replace(minute=0, second=0) - timedelta(days=1)
    span = (before, before + timedelta(hours=1))
    (answer,) = batch(clients, [youngest.arm_id], "Percentage CPU", timespan=span)
    assert answer.metrics[0].timeseries
    assert values(answer) == []


def test_empty_bins_have_a_stamp_and_no_value(clients: Clients, cloud: AzureCloud) -> None:
    """A deallocated machine has bins without values, as an unknown metric of its type has."""
    idle = next(one for one in machines(cloud) if one.life.hours)
    night = (START.replace(hour=1), START.replace(hour=2))
    (answer,) = batch(clients, [idle.arm_id], "Percentage CPU", timespan=night)
    (series,) = answer.metrics[0].timeseries
    assert len(series.data) == 12
    assert [point.average for point in series.data] == [None] * 12


def test_samples_of_the_last_minutes_are_not_there_yet(clients: Clients, cloud: AzureCloud) -> None:
    """What is shown ends some minutes before now."""
    span = (NOW - timedelta(minutes=30), NOW)
    (answer,) = batch(clients, [machines(cloud)[0].arm_id], "Percentage CPU", timespan=span)
    stamps = [at for at, _ in values(answer)]
    assert stamps
    assert NOW - timedelta(minutes=15) < stamps[-1] <= NOW - timedelta(minutes=7)


def test_aggregations_agree_with_each_other(clients: Clients, cloud: AzureCloud) -> None:
    """An hour's total is the sum of its bins; a total of bytes is five minutes of averages."""
    every = ["Average", "Minimum", "Maximum", "Total", "Count"]
    steady = next(one for one in machines(cloud) if one.life.hours is None)
    ids = [steady.arm_id]
    fine = batch(clients, ids, "Network In Total", aggregations=every)[0]
    coarse = batch(
        clients, ids, "Network In Total", aggregations=every, granularity=timedelta(hours=1)
    )[0]
    totals = [value for _, value in values(fine, "total")]
    averages = [value for _, value in values(fine, "average")]
    assert totals == pytest.approx([5 * one for one in averages])
    ((stamp, whole),) = values(coarse, "total")
    assert stamp == HOUR[0]
    assert whole == pytest.approx(sum(totals))
    assert values(coarse, "maximum")[0][1] == max(value for _, value in values(fine, "maximum"))
    assert values(coarse, "count")[0][1] == 60
    minutes = batch(
        clients, ids, "Network In Total", aggregations=every, granularity=timedelta(minutes=1)
    )[0]
    assert len(values(minutes, "total")) == 60
    assert sum(value for _, value in values(minutes, "total")) == pytest.approx(whole)


def test_a_batch_holds_fifty_resources_of_one_region_and_type(
    clients: Clients, cloud: AzureCloud
) -> None:
    """The endpoint refuses more, and resources that are not its own."""
    owned = list(cloud.estate.fleet(ACME.id).at(NOW))
    here = machines(cloud)[0].arm_id
    elsewhere = next(
        one.arm_id for one in owned if isinstance(one, VirtualMachine) and one.region != "eastus"
    )
    disk = next(
        one.arm_id for one in owned if one.kind == "azure.compute.disk" and one.region == "eastus"
    )
    other = machines(cloud, GLOBEX.id)[0].arm_id
    for ids, said in (
        ([here] * 51, "1 to 50"),
        ([here, elsewhere], "is in region"),
        ([here, disk], "of the resource type"),
        ([here, other], "belong to the subscription"),
    ):
        with pytest.raises(HttpResponseError) as refused:
            batch(clients, ids, "Percentage CPU")
        assert refused.value.status_code == 400
        assert said in str(refused.value)


def test_a_batch_names_twenty_metrics_that_exist(clients: Clients, cloud: AzureCloud) -> None:
    """An unknown metric is refused with the names of the valid ones; so are more than twenty."""
    here = [machines(cloud)[0].arm_id]
    with pytest.raises(HttpResponseError, match="Failed to find metric configuration"):
        batch(clients, here, "Percentage Joy")
    with pytest.raises(HttpResponseError, match="No more than 20 metrics"):
        batch(clients, here, *["Percentage CPU"] * 21)
    with pytest.raises(HttpResponseError, match="invalid time grain"):
        batch(clients, here, "Percentage CPU", granularity=timedelta(minutes=7))


def test_a_subscription_tells_ten_series_unless_more_are_asked_for(
    clients: Clients, cloud: AzureCloud
) -> None:
    """With a filter ``top`` is ten by default and nothing says that more would be there."""
    cloud.gateway.azure.estate.fleet(ACME.id)
    metrics = clients.monitor().metrics

    def series(**options: Any) -> list[Any]:
        answer = metrics.list_at_subscription_scope(
            region="eastus",
            metricnamespace="Microsoft.Compute/disks",
            metricnames="Composite Disk Read Bytes/sec",
            timespan=SPAN,
            interval="PT5M",
            aggregation="Average",
            filter="Microsoft.ResourceId eq '*'",
            **options,
        )
        found: list[Any] = answer.value[0].timeseries
        return found

    assert len(series(top=3)) == 3
    owned = {
        one.id
        for one in cloud.estate.fleet(ACME.id).things(Window(*HOUR))
        if one.kind == "azure.compute.disk" and one.region == "eastus"
    }
    named = {one.metadatavalues[0].value.lower() for one in series(top=1_000)}
    assert named == owned
    assert len(series()) == min(10, len(owned))


def test_one_resource_is_asked_below_its_own_id(clients: Clients, cloud: AzureCloud) -> None:
    """Resource Manager tells the same samples as the batch; what does not exist is not found."""
    thing = machines(cloud)[0]
    metrics = clients.monitor().metrics
    given = {"timespan": SPAN, "interval": "PT5M", "aggregation": "Average"}
    answer = metrics.list(thing.arm_id.lstrip("/"), metricnames="Percentage CPU", **given)
    told = [point.average for point in answer.value[0].timeseries[0].data]
    assert told == [
        value for _, value in values(batch(clients, [thing.arm_id], "Percentage CPU")[0])
    ]
    gone = thing.arm_id.replace(thing.name, "vm-gone").lstrip("/")
    with pytest.raises(HttpResponseError) as refused:
        metrics.list(gone, metricnames="Percentage CPU", **given)
    assert refused.value.error.code == "ResourceNotFound"


def test_databases_have_bins_for_dtu_and_nothing_in_them(
    clients: Clients, cloud: AzureCloud
) -> None:
    """A metric that exists for a type may have no value for a resource, nor count as a point."""
    database = next(
        one for one in cloud.estate.fleet(ACME.id).at(NOW) if one.kind == "azure.sql.database"
    )
    found = clients.metrics(database.region).query_resources(
        resource_ids=[database.arm_id],
        metric_namespace="Microsoft.Sql/servers/databases",
        metric_names=["dtu_consumption_percent", "cpu_percent"],
        timespan=HOUR,
        granularity=timedelta(minutes=5),
        aggregations=["Average"],
    )
    dtu, cpu = (metric.timeseries[0].data for metric in found[0].metrics)
    assert {point.average for point in dtu} == {None}
    counted = cloud.points(ACME.id, Window(*HOUR), NOW)[database.id]
    assert counted == sum(point.average is not None for point in cpu) == 12
