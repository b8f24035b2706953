"""Which servers an installation works with: configured ones win over embedded ones."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from optiinfra_core.embedded.servers import resolve
from optiinfra_core.endpoints import Servers
from optiinfra_core.errors import ConfigurationError
from optiinfra_core.settings import Settings

CLICKHOUSE = {
    "clickhouse_url": "https://clickhouse.example:8443",
    "clickhouse_password": "w",
    "clickhouse_reader_password": "r",
}
POSTGRES = {"postgres_url": "postgresql://me:secret@db.example:5433/oi"}


def test_configured_servers_are_used_as_they_are(tmp_path: Path) -> None:
    """With both URLs set nothing is started and nothing is written."""
    servers = resolve(Settings.model_validate({"data_dir": tmp_path, **CLICKHOUSE, **POSTGRES}))
    assert servers.clickhouse.url == CLICKHOUSE["clickhouse_url"]
    assert servers.clickhouse.reader_password == SecretStr("r")
    assert servers.postgres.url == SecretStr(POSTGRES["postgres_url"])
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("missing", ["clickhouse_password", "clickhouse_reader_password"])
def test_a_clickhouse_without_its_passwords_is_refused(tmp_path: Path, missing: str) -> None:
    """The remedy names both settings."""
    given = {name: value for name, value in CLICKHOUSE.items() if name != missing}
    with pytest.raises(ConfigurationError, match="password is missing") as refusal:
        resolve(Settings.model_validate({"data_dir": tmp_path, **given, **POSTGRES}))
    assert f"OPTIINFRA_{missing.upper()}" in refusal.value.remedy


@pytest.mark.parametrize(
    "url", ["postgresql://me@db.example/oi", "postgresql://db.example/oi", "db.example", ""]
)
def test_a_postgres_without_a_password_is_refused(tmp_path: Path, url: str) -> None:
    """The remedy shows how the URL is written; the refusal does not repeat the one given."""
    settings = Settings.model_validate({"data_dir": tmp_path, **CLICKHOUSE, "postgres_url": url})
    with pytest.raises(ConfigurationError, match="OPTIINFRA_POSTGRES_URL") as refusal:
        resolve(settings)
    assert "postgresql://user:password@host" in refusal.value.remedy


def test_without_urls_the_embedded_servers_are_used(servers_folder: Path, servers: Servers) -> None:
    """They live in the data folder, and whoever asks again gets the same ones."""
    assert resolve(Settings(data_dir=servers_folder)) == servers
