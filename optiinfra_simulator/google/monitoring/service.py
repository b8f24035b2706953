"""google.monitoring.v3.MetricService: time series and metric descriptors.

Pages hold points, not series, and may end in the middle of a series; points come newest first.
"""

import base64
import binascii
import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.google.monitoring.alignment import Point, Span
from optiinfra_simulator.google.monitoring.filters import Filter, FilterError
from optiinfra_simulator.google.monitoring.methods import Refused, Row, asked
from optiinfra_simulator.google.monitoring.streams import streams
from optiinfra_simulator.google.state import State
from optiinfra_simulator.google.world.signals import BY_TYPE, METRICS, Measured

_KINDS = {"GAUGE": 1, "DELTA": 2}
_VALUES = {"INT64": 2, "DOUBLE": 3}
_HEADERS = 1
# Points of a page, whatever more is asked for.
_MOST = 100_000


class Unknown(Exception):
    """There is no such metric: NOT_FOUND."""


def list_time_series(state: State, request: Any, response: Any, fault: Fault | None = None) -> None:
    """Fill ``response`` with the page that ``request`` asks for.

    Raises:
        Refused: the request cannot be meant.
        Unknown: there is no such metric.
    """
    project = request.name.removeprefix("projects/")
    wanted = _filter(request.filter)
    measured = BY_TYPE.get(wanted.types[0])
    if measured is None:
        raise Unknown(f'Cannot find metric(s) that match type = "{wanted.types[0]}".')
    span = _span(request.interval, state.now)
    method = asked(request.aggregation, measured)
    state.watched.setdefault(project, set()).add(measured.type)
    window = Window(
        datetime.fromtimestamp(span.start, UTC),
        datetime.fromtimestamp(max(span.end, span.start + 1), UTC),
    )
    rows = method.rows(streams(state, project, wanted, window))
    _fill(response, request, rows, lambda row: method.points(state, row, span))
    for message in response.time_series:
        message.metric.type = measured.type
        message.resource.type = measured.resource
        message.metric_kind = _KINDS[method.form(measured)[0]]
        message.value_type = _VALUES[method.form(measured)[1]]
    response.unit = measured.unit
    if fault is not None:
        _twist(fault, request, response)


def _fill(
    response: Any, request: Any, rows: list[Row], points_of: Callable[[Row], list[Point]]
) -> None:
    """Write series until the page is full; the token says which points come next."""
    index, skipped = _position(request.page_token)
    room = min(request.page_size or _MOST, _MOST)
    for number in range(index, len(rows)):
        points = points_of(rows[number])
        shown = points[skipped if number == index else 0 :]
        if shown and room == 0:
            response.next_page_token = _token(number, 0)
            return
        if not shown:
            continue
        message = response.time_series.add()
        _label(message, rows[number])
        if request.view != _HEADERS:
            _write(message, shown[:room], whole=rows[number].whole)
        if len(shown) > room:
            response.next_page_token = _token(number, len(points) - len(shown) + room)
            return
        room -= len(shown)


def _filter(text: str) -> Filter:
    try:
        wanted = Filter.read(text)
    except FilterError as error:
        raise Refused(f'Field filter had an invalid value of "{text}": {error}') from None
    if len(set(wanted.types)) != 1:
        raise Refused(
            f'Field filter had an invalid value of "{text}": The query must specify a single '
            "metric type."
        )
    return wanted


def _span(interval: Any, now: datetime) -> Span:
    start = interval.start_time.seconds + interval.start_time.nanos / 1e9
    end = interval.end_time.seconds + interval.end_time.nanos / 1e9
    if not end:
        raise Refused("Field interval.end_time must be set.")
    start = start or end
    if start > end:
        raise Refused("Field interval.start_time must not be later than interval.end_time.")
    return Span(start, end, now)


def _label(message: Any, row: Row) -> None:
    for name, value in row.metric.items():
        message.metric.labels[name] = value
    for name, value in row.resource.items():
        message.resource.labels[name] = value


def _write(message: Any, points: list[Point], *, whole: bool) -> None:
    for point in points:
        added = message.points.add()
        _stamp(added.interval.start_time, point.start)
        _stamp(added.interval.end_time, point.end)
        if whole:
            added.value.int64_value = int(point.value)
        else:
            added.value.double_value = point.value


def _stamp(message: Any, instant: float) -> None:
    message.seconds = int(instant)
    nanos = round((instant - int(instant)) * 1e9)
    if nanos:
        message.nanos = nanos


def _token(number: int, points: int) -> str:
    return base64.urlsafe_b64encode(f"{number}:{points}".encode()).decode()


def _position(token: str) -> tuple[int, int]:
    if not token:
        return 0, 0
    try:
        number, points = base64.urlsafe_b64decode(token).decode().split(":")
        return int(number), int(points)
    except (ValueError, binascii.Error):
        raise Refused("Field page_token had an invalid value.") from None


def _twist(fault: Fault, request: Any, response: Any) -> None:
    """The answer as the fault makes it."""
    match fault.kind:
        case FaultKind.EMPTY_PAGE:
            del response.time_series[:]
            response.next_page_token = request.page_token or _token(0, 0)
        case FaultKind.CYCLIC_TOKEN:
            response.next_page_token = request.page_token or _token(0, 0)
        case FaultKind.DUPLICATE_POINTS:
            for series in response.time_series:
                series.points.add().CopyFrom(series.points[0])
        case FaultKind.NAN_POINTS:
            for series in response.time_series:
                series.points[0].value.double_value = math.nan


def list_metric_descriptors(request: Any, response: Any) -> None:
    """Fill ``response`` with the metrics there are; the list is short enough for one page.

    Raises:
        Refused: the filter is none.
    """
    try:
        wanted = Filter.read(request.filter) if request.filter else None
    except FilterError as error:
        raise Refused(f"Field filter had an invalid value: {error}") from None
    selected: Iterator[Measured] = (
        one for one in METRICS if wanted is None or wanted.test(_selectors(one))
    )
    project = request.name.removeprefix("projects/")
    for one in islice(selected, request.page_size or None):
        added = response.metric_descriptors.add()
        added.name = f"projects/{project}/metricDescriptors/{one.type}"
        added.type = one.type
        added.metric_kind = _KINDS[one.kind]
        added.value_type = _VALUES[one.values]
        added.unit = one.unit
        added.display_name = one.title
        added.description = one.title
        added.monitored_resource_types.append(one.resource)


def _selectors(one: Measured) -> Mapping[str, str]:
    return {"metric.type": one.type, "resource.type": one.resource}
