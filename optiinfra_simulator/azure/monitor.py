"""Azure Monitor: metrics of one resource, of a subscription, and of a batch of resources."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.azure.answers import Answer, AzureError, bad_request, whole
from optiinfra_simulator.azure.bins import Binning, binning
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.signals import Metric, metrics_of
from optiinfra_simulator.azure.things import Resource

_DEFAULT_TOP = 10
_INSIGHTS = "/providers/microsoft.insights/metrics"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of each resource: metrics, and how their time is cut."""

    namespace: str
    metrics: Sequence[Metric]
    cut: Binning


def batch(call: Call) -> Answer:
    """metrics:getBatch of the regional endpoint: up to 50 resources of one type and region."""
    identifiers = [str(one) for one in call.document().get("resourceids") or ()]
    if not 1 <= len(identifiers) <= call.azure.limits.batch:
        message = f"The number of resource ids must be 1 to {call.azure.limits.batch}."
        raise bad_request(message)
    parameters = call.parameters
    now = call.now
    span = Window(
        _instant(parameters.get("starttime"), "starttime"),
        _instant(parameters.get("endtime") or now.isoformat(), "endtime"),
    )
    asked = _asked(call, parameters, span)
    found = _found(call, span)
    told = []
    for identifier in identifiers:
        thing = found.get(identifier.lower())
        _fits(call, identifier, thing, asked)
        told.append(
            {
                "starttime": _stamp(span.start),
                "endtime": _stamp(span.end),
                "interval": parameters.get("interval", "PT1M"),
                "value": _values(call, asked, identifier, thing),
                "namespace": asked.namespace.lower(),
                "resourceregion": thing.region if thing else call.named.get("region", ""),
                "resourceid": identifier,
            }
        )
    return Answer({"values": told}, {})


def _fits(call: Call, identifier: str, thing: Resource | None, asked: _Asked) -> None:
    """Refuse a resource of another subscription, type or region than the batch is for."""
    if not identifier.lower().startswith(f"/subscriptions/{call.subscription}/"):
        raise bad_request("All resource ids must belong to the subscription of the request.")
    if thing is None:
        return
    if thing.arm_type.lower() != asked.namespace.lower():
        raise bad_request("All resource ids must be of the resource type of the metric namespace.")
    region = call.named.get("region")
    if region not in (None, "global", thing.region):
        raise bad_request(
            f"The resource {identifier} is in region {thing.region}; this endpoint serves {region}."
        )


def single(call: Call) -> Answer:
    """The metrics of the resource below whose id the request lies."""
    parameters = call.parameters
    span = _span(call, parameters)
    identifier = "/" + call.named["resource"].strip("/")
    thing = _found(call, span).get(identifier.lower())
    if thing is None:
        name = identifier.rpartition("/")[2]
        raise AzureError(404, "ResourceNotFound", f"The Resource '{name}' was not found.")
    asked = _asked(call, {"metricnamespace": thing.arm_type, **parameters}, span)
    return Answer(
        {
            "cost": 0,
            "timespan": f"{_stamp(span.start)}/{_stamp(span.end)}",
            "interval": parameters.get("interval", "PT1M"),
            "value": _values(call, asked, identifier, thing),
            "namespace": asked.namespace,
            "resourceregion": thing.region,
        },
        {},
    )


