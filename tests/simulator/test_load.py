"""Many clients at once, and worlds of real measurements, change no answer."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from optiinfra_simulator import truth
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.prices import REGIONS
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
COST = {
    "TimePeriod": {"Start": "2026-11-01", "End": "2026-11-20"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
}


def test_eight_threads_get_the_answers_of_one(server: SimulatorServer, clients: Clients) -> None:
    """Costs and instances asked for 80 times at once are the same each time."""
    explorer = clients.user(ACME.id, "ce")
    ec2 = {region: clients.user(ACME.id, "ec2", region) for region in REGIONS}

    def ask(number: int) -> tuple[str, str]:
        """One of four questions, and its answer."""
        if number % 4 == 3:
            return "cost", str(explorer.get_cost_and_usage(**COST)["ResultsByTime"])
        region = REGIONS[number % 4]
        return region, str(ec2[region].describe_instances()["Reservations"])

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(80)))
    assert len(set(answers)) == 4
    assert server.calls.count("ec2", "DescribeInstances") == 60
    assert server.calls.count("ce") == 20


@pytest.mark.corpus
@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS names no folder of recordings")
def test_real_measurements_feed_the_world() -> None:
    """With measured series, values are those of the series, equal in two worlds, and varied."""
    folder = Path(CORPUS or "", "nab")
    span = (NOON - timedelta(hours=6), NOON)
    one = list(truth.samples(World(clock=WorldClock(NOON), data=folder), ACME.id, *span))
    two = list(truth.samples(World(clock=WorldClock(NOON), data=folder), ACME.id, *span))
    generated = list(truth.samples(World(clock=WorldClock(NOON)), ACME.id, *span))
    assert one == two
    assert {sample.metric for sample in one} == {sample.metric for sample in generated}
    assert one != generated
    busy = [sample.value for sample in one if sample.metric == "CPUUtilization"]
    assert len(set(busy)) > 50
    assert all(0 <= value <= 100 for value in busy)
