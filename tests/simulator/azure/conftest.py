"""A simulated Azure whose clock stands, and clients for it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import Clients

NOW = datetime(2026, 11, 20, 12, 33, tzinfo=UTC)


@pytest.fixture
def clock() -> WorldClock:
    """A clock that stands at noon of 20 November 2026 until the test moves it."""
    return WorldClock(NOW)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that keeps one certificate authority for all tests."""
    return tmp_path_factory.mktemp("authority")


@pytest.fixture
def cloud(clock: WorldClock, authority: Path) -> Iterator[AzureCloud]:
    """The simulated Azure of the default size, served."""
    with AzureCloud(World(clock=clock), state=authority) as served:
        yield served


@pytest.fixture
def clients(cloud: AzureCloud, tmp_path: Path) -> Iterator[Clients]:
    """Clients for it."""
    made = Clients(cloud, tmp_path)
    yield made
    made.close()
