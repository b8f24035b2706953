"""Azure Monitor's samples -> rows: what is asked for at once, and the ladder below the batch."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, PartFailure
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.testing.http_double import Fate
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.azure.client.metrics import samples
from optiinfra_pipelines.providers.azure.performance import WATCHED, PerformanceCollector
from tests.providers.azure import estate
from tests.providers.azure.asking import batch
from tests.providers.azure.conftest import Connect
from tests.providers.azure.estate import MACHINE, OWNED, START, arm, listed, measured
from tests.providers.azure.wire import Asked, AzureDouble, graph, refused, told

SPAN = Window(START, START + timedelta(minutes=15))
MACHINES = "Microsoft.Compute/virtualMachines"
LADDER = ("batch", "regional", "metrics")


def collected(
    cloud: AzureDouble, connect: Connect, owned: Sequence[Mapping[str, Any]], **fields: Any
) -> list[Any]:
    """What the collector brings from a subscription that owns these."""
    cloud.on("graph", graph([dict(one) for one in owned]))
    cloud.script.setdefault("batch", estate.samples)
    return list(PerformanceCollector().collect(connect(**fields), SPAN))


def machines(count: int, location: str = "eastus") -> list[dict[str, Any]]:
    """So many machines in a location."""
    return [listed(MACHINES, f"{location}-{n}", location=location) for n in range(count)]


def test_every_watched_kind_has_rows_in_our_words(cloud: AzureDouble, connect: Connect) -> None:
    """Canonical names and units; stamps are the starts of five minutes."""
    rows = collected(cloud, connect, OWNED)
    assert all(isinstance(row, PerformanceRow) for row in rows)
    assert {(row.unit, row.period_s) for row in rows} == {(UNITS[row.metric], 300) for row in rows}
    assert {row.ts for row in rows} == {START, START + timedelta(minutes=10)}
    assert Counter(row.resource_type for row in rows) == {
        "azure.compute.virtualmachine": 16,
        "azure.sql.database": 8,
        "azure.containerservice.managedcluster": 4,
    }


def test_an_empty_sample_is_none_and_never_0(cloud: AzureDouble, connect: Connect) -> None:
    """Azure lists every interval, those without a measurement too."""
    rows = collected(cloud, connect, [MACHINE])
    assert START + timedelta(minutes=5) not in {row.ts for row in rows}
    cpu = [row.value for row in rows if row.metric == "cpu_utilization"]
    assert cpu == [2.0, 4.0]


def test_a_zero_that_was_measured_is_a_sample(cloud: AzureDouble, connect: Connect) -> None:
    """An idle machine is not a missing one."""

    def idle(call: Asked) -> Fate:
        (identifier,) = call.body["resourceids"]
        metric = measured(identifier, "Percentage CPU", [START])
        metric["timeseries"][0]["data"][0]["average"] = 0.0
        return told({"values": [{"resourceid": identifier, "interval": "PT5M", "value": [metric]}]})

    cloud.script["batch"] = idle
    (row,) = collected(cloud, connect, [MACHINE])
    assert row.value == 0.0


def test_rates_of_operations_become_operations(cloud: AzureDouble, connect: Connect) -> None:
    """Azure tells an average for each second; 300 seconds of it are what was done."""
    rows = collected(cloud, connect, [MACHINE])
    told_ = {(row.metric, row.ts): row.value for row in rows}
    assert told_["disk_read_operations", START] == 2.0 * 300
    assert told_["network_in", START] == 30.0


def test_fifty_resources_and_all_their_metrics_ride_in_one_call(
    cloud: AzureDouble, connect: Connect
) -> None:
    """A call for each 50 of a kind and location, none with more than 20 metrics."""
    rows = collected(cloud, connect, [*machines(101), *machines(1, "westeurope")])
    assert sorted(len(call.body["resourceids"]) for call in cloud.of("batch")) == [1, 1, 50, 50]
    assert len({row.resource_id for row in rows}) == 102
    assert all(len(watched) <= 20 for watched in WATCHED.values())
    (params, *_) = [call.params for call in cloud.of("batch")]
    assert (params["interval"], params["aggregation"]) == ("PT5M", "average,total")
    assert params["starttime"].startswith("2026-11-22T12:00:00")
    assert params["endtime"].startswith("2026-11-22T12:15:00")


def test_the_regions_own_endpoint_is_asked(cloud: AzureDouble, connect: Connect) -> None:
    """Its token is for another audience than Resource Manager's."""
    azure = connect()
    client = azure.clients.metrics("eastus")
    assert client._endpoint == azure.credential.endpoints.metrics  # type: ignore[union-attr]
    collected(cloud, connect, [MACHINE])
    bodies = b"".join(call.incoming.body for call in cloud.of("token"))
    assert b"metrics.monitor.azure.com" in bodies


