"""CloudWatch samples: the fewest requests, pages joined again, nothing invented."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.testing.http_double import Fate
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.aws.client.metrics import Query, batches
from optiinfra_pipelines.providers.aws.performance import FINE, PerformanceCollector, period_of
from tests.providers.aws.conftest import NOW, Connect
from tests.providers.aws.wire import Asked, AwsDouble, refused

ROOT = Path(__file__).parents[3]
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPAN = Window(START, START + QUARTER_HOUR)
STAMPS = [START, START + timedelta(minutes=5), START + timedelta(minutes=10)]

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def instance(number: int, **further: Any) -> dict[str, Any]:
    """A running instance's payload."""
    return {
        "InstanceId": f"i-{number:017x}",
        "InstanceType": "m5.large",
        "State": {"Name": "running"},
        **further,
    }


def holding(cloud: AwsDouble, *instances: Mapping[str, Any]) -> None:
    """Have the account own ``instances``."""
    cloud.on("ec2", "DescribeInstances", {"Reservations": [{"Instances": list(instances)}]})


def result(query: Mapping[str, Any], values: list[float], status: str = "Complete") -> Any:
    """An answer to one query: its values from the start of the span, five minutes apart."""
    return {
        "Id": query["Id"],
        "Label": query["MetricStat"]["Metric"]["MetricName"],
        "Timestamps": STAMPS[: len(values)],
        "Values": values,
        "StatusCode": status,
    }


def answering(cloud: AwsDouble, tell: Answer) -> list[dict[str, Any]]:
    """Have CloudWatch answer with ``tell`` of each request's body; the bodies are kept."""
    bodies: list[dict[str, Any]] = []

    def told(call: Asked) -> Mapping[str, Any]:
        body = json.loads(call.incoming.body)
        bodies.append(body)
        return {"Messages": [], **tell(body)}

    cloud.script["cloudwatch", "GetMetricData"] = told
    return bodies


def every(*values: float) -> Answer:
    """The same values for every query."""
    return lambda body: {
        "MetricDataResults": [result(query, list(values)) for query in body["MetricDataQueries"]]
    }


def rows(connect: Connect, span: Window = SPAN) -> list[PerformanceRow | PartFailure]:
    """What collecting brings."""
    return list(PerformanceCollector().collect(connect(), span))


def test_a_thousand_instances_cost_eleven_requests(cloud: AwsDouble, connect: Connect) -> None:
    """One page of instances and ten batches of 500 series: the least that AWS allows."""
    holding(cloud, *(instance(number) for number in range(1000)))
    bodies = answering(cloud, every(1.0, 2.0, 3.0))
    aws = connect()
    found = list(PerformanceCollector().collect(aws, SPAN))
    assert len(found) == 1000 * 5 * 3
    assert cloud.count("ec2", "DescribeInstances") == 1
    assert cloud.count("cloudwatch", "GetMetricData") == 10
    assert {len(body["MetricDataQueries"]) for body in bodies} == {500}
    billed = [call for call in aws.gate.ledger.calls if "GetMetricData" in call.operation]
    assert sum(call.units for call in billed) == 5000
    assert str(sum(call.usd for call in billed)) == "0.05000"


def test_an_instance_has_its_five_metrics_in_catalogue_units(
    cloud: AwsDouble, connect: Connect
) -> None:
    """Names, statistics and units are ours; the time is the start of the measured interval."""
    holding(cloud, instance(1, Tags=[{"Key": "Name", "Value": "web"}]))
    answering(cloud, every(7.0))
    found = [row for row in rows(connect) if isinstance(row, PerformanceRow)]
    assert {(row.metric, row.statistic, row.unit) for row in found} == {
        ("cpu_utilization", "avg", "%"),
        ("network_in", "sum", "By"),
        ("network_out", "sum", "By"),
        ("disk_read", "sum", "By"),
        ("disk_write", "sum", "By"),
    }
    assert {(row.ts, row.period_s, row.resource_name) for row in found} == {(START, 300, "web")}


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("m5.large", "EBSReadBytes"), ("t2.micro", "DiskReadBytes"), ("i3.metal", "EBSReadBytes")],
)
def test_disk_bytes_come_from_where_the_hypervisor_counts_them(
    kind: str, metric: str, cloud: AwsDouble, connect: Connect
) -> None:
    """Nitro counts the volumes' bytes; Xen only those of instance store."""
    holding(cloud, instance(1, InstanceType=kind))
    bodies = answering(cloud, every())
    rows(connect)
    asked = {
        query["MetricStat"]["Metric"]["MetricName"]
        for body in bodies
        for query in body["MetricDataQueries"]
    }
    assert metric in asked


