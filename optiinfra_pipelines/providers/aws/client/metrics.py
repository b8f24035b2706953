"""CloudWatch samples in the fewest requests: batches of queries, pages joined again by id."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from optiinfra_core.errors import Malformed, OptiInfraError, PermissionMissing, Transient
from optiinfra_core.redaction import scrub
from optiinfra_core.windows import Window, as_utc, floor
from optiinfra_pipelines.providers.aws.client.calls import TOKENS, Request
from optiinfra_pipelines.providers.aws.client.connection import Aws

log = structlog.get_logger(__name__)

# Limits of one GetMetricData request (CloudWatch API reference).
QUERIES = 500
POINTS = 100_800

METRIC_DATA = Request(
    service="cloudwatch",
    operation="GetMetricData",
    answer="MetricDataResults",
    params={"ScanBy": "TimestampAscending"},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One series to read: a metric of one resource, by its dimension."""

    namespace: str
    name: str
    dimension: str
    value: str
    statistic: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one request asks (its pages aside): the billed unit is a query, whatever its span."""

    queries: tuple[Query, ...]
    span: Window
    period: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """The samples of one query, ascending, one for each instant."""

    query: Query
    samples: tuple[tuple[datetime, float], ...]


def batches(queries: Sequence[Query], span: Window, period: timedelta) -> Iterator[Batch]:
    """Requests within both limits, each series asked once if 100,800 points hold its span."""
    start = floor(span.start, period)
    end = floor(span.end - timedelta(microseconds=1), period) + period
    for window in Window(start, end).split(period * POINTS):
        points = math.ceil(window.length / period)
        size = min(QUERIES, POINTS // points)
        for first in range(0, len(queries), size):
            yield Batch(queries=tuple(queries[first : first + size]), span=window, period=period)


def samples(aws: Aws, region: str, batch: Batch) -> list[Series]:
    """Every series of a batch.

    Raises:
        Transient: CloudWatch failed inside for some series, twice.
        Malformed: it answered series that were not asked, or of unequal lengths.
    """
    series, unfinished = _read(aws, region, batch)
    if unfinished:
        again = Batch(queries=tuple(unfinished), span=batch.span, period=batch.period)
        healed, still = _read(aws, region, again)
        if still:
            raise Transient(
                f"cloudwatch:GetMetricData in {region} left {len(still)} of "
                f"{len(batch.queries)} series unfinished, twice"
            )
        series += healed
    return series


def _read(aws: Aws, region: str, batch: Batch) -> tuple[list[Series], list[Query]]:
    request = METRIC_DATA.with_params(
        MetricDataQueries=[_asked(n, query, batch) for n, query in enumerate(batch.queries)],
        StartTime=batch.span.start,
        EndTime=batch.span.end,
    )
    points: dict[str, dict[datetime, float]] = {f"q{n}": {} for n in range(len(batch.queries))}
    status: dict[str, str] = {}
    for page in aws.calls.pages(request, region, TOKENS):
        _heed(page.get("Messages", ()), region)
        for result in page["MetricDataResults"]:
            identity = str(result["Id"])
            if identity not in points:
                raise Malformed(f"GetMetricData in {region} answered {identity}, not asked for")
            status[identity] = str(result.get("StatusCode", "Complete"))
            _join(points[identity], result, batch.queries[int(identity[1:])])
            _heed(result.get("Messages", ()), region)
    return _sorted_out(batch, points, status, region)


def _asked(number: int, query: Query, batch: Batch) -> dict[str, Any]:
    return {
        "Id": f"q{number}",
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.name,
                "Dimensions": [{"Name": query.dimension, "Value": query.value}],
            },
            "Period": int(batch.period.total_seconds()),
            "Stat": query.statistic,
        },
        "ReturnData": True,
    }


def _join(into: dict[datetime, float], result: Mapping[str, Any], query: Query) -> None:
    stamps, values = result.get("Timestamps", ()), result.get("Values", ())
    if len(stamps) != len(values):
        raise Malformed(
            f"GetMetricData answered {len(stamps)} timestamps and {len(values)} values "
            f"for {query.name} of {query.value}"
        )
    for stamp, value in zip(stamps, values, strict=True):
        ts, number = as_utc(stamp).astimezone(UTC), float(value)
        if not math.isfinite(number):
            log.warning("sample.dropped", reason="not a number", metric=query.name, ts=str(ts))
        elif into.setdefault(ts, number) != number:
            # The first value stands: which of two is right is not ours to guess.
            log.warning("sample.dropped", reason="second value", metric=query.name, ts=str(ts))


def _heed(messages: Sequence[Mapping[str, Any]], region: str) -> None:
    for message in messages:
        code, value = str(message.get("Code", "")), scrub(str(message.get("Value", "")))
        if code in ("Forbidden", "AccessDenied"):
            raise PermissionMissing(
                f"cloudwatch:GetMetricData in {region}: {value}",
                permissions=("cloudwatch:GetMetricData",),
            )
        log.warning("cloudwatch.message", code=code, value=value, region=region)


def _sorted_out(
    batch: Batch,
    points: Mapping[str, dict[datetime, float]],
    status: Mapping[str, str],
    region: str,
) -> tuple[list[Series], list[Query]]:
    forbidden = [name for name, code in status.items() if code == "Forbidden"]
    if forbidden:
        error: OptiInfraError = PermissionMissing(
            f"cloudwatch:GetMetricData in {region} is forbidden for {len(forbidden)} series",
            permissions=("cloudwatch:GetMetricData",),
        )
        raise error
    series: list[Series] = []
    unfinished: list[Query] = []
    for number, query in enumerate(batch.queries):
        found = points[f"q{number}"]
        # PartialData on the last page means that there is more which no token leads to.
        if status.get(f"q{number}", "Missing") != "Complete":
            unfinished.append(query)
        else:
            series.append(Series(query=query, samples=tuple(sorted(found.items()))))
    return series, unfinished