def of_subscription(call: Call) -> Answer:
    """The metrics of all resources of a type in a region, a series for each.

    With a filter no more than ``top`` series are told, ten unless more are asked for, and nothing
    says that there would be others.
    """
    parameters = dict(call.parameters)
    if call.request.method == "POST":
        parameters |= {str(k).lower(): str(v) for k, v in call.document().items()}
    region = parameters.get("region", "").lower()
    span = _span(call, parameters)
    asked = _asked(call, parameters, span)
    things = [
        thing
        for thing in _found(call, span).values()
        if thing.region == region and thing.arm_type.lower() == asked.namespace.lower()
    ]
    chosen = parameters.get("$filter") or parameters.get("filter")
    if not chosen:
        raise bad_request("Metrics of a subscription are told by a filter on Microsoft.ResourceId.")
    top = whole(parameters.get("top") or parameters.get("$top"), _DEFAULT_TOP, "top")
    scope = f"/subscriptions/{call.subscription}"
    value = [
        {
            **_described(f"{scope}{_INSIGHTS}/{metric.name}", metric),
            "timeseries": [
                _series(call, asked, metric, thing, identified=True) for thing in things[:top]
            ],
        }
        for metric in asked.metrics
    ]
    return Answer(
        {
            "cost": 59,
            "timespan": f"{_stamp(span.start)}/{_stamp(span.end)}",
            "interval": parameters.get("interval", "PT1M"),
            "namespace": asked.namespace,
            "resourceregion": region,
            "value": value,
        },
        {},
    )


def _asked(call: Call, parameters: Mapping[str, str], span: Window) -> _Asked:
    namespace = parameters.get("metricnamespace", "")
    known = {metric.name.lower(): metric for metric in metrics_of(namespace)}
    names = [name.strip() for name in parameters.get("metricnames", "").split(",") if name.strip()]
    if len(names) > call.azure.limits.metrics:
        raise bad_request(f"No more than {call.azure.limits.metrics} metrics may be asked for.")
    if not known:
        raise bad_request(f"Cannot find resource type in metric namespace: {namespace}.")
    for name in names:
        if name.lower() not in known:
            provider, _, kind = namespace.partition("/")
            valid = ",".join(metric.name for metric in known.values())
            raise bad_request(
                f"Failed to find metric configuration for provider: {provider}, resource Type: "
                f"{kind}, metric: {name}, Valid metrics: {valid}"
            )
    wanted = [known[name.lower()] for name in names] or list(known.values())[:1]
    watched = call.azure.estate.watched.setdefault(call.subscription, set())
    watched |= {(namespace.lower(), metric.name) for metric in wanted}
    return _Asked(namespace, wanted, binning(parameters, span, call.now))


def _found(call: Call, span: Window) -> Mapping[str, Resource]:
    """What existed in the span, and what exists now: that has no samples of then, but is known."""
    fleet = call.azure.estate.fleet(call.subscription)
    things: Iterable[Resource] = (*fleet.things(span), *fleet.at(call.now))
    return {thing.id: thing for thing in things}


def _values(
    call: Call, asked: _Asked, identifier: str, thing: Resource | None
) -> list[dict[str, Any]]:
    return [
        {
            **_described(
                f"{identifier}/providers/Microsoft.Insights/metrics/{metric.name}", metric
            ),
            "timeseries": [_series(call, asked, metric, thing)] if thing else [],
            "errorCode": "Success" if thing else "ResourceNotFound",
        }
        for metric in asked.metrics
    ]


def _described(identifier: str, metric: Metric) -> dict[str, Any]:
    return {
        "id": identifier,
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.name},
        "displayDescription": metric.name,
        "unit": metric.signal.unit,
    }


def _series(
    call: Call, asked: _Asked, metric: Metric, thing: Resource, *, identified: bool = False
) -> dict[str, Any]:
    name = {"value": "microsoft.resourceid", "localizedValue": "Microsoft.ResourceId"}
    series = call.azure.estate.world.series(thing, metric.signal)
    return {
        "metadatavalues": [{"name": name, "value": thing.arm_id}] if identified else [],
        "data": asked.cut.data(series, metric),
    }


def _span(call: Call, parameters: Mapping[str, str]) -> Window:
    start, _, end = parameters.get("timespan", "").partition("/")
    return Window(_instant(start, "timespan"), _instant(end or call.now.isoformat(), "timespan"))


def _instant(text: str | None, name: str) -> datetime:
    try:
        found = datetime.fromisoformat((text or "").replace(" ", "+"))
    except ValueError:
        raise bad_request(f"Invalid time in {name}: {text!r}.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _stamp(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
