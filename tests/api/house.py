"""Two customers with collected data, a Dagster of our own, and the API before them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from pydantic import SecretStr

from optiinfra_api.app import create_app
from optiinfra_api.dependencies.doors import Doors
from optiinfra_core.collecting.catalogue import (
    DataTypeInfo,
    ProviderCatalogue,
    ProviderInfo,
    fields_of,
)
from optiinfra_core.collecting.contract import Credential
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.endpoints import Servers
from optiinfra_core.logs import configure
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric, Row
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import DAY, FixedClock, Window, floor
from tests.api.dagster_webserver import DagsterWebserver
from tests.core.warehouse.scene import charge, machine, sample

NOW = datetime(2026, 11, 22, 10, 7, tzinfo=UTC)
FIRST_DAY = date(2026, 11, 1)
ACCOUNTS = {"acme": "111111111111", "globex": "222222222222"}
CANARY = "canary-of-globex"
READS = ("costs:read", "performance:read", "resources:read", "applications:read")


class Nested(Credential):
    """Where an export lies."""

    bucket: str
    prefix: str = ""


class CloudKey(Credential):
    """What a customer enters; one field of each kind."""

    access_key_id: str
    secret_access_key: SecretStr
    session_token: SecretStr | None = None
    regions: tuple[str, ...] | None = None
    home_region: str = "us-east-1"
    cost_explorer: bool = True
    cost_export: Nested | None = None


AWS = ProviderInfo(
    slug="aws",
    title="Amazon Web Services",
    credential=fields_of(CloudKey),
    data_types=(
        DataTypeInfo(
            name="cost",
            window_seconds=86400,
            min_interval_seconds=6 * 3600,
            lag_seconds=86400,
            reread_seconds=2 * 86400,
            history_seconds=395 * 86400,
            calls_per_day=Decimal(1),
            usd_per_call=Decimal("0.01"),
        ),
        DataTypeInfo(
            name="performance",
            window_seconds=900,
            min_interval_seconds=900,
            lag_seconds=600,
            reread_seconds=1800,
            history_seconds=15 * 86400,
            calls_per_day=Decimal(96),
            usd_per_call=Decimal("0.00001"),
        ),
        DataTypeInfo(
            name="resource",
            window_seconds=900,
            min_interval_seconds=900,
            lag_seconds=0,
            reread_seconds=0,
            history_seconds=None,
            calls_per_day=Decimal(960),
        ),
    ),
    not_supported={"application": "A cloud of machines runs no language model."},
)
HETZNER = ProviderInfo(
    slug="hetzner", title="Hetzner", credential=(), data_types=AWS.data_types[:1]
)


@dataclass
class House:
    """Everything a test of the API touches."""

    settings: Settings
    servers: Servers
    clock: FixedClock
    database: Database
    warehouse: Warehouse
    dagster: DagsterWebserver
    client: TestClient
    tokens: dict[str, str] = field(default_factory=dict)
    # Collections follow each other, whatever time it is for the API.
    writing: FixedClock = field(default_factory=lambda: FixedClock(NOW))

    @property
    def doors(self) -> Doors:
        """What the API holds open."""
        doors: Doors = self.client.app.state.doors  # type: ignore[attr-defined]
        return doors

    def get(self, path: str, key: str = "acme", **params: Any) -> Any:
        """A GET as the holder of a key."""
        headers = params.pop("headers", {})
        return self.client.get(path, params=params, headers={**self.auth(key), **headers})

    def post(self, path: str, body: Mapping[str, Any], key: str = "admin", **headers: str) -> Any:
        """A POST as the holder of a key."""
        return self.client.post(path, json=body, headers={**self.auth(key), **headers})

    def delete(self, path: str, key: str = "admin") -> Any:
        """A DELETE as the holder of a key."""
        return self.client.delete(path, headers=self.auth(key))

    def auth(self, key: str) -> Mapping[str, str]:
        """The header that carries a key."""
        return {"Authorization": f"Bearer {self.tokens[key]}"}

    def key(self, name: str, scopes: tuple[str, ...], customers: tuple[str, ...]) -> str:
        """Make a key and remember its token under ``name``; its id."""
        ring = KeyRing.load(self.settings)
        keys = ApiKeys(self.database, ring.pepper, self.settings.environment, self.clock)
        key, token = keys.create(NewKey(name=name, scopes=scopes, customers=customers))
        self.tokens[name] = token.get_secret_value()
        return key.id

    def write(self, customer: str, metric: Metric, span: Window, rows: list[Row]) -> None:
        """Commit rows as a collection does, and the state of their source with them."""
        batch = Batch(
            metric=metric,
            customer_id=customer,
            provider="aws",
            account_id=ACCOUNTS[customer],
            source="test",
            run_id="run-0",
            span=span,
            windows=tuple(span.split(metric.window)),
        )
        written = WindowWriter(self.warehouse, self.writing).replace(batch, rows)
        self.state(customer, metric, written.version)

    def rewrite(self, customer: str, metric: Metric, span: Window, rows: list[Row]) -> None:
        """Commit rows in a collection after all those before."""
        self.writing.advance(timedelta(minutes=1))
        self.write(customer, metric, span, rows)

    def state(self, customer: str, metric: Metric, version: int) -> None:
        """Say that the source was collected now."""
        now = self.writing.now()
        SourceStates(self.database).save(
            SourceState(
                customer_id=customer,
                provider="aws",
                dataset=metric.name,
                account_id=ACCOUNTS[customer],
                source="test",
                watermark=now,
                last_attempt_at=now,
                last_success_at=now,
                data_version=version,
                committed_at=now,
            )
        )


def fill(house: House, customer: str, name: str, dollars: Decimal) -> None:
    """Three charges a day since the first, a day of samples and two snapshots."""
    account = ACCOUNTS[customer]
    days = [FIRST_DAY + timedelta(days=back) for back in range(22)]
    span = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC))
    costs: list[Row] = [
        charge(
            str(dollars * share),
            day,
            billing_account_id=account,
            service_name=service,
            resource_id=f"{name}-{resource}",
            tags={"team": name},
        )
        for day in days
        for service, resource, share in (
            ("Amazon EC2", "i-1", 1),
            ("Amazon EC2", "i-2", 2),
            ("Amazon S3", "bucket", 3),
        )
    ]
    house.write(customer, COST, span, costs)
    now = floor(house.clock.now(), PERFORMANCE.window)
    samples: list[Row] = [
        sample(
            float(resource), now - quarter * PERFORMANCE.window, resource_id=f"{name}-i-{resource}"
        )
        for quarter in range(1, 97)
        for resource in (1, 2)
    ]
    house.write(customer, PERFORMANCE, Window(now - DAY, now), samples)
    for ago, machines in ((1, ("i-1", "i-2", "i-3")), (0, ("i-1", "i-2"))):
        ts = now - ago * RESOURCE.window
        snapshot: list[Row] = [machine(f"{name}-{each}", ts) for each in machines]
        house.write(customer, RESOURCE, Window(ts, ts + RESOURCE.window), snapshot)


def settings_of(folder: Path, dagster: DagsterWebserver) -> Settings:
    """An installation in ``folder`` whose keys may ask as often as tests do."""
    return Settings(
        data_dir=folder,
        environment="test",
        dagster_url=dagster.url,
        dagster_public_url="https://dagster.example",
        rate_limit_per_minute=100_000,
    )


@contextmanager
def opened(folder: Path, servers: Servers) -> Iterator[House]:
    """The installation, for the length of the block."""
    clock = FixedClock(NOW)
    with DagsterWebserver() as dagster:
        settings = settings_of(folder, dagster)
        configure(settings)
        KeyRing.create(settings.keyring_path)
        database = Database(servers.postgres)
        app = create_app(settings, servers, clock)
        with Warehouse(servers.clickhouse) as warehouse, TestClient(app) as client:
            house = House(settings, servers, clock, database, warehouse, dagster, client)
            furnish(house)
            yield house
        database.close()


def furnish(house: House) -> None:
    """Two customers with data, and keys of several kinds."""
    ProviderCatalogue(house.database).publish([AWS, HETZNER])
    customers = Customers(house.database)
    customers.add("acme", "Acme")
    customers.add("globex", "Globex")
    fill(house, "globex", CANARY, Decimal("987654.32"))
    fill(house, "acme", "acme", Decimal("1.25"))
    house.key("acme", READS, ("acme",))
    house.key("globex", READS, ("globex",))
    house.key("admin", ("admin",), ("*",))
    house.key("acme-admin", ("admin",), ("acme",))
    house.key("costs-only", ("costs:read",), ("acme",))
