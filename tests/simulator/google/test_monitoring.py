"""Cloud Monitoring over gRPC: filters, alignment, reduction, paging, lag and refusals."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core.exceptions import InvalidArgument, NotFound, PermissionDenied, Unauthenticated

from optiinfra_core.windows import Window
from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.monitoring.filters import Filter, FilterError
from optiinfra_simulator.google.world.projects import ACME, GLOBEX
from optiinfra_simulator.google.world.signals import BY_TYPE
from optiinfra_simulator.google.world.things import Machine
from tests.simulator.google.clients import CPU, Clients, series
from tests.simulator.google.conftest import NOON

START, END = datetime(2026, 11, 20, 10, tzinfo=UTC), datetime(2026, 11, 20, 11, tzinfo=UTC)
SQL_CPU = "cloudsql.googleapis.com/database/cpu/utilization"
READ = "compute.googleapis.com/instance/disk/read_bytes_count"


def _ends(one: Any) -> list[datetime]:
    """When the points of a series end."""
    return [point.interval.end_time for point in one.points]


def _total(found: Iterable[Any]) -> int:
    """The sum of whole values."""
    return sum(point.value.int64_value for one in found for point in one.points)


def _listed(clients: Clients, request: dict[str, Any]) -> list[Any]:
    """Every series of every page."""
    with clients.monitoring() as client:
        pages = client.list_time_series(request=request, metadata=clients.authorization())
        return list(pages)


def test_every_machine_has_its_points(cloud: GoogleCloud, acme: Clients) -> None:
    """Twelve points an hour for each machine that ran, newest first, as truth counts them."""
    found = _listed(acme, series(ACME.id, START, END))
    counted = {one.resource.labels["instance_id"]: len(one.points) for one in found}
    truth = cloud.points(ACME.id, Window(START, END), NOON)
    numbers = {name.rpartition("/")[2]: count for name, count in truth.items() if count}
    assert counted == {key: numbers[key] for key in counted}
    things = cloud.state.fleets[ACME.id].of(Machine, START)
    assert {thing.id for thing in things if thing.life.runs(START)} == set(counted)
    for one in found:
        ends = _ends(one)
        assert ends == sorted(ends, reverse=True)
        assert set(ends) <= {START + timedelta(minutes=5 * number) for number in range(1, 13)}
        assert (one.metric_kind, one.value_type) == (1, 3), "GAUGE of DOUBLE"
        assert {"project_id", "instance_id", "zone"} == set(one.resource.labels)


def test_values_are_those_of_the_world(cloud: GoogleCloud, acme: Clients) -> None:
    """A mean over a step is the step's value; counts over an hour add up however aligned."""
    one = _listed(acme, series(ACME.id, START, END))[0]
    thing = next(
        thing
        for thing in cloud.state.fleets[ACME.id].at(START)
        if thing.id == one.resource.labels["instance_id"]
    )
    signal = BY_TYPE[CPU].signal
    steps = dict(cloud.state.world.series(thing, signal).samples(START, END))
    assert {
        int(point.interval.end_time.timestamp()) - 300: point.value.double_value
        for point in one.points
    } == steps
    sums = {
        period: _total(
            _listed(
                acme,
                series(ACME.id, START, END, READ)
                | {
                    "aggregation": {
                        "alignment_period": {"seconds": period},
                        "per_series_aligner": "ALIGN_SUM",
                    }
                },
            )
        )
        for period in (60, 300, 600, 3600)
    }
    assert len(set(sums.values())) == 1
    assert sums[60] > 0


def test_an_interval_excludes_its_start_and_includes_its_end(acme: Clients) -> None:
    """Raw samples come every minute of (start, end], as the interval is documented."""
    request = series(ACME.id, START, START + timedelta(minutes=7))
    del request["aggregation"]
    ends = _ends(_listed(acme, request)[0])
    assert sorted(ends) == [START + timedelta(minutes=number) for number in range(1, 8)]


def test_points_appear_after_a_lag(acme: Clients) -> None:
    """At 12:03 the newest point is minutes old."""
    found = _listed(acme, series(ACME.id, NOON - timedelta(minutes=63), NOON.replace(minute=0)))
    newest = max(end for one in found for end in _ends(one))
    assert timedelta(minutes=2) <= NOON - newest <= timedelta(minutes=14)


@pytest.mark.parametrize("size", [1, 5, 12, 13, 100_000])
def test_pages_hold_points_and_cut_series(acme: Clients, size: int) -> None:
    """However small the page, all points come once; a series may go on with the next page."""
    request = series(ACME.id, START, END)
    whole = {
        (one.resource.labels["instance_id"], end)
        for one in _listed(acme, request)
        for end in _ends(one)
    }
    paged = [
        (one.resource.labels["instance_id"], end)
        for one in _listed(acme, request | {"page_size": size})
        for end in _ends(one)
    ]
    assert len(paged) == len(whole)
    assert set(paged) == whole