def test_pages_are_joined_by_id(cloud: AwsDouble, connect: Connect) -> None:
    """A series cut over two pages is whole again, in order, whatever the pages' order."""
    holding(cloud, instance(1))

    def tell(body: dict[str, Any]) -> dict[str, Any]:
        queries = body["MetricDataQueries"]
        if "NextToken" in body:
            rest = [{**result(query, [3.0]), "Timestamps": [STAMPS[2]]} for query in queries]
            return {"MetricDataResults": rest}
        first = [result(query, [1.0, 2.0], "PartialData") for query in queries]
        return {"MetricDataResults": first, "NextToken": "more"}

    answering(cloud, tell)
    found = [row for row in rows(connect) if isinstance(row, PerformanceRow)]
    cpu = [(row.ts, row.value) for row in found if row.metric == "cpu_utilization"]
    assert cpu == list(zip(STAMPS, [1.0, 2.0, 3.0], strict=True))


def test_unfinished_series_are_asked_again_alone(cloud: AwsDouble, connect: Connect) -> None:
    """InternalError of one series costs one more query, not the batch."""
    holding(cloud, instance(1))

    def tell(body: dict[str, Any]) -> dict[str, Any]:
        queries = body["MetricDataQueries"]
        sick = len(queries) == 5
        return {
            "MetricDataResults": [
                result(query, [1.0], "InternalError" if sick and n == 0 else "Complete")
                for n, query in enumerate(queries)
            ]
        }

    bodies = answering(cloud, tell)
    assert len(rows(connect)) == 5
    assert [len(body["MetricDataQueries"]) for body in bodies] == [5, 1]


def test_series_that_stay_unfinished_fail_their_region(cloud: AwsDouble, connect: Connect) -> None:
    """A gap that CloudWatch made itself must not read as an idle machine."""
    holding(cloud, instance(1))
    answering(
        cloud,
        lambda body: {
            "MetricDataResults": [
                result(query, [1.0], "PartialData") for query in body["MetricDataQueries"]
            ]
        },
    )
    (failure,) = rows(connect)
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.code) == ("us-east-1", "transient")


def test_values_that_are_no_numbers_are_left_out(cloud: AwsDouble, connect: Connect) -> None:
    """NaN and infinity would poison every average; of two values of an instant the first stands."""
    holding(cloud, instance(1))

    def tell(body: dict[str, Any]) -> dict[str, Any]:
        told = [
            {
                **result(query, []),
                "Timestamps": [STAMPS[0], STAMPS[0], STAMPS[1], STAMPS[2]],
                "Values": [1.0, 9.0, float("nan"), float("inf")],
            }
            for query in body["MetricDataQueries"]
        ]
        return {"MetricDataResults": told}

    answering(cloud, tell)
    found = [row for row in rows(connect) if isinstance(row, PerformanceRow)]
    assert {(row.ts, row.value) for row in found} == {(STAMPS[0], 1.0)}


def test_samples_outside_the_span_are_left_out(cloud: AwsDouble, connect: Connect) -> None:
    """Each window holds its own samples; a neighbour's would be written twice."""
    holding(cloud, instance(1))
    answering(cloud, every(1.0, 2.0, 3.0))
    short = Window(STAMPS[1], STAMPS[2])
    found = [row for row in rows(connect, short) if isinstance(row, PerformanceRow)]
    assert {row.ts for row in found} == {STAMPS[1]}


