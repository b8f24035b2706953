"""Doubles of Azure on real TLS sockets, and connections to them through the unmodified SDKs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.credential import AzureCredential, Endpoints
from tests.providers.azure.wire import CLIENT, SUBSCRIPTION, TENANT, AzureDouble, TlsDouble, ca_pem

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
SECRET = "canary~secret~canary~secret~canary~secre"  # noqa: S105 - must never be seen again

Connect = Callable[..., Azure]


@dataclass
class Waits:
    """A clock that sleeping moves on; ``slept`` are the seconds of each wait."""

    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))


@pytest.fixture
def cloud() -> AzureDouble:
    """An empty subscription that the test scripts."""
    return AzureDouble()


@pytest.fixture
def endpoint(cloud: AzureDouble) -> Iterator[str]:
    """Where the scripted subscription listens."""
    with TlsDouble(cloud) as server:
        yield server.url


@pytest.fixture
def waits() -> Waits:
    """The clock of connections that the test opens."""
    return Waits()


def opened(
    *, url: str, waits: Waits | None = None, gate: Mapping[str, Any] | None = None, **fields: Any
) -> Azure:
    """A connection to ``url``, with a client secret unless ``fields`` say otherwise."""
    waits = waits or Waits()
    ways = {"certificate", "federated_token_file", "managed_identity"}
    secret = {} if ways & fields.keys() else {"client_secret": SecretStr(SECRET)}
    held: dict[str, Any] = {
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "subscription_id": SUBSCRIPTION,
        "endpoints": Endpoints(authority=url, resource_manager=url, metrics=url),
        "tls_ca": ca_pem(),
        **secret,
        **fields,
    }
    folders = held.pop("token_folders", None)
    settings: dict[str, Any] = {
        "ledger": CallLog(),
        "clock": waits.clock,
        "sleep": waits.sleep,
        "chance": lambda: 1.0,
        "private_endpoints": True,
        **(gate or {}),
    }
    further = {} if folders is None else {"token_folders": folders}
    return Azure(AzureCredential(**held), Gate(**settings), **further)


@pytest.fixture
def connect(request: pytest.FixtureRequest, waits: Waits) -> Iterator[Connect]:
    """Opens connections to the scripted subscription; closes them afterwards."""
    with ExitStack() as connections:

        def connected(**fields: Any) -> Azure:
            if "url" not in fields:
                fields["url"] = request.getfixturevalue("endpoint")
            return connections.enter_context(opened(**{"waits": waits, **fields}))

        yield connected
