"""A scripted Vultr on a real socket, and connections to it whose waits are a clock's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.credential import VultrCredential
from tests.providers.vultr.wire import VultrDouble

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
SECRET = "CANARYCANARYCANARYCANARYCANARYCANARY"  # noqa: S105 - must never be seen again

Connect = Callable[..., Vultr]


@dataclass
class Sleeper:
    """A clock that moves when someone waits, and remembers how long."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.waits.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def sleeper() -> Sleeper:
    """The clock of every connection of a test."""
    return Sleeper()


@pytest.fixture
def cloud() -> VultrDouble:
    """An empty account that the test scripts."""
    return VultrDouble()


@pytest.fixture
def endpoint(cloud: VultrDouble) -> Iterator[str]:
    """Where the scripted account listens."""
    with HttpDouble(cloud) as server:
        yield server.url


def opened(
    *,
    endpoint_url: str,
    sleeper: Sleeper | None = None,
    gate: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Vultr:
    """A connection to ``endpoint_url``."""
    told = {"api_key": SecretStr(SECRET), "endpoint_url": endpoint_url, **fields}
    held = sleeper or Sleeper()
    doors: dict[str, Any] = {
        "ledger": CallLog(),
        "clock": held.clock,
        "sleep": held.sleep,
        "chance": lambda: 1.0,
        "private_endpoints": True,
        **(gate or {}),
    }
    return Vultr(VultrCredential(**told), Gate(**doors))


@pytest.fixture
def connect(endpoint: str, sleeper: Sleeper) -> Iterator[Connect]:
    """Opens connections to the scripted account and closes them afterwards."""
    with ExitStack() as connections:

        def connected(**fields: Any) -> Vultr:
            told = {"endpoint_url": endpoint, "sleeper": sleeper, **fields}
            return connections.enter_context(opened(**told))

        yield connected
