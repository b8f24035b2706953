"""Azure Monitor's samples: 50 resources a call, or the ladder below it where that is refused."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from optiinfra_core.errors import Malformed, Permanent, PermissionMissing
from optiinfra_core.redaction import scrub
from optiinfra_core.windows import Window, as_utc
from optiinfra_pipelines.providers.azure.client.actions import (
    METRICS,
    METRICS_BATCH,
    METRICS_REGION,
    Operation,
)
from optiinfra_pipelines.providers.azure.client.connection import Azure
from optiinfra_pipelines.providers.azure.client.transport import Asked

# Limits of a batch: resources of one subscription, region and type; and of metric names.
RESOURCES, NAMES = 50, 20
# Without it a query with a filter answers ten resources and says nothing of the others.
TOP = 10_000
PERIOD = timedelta(minutes=5)
OK, SUCCESS = 200, "Success"
# Deleted between the list of resources and the question: it has no samples, nothing failed.
GONE = "ResourceNotFound"
AGGREGATIONS = ("average", "total", "maximum", "minimum", "count")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Metrics ``names`` of resources of one type in one region, as Azure spells them.

    ``aggregations`` are asked for of every metric; those that a metric has not stay empty.
    """

    namespace: str
    region: str
    resource_ids: tuple[str, ...]
    names: tuple[str, ...]
    aggregations: tuple[str, ...]
    span: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What Azure measured from ``ts`` on, by aggregation; ``resource_id`` is in lower case."""

    resource_id: str
    name: str
    ts: datetime
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a call brought: samples, and what Azure says it could not measure, in its words."""

    samples: tuple[Sample, ...]
    failed: tuple[str, ...] = ()


def batches(batch: Batch) -> Iterator[Batch]:
    """``batch`` in pieces that one call can ask for."""
    for start in range(0, len(batch.resource_ids), RESOURCES):
        yield Batch(
            namespace=batch.namespace,
            region=batch.region,
            resource_ids=batch.resource_ids[start : start + RESOURCES],
            names=batch.names,
            aggregations=batch.aggregations,
            span=batch.span,
        )


def samples(azure: Azure, batch: Batch) -> Measured:
    """Every sample of a batch: from the region's endpoint, else from Resource Manager.

    A region's endpoint may be refused where Resource Manager is not: the principal's role is not
    at the subscription, or the region has none yet.
    """
    try:
        return _batched(azure, batch)
    except (PermissionMissing, Permanent) as refused:
        if isinstance(refused, Malformed):
            raise
    place = (batch.namespace, batch.region, batch.names, batch.span)
    try:
        # One answer has the whole region, so its other batches find theirs in it.
        everyone = azure.memory.once(place, lambda: regional(azure, batch))
    except (PermissionMissing, Permanent) as refused:
        if isinstance(refused, Malformed):
            raise
    else:
        wanted = {name.lower() for name in batch.resource_ids}
        ours = (one for one in everyone.samples if one.resource_id in wanted)
        return Measured(samples=tuple(ours), failed=everyone.failed)
    singles = [_single(azure, batch, name) for name in batch.resource_ids]
    return Measured(
        samples=tuple(one for single in singles for one in single.samples),
        failed=tuple(one for single in singles for one in single.failed),
    )


def _batched(azure: Azure, batch: Batch) -> Measured:
    def ask() -> Measured:
        failed: list[str] = []
        answers = azure.clients.metrics(batch.region).query_resources(
            resource_ids=list(batch.resource_ids),
            metric_namespace=batch.namespace,
            metric_names=list(batch.names),
            timespan=(batch.span.start, batch.span.end),
            granularity=PERIOD,
            aggregations=list(batch.aggregations),
            raw_response_hook=partial(_note, failed),
        )
        found = (
            one
            for answer in answers
            for metric in answer.metrics
            for series in metric.timeseries
            for one in _samples(_owner(str(metric.id)), str(metric.name), series.data)
        )
        return Measured(samples=tuple(found), failed=tuple(failed))

    found = azure.calls.ask(_asked(METRICS_BATCH, batch, len(batch.resource_ids)), ask)
    _check_known(batch, found.samples)
    return found


