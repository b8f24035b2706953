"""Secrets of a whole installation, looked for wherever they must not be."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg import sql
from pydantic import BaseModel, SecretStr

from optiinfra_cli.demonstration.simulated import Simulated
from optiinfra_cli.office import Office, open_office
from optiinfra_cli.options import settings_for
from optiinfra_core.embedded import clickhouse, postgres
from optiinfra_core.embedded.postgres import ensure_postgres
from optiinfra_core.tenancy.api_keys import NewKey
from optiinfra_pipelines.registry import provider
from tests.cli.installed import Kept, eventually, optiinfra

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PLANTED = "PlantedSecretAccessKeyThatNobodyMayEverSee"
READ = (
    "/api/v1/credentials", "/api/v1/customers", "/api/v1/keys", "/api/v1/providers/aws",
    "/api/v1/collect/history?customer_id=acme", "/api/v1/collect/freshness?customer_id=acme",
    "/api/v2/costs/acme/all/total", "/api/v1/collect/cost?customer_id=acme",
    "/api/v2/costs/acme/vultr/invoices?days=60", "/api/v1/providers/gcp",
    "/api/v2/costs/acme/aws/total", "/api/v2/resources/acme/aws/inventory?limit=1000",
    "/api/v2/applications/acme", "/api/v2/applications/acme/all/judges",
    "/api/v2/applications/acme/all/worst", "/api/v2/applications/acme/all/cost",
    "/metrics", "/openapi.json", "/readyz",
)  # fmt: skip


def secrets(kept: Kept, office: Office) -> Iterator[str]:
    """Every secret of the installation: servers, key ring, clouds, judge, and the planted one."""
    for kind in (postgres.KIND, clickhouse.KIND):
        record = kind.directory(kept.folder).record()
        assert record is not None
        yield from (text for name, text in record.secrets.items() if "user" not in name)
    ring = json.loads(office.settings.keyring_path.read_text())
    yield from _texts(ring.get("keys", {}))
    for record in office.vault.list():
        model = provider(record.provider).credential
        with office.vault.open(record.id, model, "test") as credential:
            yield from sealed(credential)
    yield Simulated(kept.state.urls["simulator"]).judge().api_key.get_secret_value()
    yield PLANTED


def sealed(model: BaseModel) -> Iterator[str]:
    """Every secret of a credential; of a key in a JSON document, each line of it too."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from sealed(value)
        elif isinstance(value, SecretStr):
            text = value.get_secret_value()
            yield text
            if text.startswith("{"):
                lines = str(json.loads(text).get("private_key", "")).splitlines()
                yield from (line for line in lines if len(line) >= 24 and "-----" not in line)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, str) and len(value) >= 24:
        yield value


def database(kept: Kept) -> Iterator[tuple[str, str]]:
    """Every row of every table of Dagster and of ours, as text."""
    url = ensure_postgres(kept.folder).url.get_secret_value()
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('optiinfra.operator', 'on', false)")
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname IN ('public', 'optiinfra')"
        ).fetchall()
        assert ("public", "event_logs") in tables
        assert ("optiinfra", "cloud_credentials") in tables
        for schema, table in tables:
            query = sql.SQL("SELECT row::text FROM {} AS row").format(sql.Identifier(schema, table))
            for (text,) in connection.execute(query):
                yield f"{schema}.{table}", text


def files(folder: Path) -> Iterator[tuple[str, str]]:
    """Our logs and Dagster's folder with its compute logs."""
    for part in ("logs", "dagster"):
        for path in (folder / part).rglob("*"):
            if path.is_file():
                yield str(path.relative_to(folder)), path.read_text(errors="replace")


def answers(kept: Kept, office: Office) -> Iterator[tuple[str, str]]:
    """What the API says to somebody who may ask everything, and what it says to a stranger."""
    key, token = office.keys.create(NewKey(name="look", scopes=("admin",), customers=("*",)))
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
    try:
        for path in READ:
            yield path, httpx.get(kept.state.urls["api"] + path, headers=headers, timeout=30).text
            yield path, httpx.get(kept.state.urls["api"] + path, timeout=30).text
    finally:
        office.keys.revoke(key.id)


def collect(kept: Kept) -> subprocess.CompletedProcess[str]:
    """Collect globex's samples of today again, and wait for them."""
    data_type = "performance"
    return optiinfra(
        "collect", "globex", "aws", data_type, "--wait", "--json", "--data-dir", str(kept.folder)
    )


def test_planted_secrets_appear_nowhere(kept: Kept) -> None:
    """Neither after a good collection nor after one whose key is refused."""
    with open_office(settings_for(kept.folder)) as office:
        (record,) = office.vault.list("globex", "aws")
        model = provider("aws").credential
        with office.vault.open(record.id, model, "test") as good:
            wrong = good.model_copy(update={"secret_access_key": SecretStr(PLANTED)})
        office.vault.rotate(record.id, wrong, "test")
        try:
            told = collect(kept)
            assert told.returncode != 0
            hidden = set(secrets(kept, office))
            assert len(hidden) > 6
            places = [
                ("output", told.stdout + told.stderr),
                *database(kept),
                *files(kept.folder),
                *answers(kept, office),
            ]
        finally:
            office.vault.rotate(record.id, good, "test")
    assert len(places) > 100
    assert [where for where, text in places if any(secret in text for secret in hidden)] == []
    eventually(lambda: collect(kept).returncode == 0)
