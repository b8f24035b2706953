"""Open doors on real servers, a scripted cloud, and customers that have credentials for it."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.settings import Settings, settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.collection.doors import Doors, open_doors
from tests.pipelines.scripted import Script, ToyCredential, toy

NOON = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
KEY = base64.b64encode(b"k" * 32).decode()


@pytest.fixture
def environment(
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Settings]:
    """The settings of a process that uses the test's servers, as its environment gives them."""
    values = {
        "CLICKHOUSE_URL": warehouse_endpoint.url,
        "CLICKHOUSE_DATABASE": warehouse_endpoint.database,
        "CLICKHOUSE_USER": warehouse_endpoint.user,
        "CLICKHOUSE_PASSWORD": warehouse_endpoint.password.get_secret_value(),
        "CLICKHOUSE_READER_USER": warehouse_endpoint.reader_user,
        "CLICKHOUSE_READER_PASSWORD": warehouse_endpoint.reader_password.get_secret_value(),
        "POSTGRES_URL": postgres.url.get_secret_value(),
        "VAULT_KEYS": f"k1:{KEY}",
        "API_KEY_PEPPER": KEY,
        "RETRY_DELAY_SECONDS": "0",
        "ALLOW_PRIVATE_ENDPOINTS": "true",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"OPTIINFRA_{name}", value)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon of 22 November 2026 until a test moves it."""
    return FixedClock(NOON)


@pytest.fixture
def doors(
    environment: Settings,
    clock: FixedClock,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[Doors]:
    """The doors of a collection, on the test's servers and clock."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with open_doors(environment, clock, servers) as opened:
        yield opened


@pytest.fixture
def script() -> Script:
    """What the scripted cloud answers."""
    return Script()


@pytest.fixture
def cloud(script: Script) -> Provider:
    """The scripted cloud."""
    return toy(script)


@dataclass(frozen=True, slots=True)
class Tenants:
    """Adds customers with one credential each."""

    doors: Doors

    def add(self, account: str | None = None) -> str:
        """A new customer; its slug. ``account`` is the scripted account, a fresh one if None."""
        slug = f"c{token_hex(4)}"
        Customers(self.doors.database).add(slug, slug)
        credential = ToyCredential(account=account or slug, token=SecretStr(f"token-of-{slug}"))
        self.doors.vault.add(slug, "toy", credential, "main", "test")
        return slug


@pytest.fixture
def tenants(doors: Doors) -> Tenants:
    """The way to new customers."""
    return Tenants(doors)