def test_an_instance_that_stopped_before_has_no_samples_and_costs_nothing(
    cloud: AwsDouble, connect: Connect
) -> None:
    """No zeros are invented for it; one that stopped within the span is asked for."""
    before = instance(
        1,
        State={"Name": "stopped"},
        StateTransitionReason="User initiated (2026-11-20 09:00:00 GMT)",
    )
    within = instance(
        2,
        State={"Name": "terminated"},
        StateTransitionReason="User initiated (2026-11-22 12:04:00 GMT)",
    )
    holding(cloud, before, within)
    bodies = answering(cloud, every(1.0))
    found = [row for row in rows(connect) if isinstance(row, PerformanceRow)]
    assert {row.resource_id for row in found} == {within["InstanceId"]}
    assert [len(body["MetricDataQueries"]) for body in bodies] == [5]


def test_a_denied_region_is_named_and_others_are_read(cloud: AwsDouble, connect: Connect) -> None:
    """CloudWatch refused in one region leaves the samples of the other."""
    holding(cloud, instance(1))

    def told(call: Asked) -> Fate | Mapping[str, Any]:
        if call.region == "eu-west-1":
            return refused("cloudwatch", "AccessDenied", "no", 403)
        return {"Messages": [], **every(1.0)(json.loads(call.incoming.body))}

    cloud.script["cloudwatch", "GetMetricData"] = told
    aws = connect(regions=("us-east-1", "eu-west-1"))
    *found, failure = PerformanceCollector().collect(aws, SPAN)
    assert {row.region for row in found if isinstance(row, PerformanceRow)} == {"us-east-1"}
    assert isinstance(failure, PartFailure)
    assert failure.remedy == "Allow cloudwatch:GetMetricData for this credential."


def test_databases_balancers_and_functions_are_measured_too(
    cloud: AwsDouble, connect: Connect
) -> None:
    """Each goes by the id that the inventory gives it; network balancers have no such metrics."""
    balancer = "app/web/50dc6c495c0c9188"
    arn = f"arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/{balancer}"
    cloud.on("rds", "DescribeDBInstances", {"DBInstances": [{"DBInstanceIdentifier": "db"}]})
    balancers = [
        {"LoadBalancerArn": arn, "LoadBalancerName": "web", "Type": "application"},
        {"LoadBalancerArn": f"{arn}2", "LoadBalancerName": "tcp", "Type": "network"},
    ]
    cloud.on("elbv2", "DescribeLoadBalancers", {"LoadBalancers": balancers})
    functions = [{"FunctionName": "f", "FunctionArn": "a:f"}]
    cloud.on("lambda", "ListFunctions", {"Functions": functions})
    answering(cloud, every(1.0))
    found = [row for row in rows(connect) if isinstance(row, PerformanceRow)]
    assert {(row.resource_type, row.resource_id) for row in found} == {
        ("aws.rds.instance", "arn:aws:rds:us-east-1:111111111111:db:db"),
        ("aws.elb.load_balancer", arn),
        ("aws.lambda.function", "a:f"),
    }
    dimensions = json.loads(cloud.seen[-1].incoming.body)["MetricDataQueries"]
    values = {one["MetricStat"]["Metric"]["Dimensions"][0]["Value"] for one in dimensions}
    assert balancer in values


@pytest.mark.parametrize(
    ("days", "series", "requests"),
    [(0.01, 5000, 10), (1, 5000, 15), (63, 10, 2), (400, 1, 2)],
)
def test_long_spans_keep_both_limits_and_ask_each_series_as_rarely_as_possible(
    days: float, series: int, requests: int
) -> None:
    """500 series and 100,800 points a request: a series is billed again for each cut."""
    span = Window(NOW - timedelta(days=days), NOW)
    queries = [
        Query(namespace="n", name="m", dimension="d", value=str(n), statistic="Sum")
        for n in range(series)
    ]
    made = list(batches(queries, span, FINE))
    assert len(made) == requests
    for batch in made:
        points = batch.span.length / FINE
        assert len(batch.queries) <= 500
        assert len(batch.queries) * points <= 100_800


