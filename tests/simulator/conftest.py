"""A simulated cloud whose clock stands, and clients for it."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients

NOON = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)


@pytest.fixture
def world() -> World:
    """A world of the default size at noon of 20 November 2026."""
    return World(clock=WorldClock(NOON))


@pytest.fixture
def server(world: World) -> Iterator[SimulatorServer]:
    """That world, served."""
    with SimulatorServer(world) as served:
        yield served


@pytest.fixture
def clients(server: SimulatorServer) -> Iterator[Clients]:
    """Clients for the served world."""
    made = Clients(server)
    yield made
    made.close()
