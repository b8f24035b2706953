"""A throw-away installation: embedded servers in a folder, both schemas, a key ring."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optiinfra_cli.environment import dagster_postgres_url
from optiinfra_core import database
from optiinfra_core.embedded import clickhouse, postgres
from optiinfra_core.endpoints import Servers
from optiinfra_core.settings import Settings
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.migrate import migrate

ROOT = Path(__file__).resolve().parents[1]
RAW_DAYS = 400


@dataclass(frozen=True, slots=True)
class Installation:
    """Servers that run, and what a process needs to be told to use them."""

    settings: Settings
    servers: Servers

    @property
    def folder(self) -> Path:
        """Where everything of it lies."""
        return self.settings.data_dir

    def environment(self, **changes: str) -> dict[str, str]:
        """The environment of a process of this installation."""
        ours = {
            "OPTIINFRA_DATA_DIR": str(self.folder),
            "OPTIINFRA_LOG_FORMAT": "json",
            "OPTIINFRA_CLICKHOUSE_URL": self.servers.clickhouse.url,
            "OPTIINFRA_CLICKHOUSE_DATABASE": self.servers.clickhouse.database,
            "OPTIINFRA_CLICKHOUSE_USER": self.servers.clickhouse.user,
            "OPTIINFRA_CLICKHOUSE_PASSWORD": self.servers.clickhouse.password.get_secret_value(),
            "OPTIINFRA_CLICKHOUSE_READER_USER": self.servers.clickhouse.reader_user,
            "OPTIINFRA_CLICKHOUSE_READER_PASSWORD": (
                self.servers.clickhouse.reader_password.get_secret_value()
            ),
            "OPTIINFRA_POSTGRES_URL": self.servers.postgres.url.get_secret_value(),
            "DAGSTER_POSTGRES_URL": dagster_postgres_url(self.servers.postgres),
        }
        return {**_inherited(), **ours, **changes}

    def keepers(self) -> Mapping[str, int]:
        """Process id of each server's keeper; a server's work is done by it and its children."""
        kinds = {"clickhouse": clickhouse.KIND, "postgres": postgres.KIND}
        found = {name: kind.directory(self.folder).keeper() for name, kind in kinds.items()}
        return {name: pid for name, pid in found.items() if pid is not None}


def _inherited() -> dict[str, str]:
    told = dict(os.environ)  # noqa: TID251 - a child's environment is made of ours
    # Without compiled modules each process start costs twice as much; nobody runs it like that.
    told.pop("PYTHONDONTWRITEBYTECODE", None)
    return {name: value for name, value in told.items() if not name.startswith("OPTIINFRA_")}


@contextmanager
def installed(parent: Path | None) -> Iterator[Installation]:
    """A fresh installation below ``parent`` (default: the system's); nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="optiinfra-bench-", dir=parent))
    try:
        chosen = Settings(data_dir=folder, environment="bench")
        servers = Servers(
            clickhouse=clickhouse.ensure_clickhouse(folder),
            postgres=postgres.ensure_postgres(folder),
        )
        migrate(servers.clickhouse, raw_days=RAW_DAYS)
        database.migrate(servers.postgres)
        KeyRing.create(chosen.keyring_path)
        yield Installation(chosen, servers)
    finally:
        clickhouse.stop_clickhouse(folder)
        postgres.stop_postgres(folder)
        shutil.rmtree(folder)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port