def test_old_spans_are_read_by_the_hour() -> None:
    """CloudWatch keeps five-minute samples 63 days."""
    assert period_of(NOW, Window(NOW - timedelta(days=62), NOW)) == timedelta(minutes=5)
    assert period_of(NOW, Window(NOW - timedelta(days=64), NOW)) == timedelta(hours=1)


def test_an_answer_nobody_asked_for_is_refused(cloud: AwsDouble, connect: Connect) -> None:
    """A series under an unknown id belongs to no resource."""
    holding(cloud, instance(1))
    stray = {"Id": "zz", "Timestamps": [], "Values": [], "StatusCode": "Complete"}
    answering(cloud, lambda _body: {"MetricDataResults": [stray]})
    (failure,) = rows(connect)
    assert isinstance(failure, PartFailure)
    assert failure.code == "malformed"


def test_samples_are_read_hourly_unless_the_credential_says_otherwise(connect: Connect) -> None:
    """Twelve samples a read; the half hour that is read again rides along."""
    told = [
        PerformanceCollector().rhythm(connect(**fields))
        for fields in ({}, {"metrics_interval_minutes": 15}, {"metrics_interval_minutes": 180})
    ]
    assert [rhythm.min_interval for rhythm in told] == [
        timedelta(hours=1),
        timedelta(minutes=15),
        timedelta(hours=3),
    ]
    assert {rhythm.reread for rhythm in told} == {timedelta(minutes=30)}


@pytest.mark.parametrize("minutes", [0, 14, 181])
def test_an_interval_that_makes_no_sense_is_refused(minutes: int, connect: Connect) -> None:
    """More often than the schedule ticks brings nothing; rarer than three hours hides a fault."""
    with pytest.raises(ValidationError, match="metrics_interval_minutes"):
        connect(metrics_interval_minutes=minutes)


def test_an_hour_costs_what_a_quarter_of_it_costs(cloud: AwsDouble, connect: Connect) -> None:
    """AWS bills the metrics that a request names, not the samples it brings."""
    assert _usd(cloud, connect, SPAN) == _usd(cloud, connect, Window(START, NOW)) > 0


@pytest.mark.parametrize(
    "page", ["docs/connecting-aws.md", "optiinfra_pipelines/providers/aws/README.md"]
)
def test_the_documented_price_of_an_interval_is_what_the_meter_says(
    page: str, cloud: AwsDouble, connect: Connect
) -> None:
    """Dollars a month of 30 days for 100 instances with five metrics, at every interval told."""
    lines = (ROOT / page).read_text().splitlines()
    (intervals,) = [line for line in lines if line.startswith("| minutes between reads")]
    (prices,) = [line for line in lines if line.startswith("| USD a month")]
    told = dict(zip(_numbers(intervals), _numbers(prices), strict=True))
    assert {15, 60, 180} <= set(told)
    once = _usd(cloud, connect, SPAN)
    month = timedelta(days=30)
    assert told == {every: once * (month // timedelta(minutes=int(every))) for every in told}


def _numbers(line: str) -> list[Decimal]:
    """The numbers in a row of a table, without its first cell."""
    return [Decimal(cell.strip()) for cell in line.strip("|").split("|")[1:]]


def _usd(cloud: AwsDouble, connect: Connect, span: Window) -> Decimal:
    """What the ledger says that reading the samples of 100 instances costs."""
    holding(cloud, *(instance(number) for number in range(100)))
    answering(
        cloud,
        lambda body: {
            "MetricDataResults": [result(query, []) for query in body["MetricDataQueries"]]
        },
    )
    aws = connect()
    list(PerformanceCollector().collect(aws, span))
    log = aws.gate.ledger
    assert isinstance(log, CallLog)
    return log.usd