def regional(call: Asked) -> Fate:
    """The answer of Resource Manager for a region: every machine there, also others' ones."""
    series = [
        {
            "metadatavalues": [
                {"name": {"value": "microsoft.resourceid"}, "value": arm(MACHINES, name).lower()}
            ],
            "data": [
                {"timeStamp": "2026-11-22T12:00:00Z", "average": 7.0},
                {"timeStamp": "2026-11-22T12:05:00Z"},
            ],
        }
        for name in ("Web-1", "Unasked")
    ]
    metric = {"name": {"value": "Percentage CPU"}, "unit": "Percent", "timeseries": series}
    return told({"timespan": "x", "value": [metric]})


@pytest.mark.parametrize(
    "refusal",
    [refused("AuthorizationFailed", 403), refused("BadRequest", 400), refused("NotFound", 404)],
)
def test_where_the_batch_is_refused_the_region_is_asked_at_once(
    refusal: Fate, cloud: AzureDouble, connect: Connect
) -> None:
    """``top`` is named: without it Azure answers ten resources and does not say so."""
    cloud.on("batch", refusal)
    cloud.script["regional"] = regional
    (sample,) = samples(connect(), batch("Web-1")).samples
    assert (sample.values, sample.ts) == ({"average": 7.0}, START)
    (call,) = cloud.of("regional")
    assert (call.params["$filter"], call.params["top"]) == ("Microsoft.ResourceId eq '*'", "10000")
    assert call.params["region"] == "eastus"
    assert call.params["timespan"] == "2026-11-22T12:00:00Z/2026-11-22T12:15:00Z"


def test_the_answer_of_a_region_serves_all_its_batches(
    cloud: AzureDouble, connect: Connect
) -> None:
    """It holds every resource of the region, so it is asked for once."""

    def everyone(_call: Asked) -> Fate:
        metric = measured("x", "Percentage CPU", [START])
        (series,) = metric["timeseries"]
        name = {"value": "Microsoft.ResourceId"}
        metric["timeseries"] = [
            {**series, "metadatavalues": [{"name": name, "value": one["id"]}]}
            for one in machines(120)
        ]
        return told({"timespan": "x", "value": [metric]})

    cloud.on("batch", refused("AuthorizationFailed", 403))
    cloud.script["regional"] = everyone
    rows = collected(cloud, connect, machines(120))
    assert len({row.resource_id for row in rows}) == 120
    assert (len(cloud.of("batch")), len(cloud.of("regional"))) == (3, 1)


def test_where_the_region_is_refused_too_each_resource_is_asked(
    cloud: AzureDouble, connect: Connect
) -> None:
    """A role at the resources only still brings their samples."""
    cloud.on("batch", refused("AuthorizationFailed", 403))
    cloud.on("regional", refused("AuthorizationFailed", 403))
    answer = {"timespan": "x", "value": [measured("x", "Percentage CPU", [START])]}
    cloud.on("metrics", told(answer))
    found = samples(connect(), batch("Web-1", "Web-2")).samples
    assert [one.resource_id for one in found] == [
        arm(MACHINES, name).lower() for name in ("Web-1", "Web-2")
    ]
    assert len(cloud.of("metrics")) == 2


