"""Two accounts of a simulated cloud behind real boto3, the runner and ClickHouse."""

from collections.abc import Callable, Iterator
from secrets import token_hex
from typing import Any

import pytest

from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.registry import provider
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, Account
from optiinfra_simulator.world.world import World
from tests.faults.connected import Connected

# The servers, the settings and the clock are those of the pipelines' tests.
from tests.pipelines.conftest import clock, doors, environment

__all__ = ["clock", "doors", "environment"]

Connect = Callable[..., Connected]


@pytest.fixture(autouse=True)
def no_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks look at today only: samples of days before would take a minute a test."""
    monkeypatch.setenv("OPTIINFRA_GAP_DAYS", "0")


@pytest.fixture
def simulator(clock: FixedClock) -> Iterator[SimulatorServer]:
    """A small cloud over HTTP, on the test's clock."""
    with SimulatorServer(World(seed=11, clock=clock, instances=3, hourly_export=False)) as server:
        # Role sessions expire by the clock that the collector asks.
        server.gateway.cloud.identities.wall = clock
        yield server


@pytest.fixture
def connect(doors: Doors, simulator: SimulatorServer) -> Connect:
    """Connects an account of the cloud to a customer, a new one unless it is named."""

    def connected(
        account: Account = ACME, customer: str | None = None, **changed: Any
    ) -> Connected:
        slug = customer or f"c{token_hex(4)}"
        if customer is None:
            Customers(doors.database).add(slug, slug)
        aws = provider("aws")
        entered = aws.credential.model_validate({**simulator.credential(account), **changed})
        record = doors.vault.add(slug, "aws", entered, account.label, "test")
        return Connected(doors, simulator, slug, account, record.id)

    return connected
