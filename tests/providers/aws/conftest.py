"""Doubles of AWS on real sockets: one that a test scripts, and moto's."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import Clock, FixedClock
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.credential import AwsCredential
from tests.providers.aws.exported import Bucket
from tests.providers.aws.wire import KEY_ID, SECRET, AwsDouble

NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)
Connect = Callable[..., Aws]


@pytest.fixture
def cloud() -> AwsDouble:
    """An empty AWS account that the test scripts."""
    return AwsDouble()


@pytest.fixture
def endpoint(cloud: AwsDouble) -> Iterator[str]:
    """Where the scripted account listens."""
    with HttpDouble(cloud) as server:
        yield server.url


def opened(
    *,
    endpoint_url: str,
    gate: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    **fields: Any,
) -> Aws:
    """A connection to ``endpoint_url``, with plain keys unless ``fields`` say otherwise."""
    keys = {"access_key_id": KEY_ID, "secret_access_key": SecretStr(SECRET)}
    credential = AwsCredential(
        **{"regions": ("us-east-1",), "endpoint_url": endpoint_url, **keys, **fields}
    )
    held: dict[str, Any] = {"ledger": CallLog(), **(gate or {})}
    standing = FixedClock(NOW) if clock is None else clock
    if isinstance(standing, FixedClock):
        # Waits move the clock that a test holds; they cost it no time.
        held.setdefault("sleep", lambda seconds: standing.advance(timedelta(seconds=seconds)))
    return Aws(credential, Gate(private_endpoints=True, clock=standing, **held))


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Opens connections, to the scripted account by default; closes them afterwards."""
    with ExitStack() as connections:

        def connected(**fields: Any) -> Aws:
            if "endpoint_url" not in fields:
                fields["endpoint_url"] = request.getfixturevalue("endpoint")
            return connections.enter_context(opened(**fields))

        yield connected


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """Where moto's AWS listens."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(moto_server: str) -> Iterator[Bucket]:
    """A fresh bucket."""
    made = Bucket(moto_server)
    yield made
    made.close()


@pytest.fixture
def account(bucket: Bucket, connect: Connect, moto_server: str) -> Aws:
    """A connection whose cost comes from the bucket."""
    return connect(endpoint_url=moto_server, cost_export=bucket.export)