def test_series_are_reduced_by_labels(acme: Clients) -> None:
    """A sum by zone has the labels of the group alone and the total of all."""
    aggregation = {
        "alignment_period": {"seconds": 300},
        "per_series_aligner": "ALIGN_SUM",
        "cross_series_reducer": "REDUCE_SUM",
        "group_by_fields": ["resource.label.zone"],
    }
    request = series(ACME.id, START, END, READ) | {"aggregation": aggregation}
    reduced = _listed(acme, request)
    plain = _listed(
        acme, request | {"aggregation": {**aggregation, "cross_series_reducer": "REDUCE_NONE"}}
    )
    assert {tuple(one.resource.labels) for one in reduced} == {("zone",)}
    assert not any(one.metric.labels for one in reduced)
    assert 1 < len(reduced) < len(plain)
    assert _total(reduced) == _total(plain)


def test_databases_and_agents_have_metrics_of_their_own(acme: Clients) -> None:
    """Cloud SQL by database_id, memory by state, GPUs only where there are some."""
    sql = _listed(acme, series(ACME.id, START, END, SQL_CPU))
    assert all(one.resource.labels["database_id"].startswith(f"{ACME.id}:") for one in sql)
    memory = _listed(acme, series(ACME.id, START, END, "agent.googleapis.com/memory/percent_used"))
    assert {one.metric.labels["state"] for one in memory} == {"used", "free"}
    gpus = _listed(acme, series(ACME.id, START, END, "agent.googleapis.com/gpu/utilization"))
    assert 0 < len(gpus) < len(memory) / 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"filter": 'resource.type = "gce_instance"'}, "single metric type"),
        ({"filter": f'metric.type = "{CPU}" AND ('}, "filter"),
        ({"page_token": "x"}, "page_token"),
        ({"interval": {"start_time": END, "end_time": START}}, "start_time"),
        ({"aggregation": {"alignment_period": {"seconds": 30}, "per_series_aligner": 12}}, "60"),
        ({"aggregation": {"alignment_period": {"seconds": 60}, "per_series_aligner": 1}}, "kind"),
    ],
)
def test_what_cannot_be_meant_is_refused(acme: Clients, change: dict[str, Any], said: str) -> None:
    """INVALID_ARGUMENT with a reason; ALIGN_DELTA does not take gauges."""
    with pytest.raises(InvalidArgument, match=said):
        _listed(acme, series(ACME.id, START, END) | change)


def test_only_who_may_is_answered(acme: Clients) -> None:
    """No token, another project, and a metric that does not exist."""
    with acme.monitoring() as client:
        with pytest.raises(Unauthenticated):
            client.list_time_series(request=series(ACME.id, START, END))
        with pytest.raises(PermissionDenied):
            client.list_time_series(
                request=series(GLOBEX.id, START, END), metadata=acme.authorization()
            )
    with pytest.raises(NotFound):
        _listed(acme, series(ACME.id, START, END, "compute.googleapis.com/none"))


def test_metric_descriptors_are_listed(acme: Clients) -> None:
    """Kinds, values and units by the name of the metric."""
    with acme.monitoring() as client:
        request = {
            "name": f"projects/{ACME.id}",
            "filter": 'metric.type = starts_with("compute.googleapis.com/instance/cpu")',
        }
        (one,) = client.list_metric_descriptors(request=request, metadata=acme.authorization())
    assert (one.type, one.unit, one.metric_kind) == (CPU, "10^2.%", 1)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('metric.type = "a" AND resource.labels.zone = "z"', True),
        ('metric.type="a" resource.label.zone!="z"', False),
        ('metric.type = "a" AND (resource.labels.zone = "y" OR resource.labels.zone = "z")', True),
        ('NOT metric.type = "a"', False),
        ('metric.type = one_of("b", "a")', True),
        ('resource.labels.zone = has_substring("q")', False),
    ],
)
def test_filters_are_understood(text: str, *, fits: bool) -> None:
    """Comparisons, functions, AND, OR, NOT and parentheses."""
    assert Filter.read(text).test({"metric.type": "a", "resource.labels.zone": "z"}) is fits


@pytest.mark.parametrize("text", ["metric.type =", 'a = "b" )', 'a < "b"', 'a = sum("b")'])
def test_a_text_that_is_no_filter_is_refused(text: str) -> None:
    """Half a comparison, a stray parenthesis, an unknown sign or function."""
    with pytest.raises(FilterError):
        Filter.read(text)
