"""A thousand machines: few pages, quick answers."""

import time
from collections.abc import Iterator

import pytest

from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.world.projects import ACME
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.google.clients import Clients, series
from tests.simulator.google.conftest import NOON
from tests.simulator.google.test_bigquery import by_usage, table
from tests.simulator.google.test_inventory import everything
from tests.simulator.google.test_monitoring import END, START


@pytest.fixture(scope="module")
def large() -> Iterator[Clients]:
    """Clients of a project with a thousand machines."""
    world = World(clock=WorldClock(NOON), instances=1_000, hourly_export=False)
    with GoogleCloud(world) as cloud:
        clients = Clients(cloud, ACME.id)
        yield clients
        clients.close()


def _seconds(start: float) -> float:
    """How much processor time has passed; the machine may be busy with other things."""
    return time.process_time() - start


def test_a_thousand_machines_come_in_two_pages(large: Clients) -> None:
    """Five hundred to a page, as Compute Engine has it."""
    large.cloud.calls.clear()
    start = time.process_time()
    found = list(everything(large, "instances", 500))
    assert _seconds(start) < 5
    assert 950 <= len(found) <= 1_000
    assert large.cloud.calls.count("compute", "instances.aggregatedList") == 2


def test_an_hour_of_a_thousand_machines_is_one_quick_page(large: Clients) -> None:
    """Twelve thousand points in one call."""
    large.cloud.calls.clear()
    with large.monitoring() as client:
        metadata = large.authorization()
        start = time.process_time()
        found = list(
            client.list_time_series(request=series(ACME.id, START, END), metadata=metadata)
        )
        assert _seconds(start) < 4
    assert 850 <= len(found) <= 1_100
    assert large.cloud.calls.count("monitoring", "timeSeries.list") == 1


def test_a_day_of_a_thousand_machines_is_queried_quickly(large: Clients) -> None:
    """Only the days that a filter can need are drawn."""
    start = time.process_time()
    (row,) = large.rows(
        by_usage(table(ACME, "detailed")),
        start=START.replace(hour=0),
        end=END.replace(hour=9),
    )
    assert _seconds(start) < 10
    days = large.cloud.cost_by_day(ACME.id, START.date(), START.date().replace(day=21), NOON)
    assert row["day"] == START.date()
    assert 0 < row["net"] <= days[row["day"]]