def test_a_throttled_batch_is_not_asked_in_another_way(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Three ladders of requests would only make it worse; the region waits for its turn."""
    cloud.on("batch", refused("TooManyRequests", 429, retry_after="3600"))
    rows = collected(cloud, connect, [*machines(60), *machines(1, "westeurope")])
    assert {row.part: (row.code, row.retry_after) for row in rows} == {
        "eastus": ("throttled", 3600.0), "westeurope": ("throttled", 3600.0),
    }  # fmt: skip
    assert cloud.of("regional") == cloud.of("metrics") == []


def test_a_region_that_fails_is_named_and_the_others_are_collected(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Its part failed; what is committed of it stays."""

    def answer(call: Asked) -> Fate:
        elsewhere = "westeurope" in call.body["resourceids"][0]
        return refused("InternalServerError", 500) if elsewhere else estate.samples(call)

    cloud.script["batch"] = answer
    found = collected(cloud, connect, [*machines(1), *machines(1, "westeurope")])
    (failure,) = [one for one in found if isinstance(one, PartFailure)]
    assert (failure.part, failure.code, failure.retryable) == ("westeurope", "transient", True)
    assert {one.region for one in found if isinstance(one, PerformanceRow)} == {"eastus"}


@pytest.mark.parametrize("kind", LADDER)
def test_a_metric_that_azure_could_not_tell_is_no_idle_machine(
    kind: str, cloud: AzureDouble, connect: Connect
) -> None:
    """The answer is a success, the metric in it is not: rows of the others, and a failed part."""

    def answer(call: Asked) -> Fate:
        name = MACHINE["id"]
        well = measured(name, "Percentage CPU", [START])
        label = {"name": {"value": "Microsoft.ResourceId"}, "value": name}
        well["timeseries"][0]["metadatavalues"] = [label]
        ill = {**measured(name, "Disk Read Bytes", []), "timeseries": []}
        ill |= {"errorCode": "InternalServerError", "errorMessage": "no partition"}
        value = {"timespan": "x", "interval": "PT5M", "value": [well, ill]}
        return told({"values": [value]} if kind == "batch" else value)

    for refusing in LADDER[: LADDER.index(kind)]:
        cloud.on(refusing, refused("AuthorizationFailed", 403))
    cloud.script[kind] = answer
    row, failure = collected(cloud, connect, [MACHINE])
    assert row.metric == "cpu_utilization"
    assert (failure.part, failure.code, failure.retryable) == ("eastus", "transient", True)
    assert "Disk Read Bytes: InternalServerError: no partition" in failure.detail


def test_a_machine_that_is_gone_has_no_samples_and_fails_nothing(
    cloud: AzureDouble, connect: Connect
) -> None:
    """It was deleted after it was listed: the others' samples come, and no part failed."""

    def answer(call: Asked) -> Fate:
        here, gone = call.body["resourceids"]
        lost = {**measured(gone, "Percentage CPU", []), "timeseries": []}
        values = [
            {"interval": "PT5M", "value": [measured(here, "Percentage CPU", [START])]},
            {"interval": "PT5M", "value": [lost | {"errorCode": "ResourceNotFound"}]},
        ]
        return told({"values": values})

    cloud.script["batch"] = answer
    other = {**MACHINE, "id": f"{MACHINE['id']}-gone", "name": "gone"}
    (row,) = collected(cloud, connect, [MACHINE, other])
    assert isinstance(row, PerformanceRow)


def test_an_answer_for_what_was_not_asked_is_refused(cloud: AzureDouble, connect: Connect) -> None:
    """Samples of a stranger are no samples of ours."""
    strange = measured(arm(MACHINES, "Other"), "Percentage CPU", [START])
    cloud.on("batch", told({"values": [{"interval": "PT5M", "value": [strange]}]}))
    with pytest.raises(Malformed, match="not asked"):
        samples(connect(), batch("Web-1"))


def test_samples_outside_the_span_are_dropped(cloud: AzureDouble, connect: Connect) -> None:
    """Azure rounds spans to its own intervals."""

    def wide(call: Asked) -> Fate:
        stamps = [START - timedelta(minutes=10), START, SPAN.end]
        values = [
            {"interval": "PT5M", "value": [measured(one, "Percentage CPU", stamps)]}
            for one in call.body["resourceids"]
        ]
        for value in values:
            value["value"][0]["timeseries"][0]["data"][1]["average"] = 5.0  # type: ignore[index]
        return told({"values": values})

    cloud.script["batch"] = wide
    assert [row.ts for row in collected(cloud, connect, [MACHINE])] == [START]


def test_parts_limit_what_is_asked(cloud: AzureDouble, connect: Connect) -> None:
    """A location that failed before is asked again by itself."""
    cloud.on("graph", graph([*machines(1), *machines(1, "westeurope")]))
    cloud.script["batch"] = estate.samples
    rows = list(PerformanceCollector().collect(connect(), SPAN, frozenset({"westeurope"})))
    assert {getattr(row, "region", None) for row in rows} == {"westeurope"}
    assert len(cloud.of("batch")) == 1


def test_what_is_watched_is_in_the_catalogue() -> None:
    """Names and units are shared by all providers."""
    for watched in WATCHED.values():
        assert {one.metric for one in watched} <= set(UNITS)
        assert len({(one.metric, one.statistic) for one in watched}) == len(watched)


def test_history_is_what_azure_keeps(connect: Connect) -> None:
    """93 days of platform metrics."""
    rhythm = PerformanceCollector().rhythm(connect())
    assert rhythm.history == timedelta(days=93)
    assert datetime(2026, 11, 22, tzinfo=UTC) - timedelta(days=93) < START
