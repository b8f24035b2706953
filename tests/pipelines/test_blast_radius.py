"""A package that nobody here knows brings a cloud: everything appears, no file is touched."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from optiinfra_api.app import create_app
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.database import Database
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import FixedClock
from tests.pipelines.conftest import NOON

ROOT = Path(__file__).parents[2]
READS = ("costs:read", "performance:read")
METADATA = "Metadata-Version: 2.1\nName: nimbus-cloud\nVersion: 1.0\n"
ENTRY_POINT = "[optiinfra.providers]\nnimbus = nimbus_cloud:PROVIDER\n"

# What the author of a cloud writes, and all of it.
PACKAGE = '''"""Nimbus: a cloud with costs and nothing else."""

from datetime import timedelta
from decimal import Decimal

from pydantic import SecretStr

from optiinfra_core.collecting.contract import (
    Collector, Credential, Provider, Rhythm, Typical, Verification,
)
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import DAY, month_window


class NimbusCredential(Credential):
    token: SecretStr


class Nimbus:
    def __init__(self, credential, gate):
        self.token = credential.token

    def close(self):
        pass


class Charges(Collector):
    metric = COST
    typical = Typical(
        rhythm=Rhythm(
            min_interval=timedelta(hours=6), lag=DAY, reread=DAY, history=timedelta(days=90)
        ),
        calls_per_day=Decimal(1),
        usd_per_call=Decimal("0.02"),
    )

    def source(self, connection):
        return "nimbus_bill"

    def rhythm(self, connection):
        return self.typical.rhythm

    def collect(self, connection, span, parts=None):
        for day in span.split(DAY):
            yield CostRow(
                charge_period_start=day.start, charge_period_end=day.end,
                billing_period_start=month_window(day.first_day).first_day,
                billing_account_id="sky-1", service_name="Rain",
                billed_cost=Decimal("1.25"), effective_cost=Decimal("1.25"),
            )


PROVIDER = Provider(
    slug="nimbus",
    title="Nimbus Sky",
    credential=NimbusCredential,
    connect=Nimbus,
    verify=lambda connection: Verification(account_id="sky-1", principal="rainmaker"),
    collectors=(Charges(),),
    docs="https://nimbus.example/docs",
    not_supported={"performance": "Clouds of water have no processors."},
)
'''

# What an installation does with it: definitions, publishing, documentation, one collection.
PROGRAM = """
import json
from datetime import UTC, datetime
from pydantic import SecretStr
from docs import generate
from nimbus_cloud import NimbusCredential
from optiinfra_core.metrics import COST
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines import publish
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import open_doors
from optiinfra_pipelines.collection.runner import Request
from optiinfra_pipelines.definitions import defs
from optiinfra_pipelines.registry import provider

made = defs()
graph = made.resolve_asset_graph()
ours = [key for key in graph.get_all_asset_keys() if key.path[0] == "nimbus"]
executable = [key for key in ours if graph.get(key).is_executable]
job = made.resolve_job_def("collect_nimbus")
(schedule,) = (each for each in made.schedules if each.job_name == "collect_nimbus")
supplied = [key for key in executable if not key.path[1].startswith("application")]
(asset,) = (each for each in made.assets if getattr(each, "keys", None) == set(supplied))
judged = made.resolve_job_def("judge_nimbus")
assert publish.main() == 0
clock = FixedClock(datetime(2026, 11, 22, 12, 1, tzinfo=UTC))
with open_doors(settings(), clock) as doors:
    Customers(doors.database).add("rainy", "Rainy Inc")
    secret = NimbusCredential(token=SecretStr("drop"))
    doors.vault.add("rainy", "nimbus", secret, "main", "test")
    request = Request(
        customer_id="rainy", days=(clock.now().date(),), run_id="r", trigger="api"
    )
    ((_, (outcome,)),) = collect(doors, provider("nimbus"), COST, [request])
print(json.dumps({
    "assets": sorted("/".join(key.path) for key in ours),
    "executable": ["/".join(key.path) for key in supplied],
    "judged": sorted("/".join(key.path) for key in judged.asset_layer.executable_asset_keys),
    "checks": sorted(key.name for key in graph.asset_check_keys if key.asset_key in ours),
    "job": sorted("/".join(key.path) for key in job.asset_layer.executable_asset_keys),
    "schedule": schedule.name,
    "cron": schedule.cron_schedule,
    "pool": asset.op.pool,
    "outcome": [outcome.status, outcome.rows, outcome.account_id],
    "docs": generate.clouds(),
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like site-packages, with the package as an installer leaves it."""
    site = tmp_path_factory.mktemp("site")
    (site / "nimbus_cloud.py").write_text(PACKAGE)
    metadata = site / "nimbus_cloud-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(METADATA)
    (metadata / "entry_points.txt").write_text(ENTRY_POINT)
    return site


@pytest.fixture
def told(folder: Path, environment: Settings, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """What the program finds in a process of its own, with the environment of the test."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(folder), str(ROOT))))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    answer: Mapping[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_a_package_brings_a_cloud_and_everything_follows_from_its_manifest(
    told: Mapping[str, Any],
    environment: Settings,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> None:
    """Assets, checks, job, tick, pool, collected rows, API and documentation."""
    clouds = ["nimbus/cost", "nimbus/performance", "nimbus/resource"]
    assert told["assets"] == sorted([*clouds, *told["judged"]])
    assert told["executable"] == told["job"] == ["nimbus/cost"]
    assert told["judged"] == [
        "nimbus/application",
        "nimbus/application_interactions",
        "nimbus/application_quality",
        "nimbus/application_sample",
    ]
    assert {"every_account_on_time", "served_as_committed", "within_budget"} < set(told["checks"])
    assert "invoices_and_control_totals_agree" in told["checks"]
    assert told["schedule"] == "collect_nimbus_every_15_minutes"
    assert told["cron"] == "*/15 * * * *"
    assert told["pool"] == "nimbus_api"
    assert told["outcome"] == ["succeeded", 1, "sky-1"]
    assert "## Nimbus Sky (`nimbus`)" in told["docs"]
    assert "Clouds of water have no processors." in told["docs"]
    assert "| `token` | sealed string | yes |" in told["docs"]
    database = Database(postgres)
    ring = KeyRing.load(environment)
    keys = ApiKeys(database, ring.pepper, environment.environment, FixedClock(NOON))
    _, token = keys.create(NewKey(name="k", scopes=READS, customers=("rainy",)))
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with TestClient(create_app(environment, servers, FixedClock(NOON))) as client:
        listed = client.get("/api/v1/providers/nimbus", headers=headers).json()
        cost = client.get("/api/v2/costs/rainy/nimbus/total?days=3", headers=headers).json()
        refused = client.get("/api/v2/performance/rainy/nimbus/metrics", headers=headers)
    ProviderCatalogue(database).publish([])
    database.close()
    assert (listed["title"], listed["data_types"][0]["usd_per_call"]) == ("Nimbus Sky", "0.02")
    assert cost["data"][0]["cost"] == "1.25"
    assert refused.json()["detail"].endswith("Clouds of water have no processors.")
