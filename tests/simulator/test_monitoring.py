"""CloudWatch shows every sample once, late as the real one, within its limits."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from optiinfra_simulator import truth
from optiinfra_simulator.aws.calls import Limits
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.things import Function, Instance
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

REGION = "us-east-1"


@pytest.fixture
def watch(clients: Clients) -> Any:
    """CloudWatch of the first account in Virginia."""
    return clients.user(ACME.id, "cloudwatch", REGION)


def _query(number: int, metric: str, dimension: str, value: str, **stat: Any) -> dict[str, Any]:
    """A query for one metric of one resource."""
    namespace = {"InstanceId": "AWS/EC2", "FunctionName": "AWS/Lambda"}[dimension]
    return {
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": namespace,
                "MetricName": metric,
                "Dimensions": [{"Name": dimension, "Value": value}],
            },
            "Period": 300,
            "Stat": "Average",
            **stat,
        },
    }


def _instances(world: World) -> list[Instance]:
    """The instances of the account and region that these tests watch."""
    return world.fleet(ACME.id).of(Instance, REGION, NOON)


def _points(
    watch: Any, queries: list[dict[str, Any]], start: datetime, end: datetime, **extra: Any
) -> Iterator[tuple[str, datetime, float]]:
    """Names, stamps and values from all pages."""
    pages = watch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=start, EndTime=end, **extra
    )
    for page in pages:
        for result in page["MetricDataResults"]:
            for stamp, value in zip(result["Timestamps"], result["Values"], strict=True):
                yield result["Id"], stamp.astimezone(UTC), value


def test_samples_on_the_wire_are_the_samples_of_the_truth(watch: Any, world: World) -> None:
    """Six hours of one metric of every instance, value by value."""
    start = datetime(2026, 11, 20, 3, tzinfo=UTC)
    end = start + timedelta(hours=6)
    instances = _instances(world)
    queries = [
        _query(number, "CPUUtilization", "InstanceId", one.id)
        for number, one in enumerate(instances)
    ]
    found = {
        (instances[int(name[1:])].id, stamp): value
        for name, stamp, value in _points(watch, queries, start, end)
    }
    expected = {
        (sample.resource_id, sample.stamp): sample.value
        for sample in truth.samples(world, ACME.id, start, end)
        if sample.metric == "CPUUtilization"
        and sample.namespace == "AWS/EC2"
        and sample.region == REGION
    }
    assert found == expected
    assert found


def test_pages_hold_every_point_once_even_when_they_split_a_series(
    world: World,
) -> None:
    """With 100 points in an answer, a day of three metrics comes in pieces and complete."""
    with SimulatorServer(world, limits=Limits(datapoints=100)) as server:
        clients = Clients(server)
        watch = clients.user(ACME.id, "cloudwatch", REGION)
        instance = next(one for one in _instances(world) if one.life.hours is None)
        queries = [
            _query(number, metric, "InstanceId", instance.id)
            for number, metric in enumerate(("CPUUtilization", "NetworkIn", "EBSReadOps"))
        ]
        start = datetime(2026, 11, 18, tzinfo=UTC)
        points = list(_points(watch, queries, start, start + timedelta(days=1)))
        calls = server.calls.count("cloudwatch", "GetMetricData")
        clients.close()
    assert calls > 8
    assert len(points) == len({point[:2] for point in points}) == 3 * 288


def test_a_sample_is_visible_two_to_five_minutes_after_its_interval(
    watch: Any, world: World
) -> None:
    """At 12:03 the sample of 11:55 may show, that of 12:00 never does."""
    queries = [
        _query(number, "CPUUtilization", "InstanceId", one.id)
        for number, one in enumerate(_instances(world))
        if one.life.hours is None
    ]
    latest = {
        name: max(stamp for other, stamp, _ in points if other == name)
        for points in [list(_points(watch, queries, NOON - timedelta(hours=1), NOON))]
        for name in {point[0] for point in points}
    }
    assert latest
    for stamp in latest.values():
        assert timedelta(minutes=7) <= NOON - stamp < timedelta(minutes=15)


def test_periods_are_aligned_and_aggregate_samples(watch: Any, world: World) -> None:
    """An hour's average, sum, minimum and maximum are those of its twelve samples."""
    instance = next(one for one in _instances(world) if one.life.hours is None)
    hour = datetime(2026, 11, 20, 5, tzinfo=UTC)
    values = [
        sample.value
        for sample in truth.samples(world, ACME.id, hour, hour + timedelta(hours=1))
        if sample.resource_id == instance.id and sample.metric == "NetworkIn"
    ]
    expected = {
        "Average": sum(values) / 12,
        "Sum": sum(values),
        "Minimum": min(values),
        "Maximum": max(values),
        "SampleCount": 12.0,
        "p50": sorted(values)[5],
    }
    for statistic, value in expected.items():
        query = _query(0, "NetworkIn", "InstanceId", instance.id, Period=3600, Stat=statistic)
        points = list(
            _points(watch, [query], hour + timedelta(minutes=7), hour + timedelta(minutes=50))
        )
        assert points == [("q0", hour, value)], statistic


