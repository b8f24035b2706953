"""Azure Monitor's samples -> PerformanceRow: which metrics of which resources, as a table."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import PartFailure, Transient
from optiinfra_core.metrics import PERFORMANCE, PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.inventory import Payload, resources
from optiinfra_pipelines.providers.azure.client.metrics import (
    PERIOD,
    Batch,
    Sample,
    batches,
    samples,
)
from optiinfra_pipelines.providers.azure.identifiers import GLOBAL, KINDS, location, resource_id

# Platform metrics are kept 93 days (Azure Monitor, data platform metrics, retention).
KEPT = timedelta(days=93)

STATISTICS: Mapping[str, str] = MappingProxyType({"avg": "average", "sum": "total"})


@dataclass(frozen=True, slots=True)
class Sampled:
    """One metric: Azure's name, our name, the statistic that means something.

    ``each_second``: Azure gives an average rate, of which ours is the sum over the interval.
    """

    name: str
    metric: str
    statistic: str
    each_second: bool = False

    @property
    def aggregation(self) -> str:
        """The aggregation of Azure's that holds the value."""
        return "average" if self.each_second else STATISTICS[self.statistic]


# ARM type -> what is measured (learn.microsoft.com, "Supported metrics with Azure Monitor"). A
# call names 20 metrics at most, so each kind stays one call for 50 resources.
WATCHED: Mapping[str, tuple[Sampled, ...]] = MappingProxyType(
    {
        "microsoft.compute/virtualmachines": (
            Sampled("Percentage CPU", "cpu_utilization", "avg"),
            Sampled("Network In Total", "network_in", "sum"),
            Sampled("Network Out Total", "network_out", "sum"),
            Sampled("Disk Read Bytes", "disk_read", "sum"),
            Sampled("Disk Write Bytes", "disk_write", "sum"),
            Sampled("Disk Read Operations/Sec", "disk_read_operations", "sum", each_second=True),
            Sampled("Disk Write Operations/Sec", "disk_write_operations", "sum", each_second=True),
            Sampled("Available Memory Bytes", "memory_available", "avg"),
        ),
        "microsoft.sql/servers/databases": (
            Sampled("cpu_percent", "cpu_utilization", "avg"),
            Sampled("dtu_consumption_percent", "dtu_utilization", "avg"),
            Sampled("storage_percent", "storage_utilization", "avg"),
            Sampled("connection_successful", "connections", "sum"),
        ),
        "microsoft.containerservice/managedclusters": (
            Sampled("node_cpu_usage_percentage", "cpu_utilization", "avg"),
            Sampled("node_memory_working_set_percentage", "memory_utilization", "avg"),
        ),
    }
)

SAMPLES = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=timedelta(minutes=5),
    reread=2 * QUARTER_HOUR,
    history=KEPT,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The resource that samples are about, in our words."""

    arm_id: str
    resource_type: str
    resource_id: str
    resource_name: str
    region: str


class PerformanceCollector(Collector[Azure]):
    """Samples of virtual machines, SQL databases and AKS clusters, every five minutes."""

    metric = PERFORMANCE
    # 100 machines in three regions: one list of resources, two batches for each region.
    typical = Typical(rhythm=SAMPLES, calls_per_day=Decimal(7))

    @override
    def source(self, connection: Azure) -> str:
        """Azure Monitor's platform metrics."""
        return "azure_monitor"

    @override
    def rhythm(self, connection: Azure) -> Rhythm:
        """Five-minute samples are complete some minutes later; the last half hour is read again."""
        return SAMPLES

    @override
    def collect(
        self, connection: Azure, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[PerformanceRow | PartFailure]:
        """Every sample of ``span``; a region in which a call fails is a failed part.

        Rows of a region that were read before it failed are yielded.
        """
        failures, silent = PartFailures(), set[str]()
        known = {one.resource_id: one for one in subjects(resources(connection, tuple(WATCHED)))}
        jobs = (
            Job(part=batch.region, work=partial(samples, connection, batch))
            for batch in planned(known.values(), span, parts)
            if batch.region not in silent
        )
        for outcome in connection.spread(jobs):
            if outcome.error is not None:
                failures.add(outcome.part, outcome.error)
                # What waiting may heal would fail every further batch too, after minutes each.
                silent |= {outcome.part} if outcome.error.retryable else set()
            if outcome.value is None:
                continue
            for sample in outcome.value.samples:
                yield from to_rows(sample, known[sample.resource_id], span)
            if outcome.value.failed:
                failures.add(outcome.part, unmeasured(outcome.value.failed))
        yield from failures


def unmeasured(failed: tuple[str, ...]) -> Transient:
    """What Azure says it could not measure, though it answered: no sample, and no idle machine."""
    told = "; ".join(dict.fromkeys(failed))
    return Transient(f"Azure Monitor could not tell {len(failed)} metrics: {told[:500]}")


def subjects(payloads: Iterable[Payload]) -> Iterator[Subject]:
    """The resources that may have samples."""
    for payload in payloads:
        kind = str(payload["type"]).lower()
        if kind in WATCHED and not system(payload):
            yield Subject(
                arm_id=str(payload["id"]),
                resource_type=KINDS[kind],
                resource_id=resource_id(payload["id"]),
                resource_name=str(payload.get("name") or ""),
                region=location(payload.get("location")) or GLOBAL,
            )


def system(payload: Payload) -> bool:
    """Whether it is the ``master`` database that comes with every server and costs nothing."""
    return "system" in str(payload.get("kind") or "").lower().split(",")


def planned(
    known: Iterable[Subject], span: Window, parts: frozenset[str] | None
) -> Iterator[Batch]:
    """What to ask for, region by region and kind by kind."""
    groups: dict[tuple[str, str], list[str]] = {}
    types = {ours: theirs for theirs, ours in KINDS.items()}
    for one in known:
        if parts is None or one.region in parts:
            groups.setdefault((one.region, types[one.resource_type]), []).append(one.arm_id)
    for (region, kind), identifiers in sorted(groups.items()):
        watched = WATCHED[kind]
        whole = Batch(
            namespace=kind,
            region=region,
            resource_ids=tuple(identifiers),
            names=tuple(one.name for one in watched),
            aggregations=tuple(sorted({one.aggregation for one in watched})),
            span=span,
        )
        yield from batches(whole)


def to_rows(sample: Sample, subject: Subject, span: Window) -> Iterator[PerformanceRow]:
    """A row for a sample in ``span`` that has the value we ask for; an empty one has none."""
    kind = next(theirs for theirs, ours in KINDS.items() if ours == subject.resource_type)
    for sampled in WATCHED[kind]:
        value = sample.values.get(sampled.aggregation)
        if sampled.name.lower() == sample.name.lower() and value is not None and sample.ts in span:
            yield PerformanceRow(
                region=subject.region,
                resource_type=subject.resource_type,
                resource_id=subject.resource_id,
                resource_name=subject.resource_name,
                metric=sampled.metric,
                statistic=sampled.statistic,
                unit=UNITS[sampled.metric],
                ts=sample.ts,
                period_s=int(PERIOD.total_seconds()),
                value=value * PERIOD.total_seconds() if sampled.each_second else value,
            )