def regional(azure: Azure, batch: Batch) -> Measured:
    """Samples of every resource of the batch's kind in its region."""

    def ask() -> Measured:
        failed: list[str] = []
        answer = azure.clients.monitor().metrics.list_at_subscription_scope(
            region=batch.region,
            metricnamespace=batch.namespace,
            filter="Microsoft.ResourceId eq '*'",
            top=TOP,
            raw_response_hook=partial(_note, failed),
            **_common(batch),
        )
        found = (
            one
            for metric in answer.value
            for series in metric.timeseries or ()
            for one in _samples(_labelled(series), str(metric.name.value), series.data or ())
        )
        return Measured(samples=tuple(found), failed=tuple(failed))

    return azure.calls.ask(_asked(METRICS_REGION, batch, 1), ask)


def _single(azure: Azure, batch: Batch, resource_id: str) -> Measured:
    def ask() -> Measured:
        failed: list[str] = []
        answer = azure.clients.monitor().metrics.list(
            resource_id.lstrip("/"),
            metricnamespace=batch.namespace,
            raw_response_hook=partial(_note, failed),
            **_common(batch),
        )
        found = (
            one
            for metric in answer.value
            for series in metric.timeseries or ()
            for one in _samples(resource_id.lower(), str(metric.name.value), series.data or ())
        )
        return Measured(samples=tuple(found), failed=tuple(failed))

    return azure.calls.ask(_asked(METRICS, batch, 1), ask)


def _note(failed: list[str], response: Any) -> None:
    """Add what an answer says it could not measure: the SDK's models drop it, series or none."""
    if int(response.http_response.status_code) != OK:
        return
    body = response.http_response.json()
    for answer in body.get("values", [body]):
        for metric in answer.get("value") or ():
            code = str(metric.get("errorCode") or SUCCESS)
            if code not in (SUCCESS, GONE):
                name = metric.get("name", {}).get("value")
                failed.append(scrub(f"{name}: {code}: {metric.get('errorMessage') or ''}")[:300])


def _asked(operation: Operation, batch: Batch, units: int) -> Asked:
    return Asked(operation=operation, region=batch.region, units=units)


def _common(batch: Batch) -> dict[str, Any]:
    start, end = (f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (batch.span.start, batch.span.end))
    return {
        "timespan": f"{start}/{end}",
        "interval": "PT5M",
        "metricnames": ",".join(batch.names),
        "aggregation": ",".join(batch.aggregations),
    }


def _samples(resource_id: str, name: str, points: Iterable[Any]) -> Iterator[Sample]:
    for point in points:
        stamp = getattr(point, "timestamp", None) or getattr(point, "time_stamp", None)
        told = {key: getattr(point, key) for key in AGGREGATIONS}
        values = {key: float(value) for key, value in told.items() if value is not None}
        values = {key: value for key, value in values.items() if math.isfinite(value)}
        if stamp is not None and values:
            yield Sample(resource_id=resource_id, name=name, ts=as_utc(stamp), values=values)


def _owner(metric_id: str) -> str:
    """The resource in ``<resource id>/providers/Microsoft.Insights/metrics/<name>``."""
    return metric_id.lower().partition("/providers/microsoft.insights/metrics")[0]


def _labelled(series: Any) -> str:
    for label in series.metadatavalues or ():
        if str(label.name.value).lower() == "microsoft.resourceid":
            return str(label.value).lower()
    raise Malformed("a metric of several resources does not say whose it is")


def _check_known(batch: Batch, found: Iterable[Sample]) -> None:
    wanted = {name.lower() for name in batch.resource_ids}
    strange = next((one for one in found if one.resource_id not in wanted), None)
    if strange is not None:
        raise Malformed(
            f"{METRICS_BATCH.name} in {batch.region} answered for a resource that was not asked",
            sample=strange.resource_id,
        )