def test_counted_metrics_sum_to_the_number_of_events(watch: Any, world: World) -> None:
    """Invocations of an hour: the sum of its samples, each event counting one."""
    function = world.fleet(ACME.id).of(Function, REGION, NOON)[0]
    hour = datetime(2026, 11, 20, 5, tzinfo=UTC)
    events = sum(
        sample.value
        for sample in truth.samples(world, ACME.id, hour, hour + timedelta(hours=1))
        if sample.resource_id == function.id and sample.metric == "Invocations"
    )
    for statistic, value in (("Sum", events), ("SampleCount", events), ("Average", 1.0)):
        query = _query(0, "Invocations", "FunctionName", function.name, Period=3600, Stat=statistic)
        assert list(_points(watch, [query], hour, hour + timedelta(hours=1))) == [
            ("q0", hour, value)
        ]


def test_what_does_not_exist_has_an_empty_complete_result(watch: Any) -> None:
    """An unknown instance or metric is no error, as at the real service."""
    answer_ = watch.get_metric_data(
        MetricDataQueries=[
            _query(0, "CPUUtilization", "InstanceId", "i-00000000000000000"),
            _query(1, "Enthusiasm", "InstanceId", "i-00000000000000000"),
        ],
        StartTime=NOON - timedelta(hours=1),
        EndTime=NOON,
    )
    assert [one["Values"] for one in answer_["MetricDataResults"]] == [[], []]
    assert {one["StatusCode"] for one in answer_["MetricDataResults"]} == {"Complete"}


def test_points_come_newest_first_unless_asked_otherwise(watch: Any, world: World) -> None:
    """ScanBy turns the order around."""
    query = [_query(0, "CPUUtilization", "InstanceId", _instances(world)[0].id)]
    span = (NOON - timedelta(hours=2), NOON)
    newest = [stamp for _, stamp, _ in _points(watch, query, *span)]
    oldest = [stamp for _, stamp, _ in _points(watch, query, *span, ScanBy="TimestampAscending")]
    assert newest == sorted(newest, reverse=True)
    assert oldest == newest[::-1]


@pytest.mark.parametrize(
    ("queries", "length"),
    [
        ([_query(n, "CPUUtilization", "InstanceId", "i-0") for n in range(501)], 60),
        ([_query(0, "CPUUtilization", "InstanceId", "i-0", Period=90)], 60),
        ([_query(0, "CPUUtilization", "InstanceId", "i-0", Stat="Median")], 60),
        ([_query(0, "CPUUtilization", "InstanceId", "i-0")] * 2, 60),
        ([_query(0, "CPUUtilization", "InstanceId", "i-0")], 0),
        ([{"Id": "e", "Expression": "SELECT AVG(CPUUtilization) FROM x"}], 60),
    ],
    ids=("501 queries", "period", "statistic", "same id", "empty span", "expression"),
)
def test_requests_over_the_limits_are_refused(
    watch: Any, queries: list[dict[str, Any]], length: int
) -> None:
    """Each is a ValidationError."""
    with pytest.raises(ClientError) as refused:
        watch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=NOON - timedelta(minutes=length),
            EndTime=NOON,
        )
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_metrics_are_listed_in_pages_for_one_account_and_region(
    clients: Clients, world: World
) -> None:
    """What is listed are the dimensions of the account's own resources."""
    watch = clients.user(GLOBEX.id, "cloudwatch", REGION)
    listed = [
        metric
        for page in watch.get_paginator("list_metrics").paginate(
            Namespace="AWS/EC2", MetricName="CPUUtilization", RecentlyActive="PT3H"
        )
        for metric in page["Metrics"]
    ]
    mine = {one.id for one in world.fleet(GLOBEX.id).of(Instance, REGION, NOON)}
    assert mine == {metric["Dimensions"][0]["Value"] for metric in listed}


def test_listed_metrics_are_paged(world: World) -> None:
    """Seven to a page, and all of them together."""
    with SimulatorServer(world, limits=Limits(listed_metrics=7)) as server:
        clients = Clients(server)
        watch = clients.user(ACME.id, "cloudwatch", REGION)
        pages = list(watch.get_paginator("list_metrics").paginate())
        clients.close()
    names = [
        (metric["Namespace"], metric["MetricName"], metric["Dimensions"][0]["Value"])
        for page in pages
        for metric in page["Metrics"]
    ]
    assert len(pages) > 5
    assert len(names) == len(set(names))
    assert {len(page["Metrics"]) for page in pages[:-1]} == {7}
