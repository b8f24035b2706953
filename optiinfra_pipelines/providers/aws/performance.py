"""CloudWatch samples -> PerformanceRow: which metrics of which resources, as a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, PartFailure
from optiinfra_core.metrics import PERFORMANCE, PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.inventory import (
    DATABASES,
    FUNCTIONS,
    INSTANCES,
    LOAD_BALANCERS,
    Listing,
    Payload,
    everything,
)
from optiinfra_pipelines.providers.aws.client.metrics import (
    Batch,
    Query,
    Series,
    batches,
    samples,
)
from optiinfra_pipelines.providers.aws.instances import observable, xen
from optiinfra_pipelines.providers.aws.payloads import Home, database_id, function_id, tags

# CloudWatch keeps 5-minute samples 63 days and hourly ones 455 days (CloudWatch concepts).
FINE, COARSE = timedelta(minutes=5), timedelta(hours=1)
FINE_KEPT, COARSE_KEPT = timedelta(days=63), timedelta(days=455)

STATISTICS: Mapping[str, str] = {"avg": "Average", "sum": "Sum", "min": "Minimum", "max": "Maximum"}


@dataclass(frozen=True, slots=True)
class Sampled:
    """One metric: CloudWatch's name, our name and the statistic that means something."""

    name: str
    metric: str
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One kind of resource: who is listed, how CloudWatch calls it, and what is measured."""

    listing: Listing
    resource_type: str
    namespace: str
    dimension: str
    value: Callable[[Payload], str]
    resource_id: Callable[[Payload, Home], str]
    resource_name: Callable[[Payload], str]
    sampled: Callable[[Payload], Sequence[Sampled]]
    observable: Callable[[Payload, Window], bool] = lambda _payload, _span: True


EC2 = (
    Sampled("CPUUtilization", "cpu_utilization", "avg"),
    Sampled("NetworkIn", "network_in", "sum"),
    Sampled("NetworkOut", "network_out", "sum"),
)
NITRO_DISK = (
    Sampled("EBSReadBytes", "disk_read", "sum"),
    Sampled("EBSWriteBytes", "disk_write", "sum"),
)
XEN_DISK = (
    Sampled("DiskReadBytes", "disk_read", "sum"),
    Sampled("DiskWriteBytes", "disk_write", "sum"),
)
RDS = (
    Sampled("CPUUtilization", "cpu_utilization", "avg"),
    Sampled("DatabaseConnections", "connections", "avg"),
    Sampled("FreeableMemory", "memory_available", "avg"),
)
RDS_STORAGE = (Sampled("FreeStorageSpace", "storage_available", "avg"),)
APPLICATION_LOAD_BALANCER = (
    Sampled("RequestCount", "requests", "sum"),
    Sampled("HTTPCode_Target_5XX_Count", "errors", "sum"),
    Sampled("TargetResponseTime", "response_time", "avg"),
)
LAMBDA = (
    Sampled("Invocations", "requests", "sum"),
    Sampled("Errors", "errors", "sum"),
    Sampled("Duration", "duration", "avg"),
    Sampled("Throttles", "throttles", "sum"),
)

WATCHED: tuple[Watched, ...] = (
    Watched(
        listing=INSTANCES,
        resource_type="aws.ec2.instance",
        namespace="AWS/EC2",
        dimension="InstanceId",
        value=lambda payload: str(payload["InstanceId"]),
        resource_id=lambda payload, _home: str(payload["InstanceId"]),
        resource_name=lambda payload: tags(payload.get("Tags")).get("Name", ""),
        sampled=lambda payload: (*EC2, *(XEN_DISK if xen(payload) else NITRO_DISK)),
        observable=observable,
    ),
    Watched(
        listing=DATABASES,
        resource_type="aws.rds.instance",
        namespace="AWS/RDS",
        dimension="DBInstanceIdentifier",
        value=lambda payload: str(payload["DBInstanceIdentifier"]),
        resource_id=database_id,
        resource_name=lambda payload: str(payload["DBInstanceIdentifier"]),
        # Aurora keeps its storage in the cluster; its instances report no free space.
        sampled=lambda payload: (
            RDS if str(payload.get("Engine", "")).startswith("aurora") else (*RDS, *RDS_STORAGE)
        ),
    ),
    Watched(
        listing=LOAD_BALANCERS,
        resource_type="aws.elb.load_balancer",
        namespace="AWS/ApplicationELB",
        dimension="LoadBalancer",
        value=lambda payload: str(payload["LoadBalancerArn"]).partition(":loadbalancer/")[2],
        resource_id=lambda payload, _home: str(payload["LoadBalancerArn"]),
        resource_name=lambda payload: str(payload["LoadBalancerName"]),
        sampled=lambda payload: (
            APPLICATION_LOAD_BALANCER if payload.get("Type") == "application" else ()
        ),
    ),
    Watched(
        listing=FUNCTIONS,
        resource_type="aws.lambda.function",
        namespace="AWS/Lambda",
        dimension="FunctionName",
        value=lambda payload: str(payload["FunctionName"]),
        resource_id=function_id,
        resource_name=lambda payload: str(payload["FunctionName"]),
        sampled=lambda _payload: LAMBDA,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a query is about, in our words."""

    resource_type: str
    resource_id: str
    resource_name: str
    metric: str
    statistic: str


