"""Cloud Monitoring samples -> PerformanceRow."""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import structlog
from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import NotFound
from optiinfra_core.metrics import PERFORMANCE, PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import QUARTER_HOUR, Window, floor
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client.monitoring import Query, Series
from optiinfra_pipelines.providers.gcp.samples import SAMPLED, Sampled
from optiinfra_pipelines.providers.gcp.subjects import Directory, Subject

log = structlog.get_logger(__name__)

# Google's own metrics are kept by the minute for 6 weeks, then by 10 minutes for 24 months
# ("Quotas and limits" of Cloud Monitoring, data retention).
FINE, COARSE = timedelta(minutes=5), timedelta(minutes=10)
FINE_KEPT, COARSE_KEPT = timedelta(days=42), timedelta(days=730)

# Samples are visible up to 4 minutes after they were taken ("Latency of metric data": 60 s
# sampled, not visible for up to 240 s).
SAMPLES = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=timedelta(minutes=4),
    reread=2 * QUARTER_HOUR,
    history=COARSE_KEPT,
)

# The identity of one series, and its samples by time.
Labels = tuple[frozenset[tuple[str, str]], frozenset[tuple[str, str]]]
Points = dict[datetime, float]


class PerformanceCollector(Collector[Gcp]):
    """Samples of virtual machines, Cloud SQL and load balancers."""

    metric = PERFORMANCE
    # One request for each metric type; 100 machines have 700 series of 0.0000005 USD each.
    typical = Typical(
        rhythm=SAMPLES,
        calls_per_day=Decimal(len(SAMPLED)),
        usd_per_call=Decimal("0.00035") / len(SAMPLED),
    )

    @override
    def source(self, connection: Gcp) -> str:
        """Cloud Monitoring's time series."""
        return "monitoring"

    @override
    def rhythm(self, connection: Gcp) -> Rhythm:
        """Five-minute samples are complete some minutes later; the last half hour is read again.

        A request is billed by the series it returns, whatever its span: reading again is free.
        """
        return SAMPLES

    @override
    def collect(
        self, connection: Gcp, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[PerformanceRow]:
        """Every sample of ``span``.

        A request spans all regions, so that one that fails is a failure of the account.
        """
        directory, period = Directory(connection), period_of(connection.gate.clock.now(), span)
        jobs = (
            Job(part=project, work=partial(_rows, directory, connection, query, sampled))
            for project in connection.projects
            for sampled in SAMPLED
            for query in (_query(project, sampled, span, period),)
        )
        for outcome in connection.spread(jobs):
            if outcome.error is not None:
                raise outcome.error
            for row in outcome.value or ():
                if row.ts in span and connection.covers(row.region, parts):
                    yield row


def period_of(now: datetime, span: Window) -> timedelta:
    """The finest period that Cloud Monitoring still keeps for the whole of ``span``."""
    return FINE if span.start >= now - FINE_KEPT else COARSE


def _query(project: str, sampled: Sampled, span: Window, period: timedelta) -> Query:
    # Alignment counts back from the interval's end.
    end = floor(span.end - timedelta(microseconds=1), period) + period
    return Query(
        project=project,
        filter=sampled.filter,
        align=sampled.align,
        reduce=sampled.reduce,
        group_by=sampled.group_by,
        period=period,
        span=Window(floor(span.start, period), end),
    )


def _rows(directory: Directory, gcp: Gcp, query: Query, sampled: Sampled) -> list[PerformanceRow]:
    try:
        found = _joined(gcp.monitoring.series(query))
    except NotFound:
        # "Cannot find metric(s) that match type": nothing in the project has ever written it.
        return []
    by_subject: dict[Subject, list[Points]] = {}
    for (resource, metric), points in found.items():
        series = Series(resource=dict(resource), metric=dict(metric), samples=())
        subject = directory.subject(sampled.resource, query.project, series)
        if subject is None:
            log.warning("series.dropped", reason="no such resource", metric=sampled.type)
        else:
            by_subject.setdefault(subject, []).append(points)
    return [
        _row(subject, sampled, query.period, ts, value)
        for subject, several in by_subject.items()
        for ts, value in _together(several, sampled)
    ]


def _joined(found: Iterator[Series]) -> Mapping[Labels, Points]:
    """The series by their labels; a series may go on, and repeat itself, on the next page."""
    joined: dict[Labels, Points] = {}
    for series in found:
        key = (frozenset(series.resource.items()), frozenset(series.metric.items()))
        points = joined.setdefault(key, {})
        for ts, value in series.samples:
            if math.isfinite(value):
                # The first value stands: which of two is right is not ours to guess.
                points.setdefault(ts, value)
    return joined


def _together(several: list[Points], sampled: Sampled) -> Iterator[tuple[datetime, float]]:
    """One series of one resource: those of its disks or GPUs are added up, or their mean taken."""
    for ts in sorted({ts for points in several for ts in points}):
        values = [points[ts] for points in several if ts in points]
        whole = math.fsum(values)
        yield ts, whole if "sum" in (sampled.align, sampled.reduce) else whole / len(values)


def _row(
    subject: Subject, sampled: Sampled, period: timedelta, ts: datetime, value: float
) -> PerformanceRow:
    return PerformanceRow(
        region=subject.region,
        resource_type=subject.resource_type,
        resource_id=subject.resource_id,
        resource_name=subject.resource_name,
        metric=sampled.metric,
        statistic=sampled.statistic,
        unit=UNITS[sampled.metric],
        ts=ts,
        period_s=int(period.total_seconds()),
        value=value * sampled.scale,
    )
