"""A simulated Google Cloud whose clock stands, and Google's clients for it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.rest.identities import COLLECTOR
from optiinfra_simulator.google.world.projects import ACME, GLOBEX
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.google.clients import Clients

NOON = datetime(2026, 11, 20, 12, 3, tzinfo=UTC)

Open = Callable[..., Clients]


@pytest.fixture(scope="session")
def shared() -> Iterator[GoogleCloud]:
    """One cloud for the tests that only read: its books are drawn once."""
    with GoogleCloud(World(clock=WorldClock(NOON))) as serving:
        yield serving


@pytest.fixture
def cloud(shared: GoogleCloud) -> Iterator[GoogleCloud]:
    """That cloud at noon, without faults, with its calls forgotten."""
    shared.calls.clear()
    shared.state.watched.clear()
    yield shared
    shared.faults.clear()
    clock = shared.state.world.clock
    assert isinstance(clock, WorldClock)
    clock.set(NOON)


@pytest.fixture
def opened(cloud: GoogleCloud) -> Iterator[Open]:
    """Opens clients of an account."""
    made: list[Clients] = []

    def opening(account: str, name: str = COLLECTOR) -> Clients:
        made.append(Clients(cloud, account, name))
        return made[-1]

    yield opening
    for one in made:
        one.close()


@pytest.fixture
def acme(opened: Open) -> Clients:
    """Clients of Acme's project, whose export is the detailed one."""
    return opened(ACME.id)


@pytest.fixture
def globex(opened: Open) -> Clients:
    """Clients of Globex' project, whose export is FOCUS."""
    return opened(GLOBEX.id)
