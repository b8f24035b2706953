"""AWS CloudWatch: GetMetricData and ListMetrics."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.aws.calls import Call, Handler
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.statistics import aggregate, known_statistic
from optiinfra_simulator.world.signals import NAMESPACES, namespace_named
from optiinfra_simulator.world.things import Thing

_LISTED_FOR = timedelta(days=14)
_RECENT = timedelta(hours=3)
_SHORT_PERIODS = (1, 5, 10, 30)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


@dataclass(frozen=True, slots=True)
class _Query:
    """One metric that is asked for."""

    id: str
    label: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    period: int
    statistic: str


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the next page begins: a query and the points of it already shown."""

    query: int = 0
    points: int = 0

    def token(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.query, self.points]).encode()).decode()

    @classmethod
    def of(cls, token: str | None) -> "_Position":
        if not token:
            return cls()
        try:
            query, points = json.loads(base64.urlsafe_b64decode(token))
            return cls(int(query), int(points))
        except ValueError:
            raise AwsError("InvalidNextToken", "The next token specified is invalid") from None


def get_metric_data(call: Call) -> Mapping[str, Any]:
    """Points of up to 500 metrics, at most 100,800 in one answer."""
    queries = _queries(call)
    watched = call.cloud.watched.setdefault(call.account, set())
    watched |= {f"{query.namespace}/{query.metric}" for query in queries}
    start, end = _instant(call, "StartTime"), _instant(call, "EndTime")
    if start >= end:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    room = min(call.number("MaxDatapoints", 100_800), call.cloud.limits.datapoints)
    ascending = call.parameters.get("ScanBy") == "TimestampAscending"
    index = _index(call, Window(start, end))
    position = _Position.of(call.parameters.get("NextToken"))
    results: list[Mapping[str, Any]] = []
    for number in range(position.query, len(queries)):
        if room == 0:
            return _page(results) | {"NextToken": _Position(number).token()}
        points = list(_points(call, index, queries[number], (start, end)))
        if not ascending:
            points.reverse()
        shown_before = position.points if number == position.query else 0
        shown = points[shown_before : shown_before + room]
        rest = shown_before + len(shown) < len(points)
        results.append(_result(queries[number], shown, complete=not rest))
        room -= len(shown)
        if rest:
            following = _Position(number, shown_before + len(shown))
            return _page(results) | {"NextToken": following.token()}
    return _page(results)


def _page(results: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {"MetricDataResults": results, "Messages": []}


def _result(query: _Query, points: list[tuple[int, float]], *, complete: bool) -> Mapping[str, Any]:
    return {
        "Id": query.id,
        "Label": query.label,
        "Timestamps": [datetime.fromtimestamp(stamp, UTC) for stamp, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete" if complete else "PartialData",
    }


def _queries(call: Call) -> list[_Query]:
    asked = call.parameters.get("MetricDataQueries") or []
    if not 1 <= len(asked) <= call.cloud.limits.queries:
        raise _invalid(
            "The collection MetricDataQueries must not have a size greater than "
            f"{call.cloud.limits.queries}."
        )
    queries = [_query(item) for item in asked if item.get("ReturnData", True)]
    if len({query.id for query in queries}) < len(queries):
        raise _invalid("The values for parameter id in MetricDataQueries are not unique.")
    return queries


def _query(item: Mapping[str, Any]) -> _Query:
    if "MetricStat" not in item:
        raise _invalid(f"Expressions are not simulated: query {item.get('Id')}.")
    stat = item["MetricStat"]
    metric = stat["Metric"]
    period = int(stat["Period"])
    if period not in _SHORT_PERIODS and (period <= 0 or period % 60):
        raise _invalid(f"The parameter Period must be a multiple of 60: {period}.")
    if not known_statistic(str(stat["Stat"])):
        raise _invalid(f"The parameter Stat is not valid: {stat['Stat']}.")
    dimensions = {one["Name"]: one["Value"] for one in metric.get("Dimensions") or ()}
    return _Query(
        id=str(item["Id"]),
        label=str(item.get("Label") or metric["MetricName"]),
        namespace=str(metric["Namespace"]),
        metric=str(metric["MetricName"]),
        dimensions=dimensions,
        period=period,
        statistic=str(stat["Stat"]),
    )


def _instant(call: Call, name: str) -> datetime:
    value = call.parameters.get(name)
    if value is None:
        raise _invalid(f"The parameter {name} is required.")
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def _index(call: Call, span: Window) -> Mapping[tuple[type[Thing], str], Thing]:
    """The region's resources by kind and dimension value."""
    return {
        (type(thing), thing.dimension): thing
        for thing in call.cloud.world.fleet(call.account).things(span)
        if thing.region == call.region
    }


def _points(
    call: Call,
    index: Mapping[tuple[type[Thing], str], Thing],
    query: _Query,
    span: tuple[datetime, datetime],
) -> Iterator[tuple[int, float]]:
    """Stamps and values, oldest first; none for a metric or resource that does not exist."""
    found = namespace_named(query.namespace)
    if found is None:
        return
    kind, namespace = found
    signal = namespace.signal(query.metric)
    thing = index.get((kind, query.dimensions.get(namespace.dimension, "")))
    if signal is None or thing is None or len(query.dimensions) != 1:
        return
    period = query.period
    # A period that begins before the end of the span is told whole.
    start = datetime.fromtimestamp(span[0].timestamp() // period * period, UTC)
    end = datetime.fromtimestamp(-(-span[1].timestamp() // period) * period, UTC)
    samples = call.cloud.world.series(thing, signal).samples(start, end, call.now)
    yield from aggregate(samples, signal, period, query.statistic)


def list_metrics(call: Call) -> Mapping[str, Any]:
    """The metrics of resources that lived in the last two weeks, 500 to a page."""
    since = _RECENT if call.parameters.get("RecentlyActive") == "PT3H" else _LISTED_FOR
    metrics = list(_listed(call, Window(call.now - since, call.now)))
    position = _Position.of(call.parameters.get("NextToken")).points
    size = call.cloud.limits.listed_metrics
    answer: dict[str, Any] = {"Metrics": metrics[position : position + size]}
    if position + size < len(metrics):
        answer["NextToken"] = _Position(0, position + size).token()
    return answer


def _listed(call: Call, span: Window) -> Iterator[Mapping[str, Any]]:
    wanted_namespace = call.parameters.get("Namespace")
    wanted_metric = call.parameters.get("MetricName")
    wanted = {one["Name"]: one.get("Value") for one in call.parameters.get("Dimensions") or ()}
    for thing in call.cloud.world.fleet(call.account).things(span):
        namespace = NAMESPACES.get(type(thing))
        if namespace is None or thing.region != call.region:
            continue
        if wanted_namespace not in (None, namespace.name):
            continue
        if wanted and wanted.get(namespace.dimension, "") not in (None, thing.dimension):
            continue
        for signal in namespace.signals:
            if wanted_metric in (None, signal.name):
                yield {
                    "Namespace": namespace.name,
                    "MetricName": signal.name,
                    "Dimensions": [{"Name": namespace.dimension, "Value": thing.dimension}],
                }


FIRST_PAGE = _Position().token()

HANDLERS: Mapping[str, Handler] = {
    "GetMetricData": get_metric_data,
    "ListMetrics": list_metrics,
}
