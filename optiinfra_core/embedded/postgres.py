"""The embedded Postgres: start it or find it running, stop it, or keep it in the foreground."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from optiinfra_core.embedded import keeper
from optiinfra_core.embedded.directory import (
    Record,
    ServerDirectory,
    choose_port,
    new_password,
)
from optiinfra_core.embedded.postgres_account import choose_account
from optiinfra_core.embedded.postgres_binaries import find_binaries
from optiinfra_core.embedded.postgres_cluster import Cluster, stop
from optiinfra_core.embedded.postgres_orphans import clear
from optiinfra_core.embedded.postgres_roles import accepts, answers, owner_url, provision
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import ConfigurationError

START_SECONDS = 60
FIRST_WAIT, LONGEST_WAIT = 0.1, 30.0
KIND = keeper.Kind("postgres", "optiinfra_core.embedded.postgres", answers)


def ensure_postgres(data_dir: Path, *, port: int | None = None) -> PostgresEndpoint:
    """A Postgres that answers, shared by all processes that name ``data_dir``.

    It is started if it does not run and outlives the caller. The URL's role owns the database
    and may create more, but is no superuser. The port is kept over restarts; ``port`` counts only
    when this call starts the server.

    Raises:
        ConfigurationError: no Postgres is installed, or it cannot run here, or ``port`` is taken.
        Transient: it does not answer in time.
    """
    record = keeper.ensure(KIND, data_dir, port)
    return PostgresEndpoint(url=SecretStr(owner_url(record)))


def stop_postgres(data_dir: Path) -> bool:
    """Stop the server of ``data_dir`` and wait until it is gone; False when none ran.

    Raises:
        Transient: it still runs after 40 seconds.
    """
    return keeper.stop(KIND, data_dir)


class PostgresServer:
    """Keeps a postgres running as a child of this process, and restarts it when it dies."""

    def __init__(self, port: int | None) -> None:
        self._port = port

    def run(
        self, directory: ServerDirectory, signal: keeper.StopSignal, ready: Callable[[], None]
    ) -> bool:
        """Serve until ``signal``; always True, for a dead server is started again."""
        data = directory.path / "data"
        cluster = Cluster(data, find_binaries(data), choose_account())
        # First: a server that outlived its keeper by a moment still listens on our port.
        clear(data)
        record = self._record(directory, data)
        cluster.create(record.secrets["superuser_password"])
        child = _first_start(cluster, record, signal)
        if child is not None:
            provision(record)
            ready()
            _watch(cluster, record, child, signal)
        return True

    def _record(self, directory: ServerDirectory, data: Path) -> Record:
        before = directory.record()
        if before is None and data.exists():
            raise ConfigurationError(
                f"{data} exists but {directory.record_path} is gone, and with it the passwords",
                remedy="Restore the file from a backup, or move the data folder away.",
            )
        fresh = {"password": new_password(), "superuser_password": new_password()}
        record = Record(
            port=choose_port(self._port, before.port if before else None),
            secrets=before.secrets if before else fresh,
        )
        directory.write(record)
        return record


def _first_start(
    cluster: Cluster, record: Record, signal: keeper.StopSignal
) -> subprocess.Popen[bytes] | None:
    """The server once it accepts connections; None when ``signal`` came first.

    It may die a few times at first: the processes of a server that was killed hold its shared
    memory for a moment.

    Raises:
        ConfigurationError: it does not accept connections within 60 seconds.
    """
    end = time.monotonic() + START_SECONDS
    child = cluster.start(record.port)
    while time.monotonic() < end:
        if signal.wait(0.05):
            stop(child)
            return None
        if child.poll() is not None:
            if signal.wait(0.5):
                return None
            child = cluster.start(record.port)
        elif accepts(record):
            return child
    stop(child)
    raise ConfigurationError(
        f"the embedded Postgres did not accept connections within {START_SECONDS} s",
        remedy="Read keeper.log and data/log in its folder; "
        "or set OPTIINFRA_POSTGRES_URL to a Postgres server.",
    )


def _watch(
    cluster: Cluster, record: Record, child: subprocess.Popen[bytes], signal: keeper.StopSignal
) -> None:
    """Start the server again whenever it dies, on the same port, after longer and longer waits."""
    wait, started = FIRST_WAIT, time.monotonic()
    while not signal.wait(0.2):
        if child.poll() is None:
            continue
        if time.monotonic() - started > LONGEST_WAIT:
            wait = FIRST_WAIT
        if signal.wait(wait):
            return
        wait, started = min(wait * 2, LONGEST_WAIT), time.monotonic()
        child = cluster.start(record.port)
    stop(child)


if __name__ == "__main__":
    keeper.main(KIND, PostgresServer, sys.argv[1:])