Plan = dict[Query, Subject]


def planned(watched: Watched, payload: Payload, home: Home, span: Window) -> Plan:
    """The queries for one resource, each with what it is about; none if it cannot have samples."""
    if not watched.observable(payload, span):
        return {}
    return {
        Query(
            namespace=watched.namespace,
            name=sampled.name,
            dimension=watched.dimension,
            value=watched.value(payload),
            statistic=STATISTICS[sampled.statistic],
        ): Subject(
            resource_type=watched.resource_type,
            resource_id=watched.resource_id(payload, home),
            resource_name=watched.resource_name(payload),
            metric=sampled.metric,
            statistic=sampled.statistic,
        )
        for sampled in watched.sampled(payload)
    }


def to_rows(
    series: Series, subject: Subject, region: str, period: timedelta, span: Window
) -> Iterator[PerformanceRow]:
    """A row for each sample in ``span``; where CloudWatch has none there is none."""
    for ts, value in series.samples:
        if ts in span:
            yield PerformanceRow(
                region=region,
                resource_type=subject.resource_type,
                resource_id=subject.resource_id,
                resource_name=subject.resource_name,
                metric=subject.metric,
                statistic=subject.statistic,
                unit=UNITS[subject.metric],
                ts=ts,
                period_s=int(period.total_seconds()),
                value=value,
            )


SAMPLES = Rhythm(
    min_interval=timedelta(hours=1),
    lag=timedelta(minutes=5),
    reread=2 * QUARTER_HOUR,
    history=COARSE_KEPT,
)


class PerformanceCollector(Collector[Aws]):
    """Samples of EC2, RDS, application load balancers and Lambda."""

    metric = PERFORMANCE
    # 100 instances have 500 metrics: one request of them a day, 0.01 USD for 1,000 metrics, after
    # a page of each of the four listings in each of three regions.
    typical = Typical(rhythm=SAMPLES, calls_per_day=Decimal(13), usd_per_call=Decimal("0.005") / 13)

    @override
    def source(self, connection: Aws) -> str:
        """CloudWatch's GetMetricData."""
        return "cloudwatch"

    @override
    def rhythm(self, connection: Aws) -> Rhythm:
        """Five-minute samples, an hour of them at a time unless the credential says otherwise.

        They are complete some minutes later, so the last half hour is read again. A request is
        billed per metric it names, whatever its span: both cost nothing, asking more often does.
        """
        every = timedelta(minutes=connection.credential.metrics_interval_minutes)
        return replace(SAMPLES, min_interval=every)

    @override
    def collect(
        self, connection: Aws, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[PerformanceRow | PartFailure]:
        """Every sample of ``span``; a region in which a request fails is a failed part.

        Rows of a region that were read before it failed are yielded.
        """
        failures, silent = PartFailures(), set[str]()
        period = period_of(connection.gate.clock.now(), span)
        plans = _plans(connection, span, parts, failures)
        jobs = (
            Job(part=region, work=partial(_read, connection, region, batch))
            for region, plan in plans.items()
            for batch in batches(tuple(plan), span, period)
            if region not in silent
        )
        for outcome in connection.spread(jobs):
            if outcome.error is not None:
                failures.add(outcome.part, outcome.error)
                # What waiting may heal would fail every further batch too, after minutes each.
                silent |= {outcome.part} if outcome.error.retryable else set()
            for series in outcome.value or ():
                subject = plans[outcome.part][series.query]
                yield from to_rows(series, subject, outcome.part, period, span)
        yield from failures


def period_of(now: datetime, span: Window) -> timedelta:
    """The finest period that CloudWatch still keeps for the whole of ``span``."""
    return FINE if span.start >= now - FINE_KEPT else COARSE


def _plans(
    aws: Aws, span: Window, parts: frozenset[str] | None, failures: PartFailures
) -> dict[str, Plan]:
    plans: dict[str, Plan] = {}
    listings = (
        Job(part=region, work=partial(_plan, aws, watched, region, span))
        for region in aws.regions(parts)
        for watched in WATCHED
    )
    for outcome in aws.spread(listings):
        if outcome.error is not None:
            failures.add(outcome.part, outcome.error)
        for plan in outcome.value or ():
            if isinstance(plan, Malformed):
                failures.add(outcome.part, plan)
            else:
                plans.setdefault(outcome.part, {}).update(plan)
    return plans


def _plan(aws: Aws, watched: Watched, region: str, span: Window) -> list[Plan | Malformed]:
    home = Home(region=region, account_id=aws.account_id, partition=aws.identity.partition)
    return [
        understood(partial(planned, watched, payload, home, span), payload)
        for payload in everything(aws, watched.listing, region)
    ]


def _read(aws: Aws, region: str, batch: Batch) -> list[Series]:
    return samples(aws, region, batch)
