"""Doubles of Google Cloud on real sockets, and connections to them with a key of their own."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.credential import GcpCredential
from tests.providers.gcp.wire import PROJECT, GoogleDouble, MonitoringDouble, monitoring_server

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
EMAIL = f"optiinfra@{PROJECT}.iam.gserviceaccount.com"
BILLING_ACCOUNT = "01A2B3-4C5D6E-7F8091"
EXPORT = {
    "project": PROJECT,
    "dataset": "billing_export",
    "table": "export",
    "billing_account_id": BILLING_ACCOUNT,
}

Connect = Callable[..., Gcp]


@cache
def private_key() -> str:
    """An RSA key of this run's own, as Google gives them out."""
    key = rsa.generate_private_key(65537, 2048)
    pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(*pem, serialization.NoEncryption()).decode()


def key_json(token_uri: str) -> str:
    """A service account's key whose tokens come from ``token_uri``."""
    return json.dumps(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "abc",
            "private_key": private_key(),
            "client_email": EMAIL,
            "client_id": "1",
            "token_uri": token_uri,
        }
    )


class Waits:
    """Sleeps by moving a clock, and remembers each wait."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))


def opened(*, endpoint_url: str, gate: Mapping[str, Any] | None = None, **fields: Any) -> Gcp:
    """A connection to ``endpoint_url`` with a service account's key, unless ``fields`` say more."""
    key = {"service_account_key": SecretStr(key_json(f"{endpoint_url}/token"))}
    credential = GcpCredential(**{"endpoint_url": endpoint_url, **key, **fields})
    clock = FixedClock(NOW)
    held: dict[str, Any] = {
        "ledger": CallLog(),
        "clock": clock,
        "sleep": Waits(clock),
        "chance": lambda: 1.0,
        **(gate or {}),
    }
    return Gcp(credential, Gate(private_endpoints=True, **held))


@pytest.fixture
def cloud() -> GoogleDouble:
    """An empty project that the test scripts."""
    return GoogleDouble()


@pytest.fixture
def endpoint(cloud: GoogleDouble) -> Iterator[str]:
    """Where the scripted project's REST APIs listen."""
    with HttpDouble(cloud) as server:
        yield server.url


@pytest.fixture
def monitored() -> MonitoringDouble:
    """A Cloud Monitoring without series that the test scripts."""
    return MonitoringDouble()


@pytest.fixture
def monitoring_endpoint(monitored: MonitoringDouble) -> Iterator[str]:
    """Where it listens."""
    with monitoring_server(monitored) as address:
        yield address


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Opens connections to the scripted project; closes them afterwards."""
    with ExitStack() as connections:

        def connected(**fields: Any) -> Gcp:
            if "endpoint_url" not in fields:
                fields["endpoint_url"] = request.getfixturevalue("endpoint")
            return connections.enter_context(opened(**fields))

        yield connected
