"""The embedded ClickHouse: start it or find it running, stop it, or keep it in the foreground."""

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from optiinfra_core.embedded import keeper
from optiinfra_core.embedded.clickhouse_config import BI, READER, WRITER, write_configuration
from optiinfra_core.embedded.clickhouse_engine import (
    REMEDY,
    Engine,
    answers,
    ask,
    check_version,
    load_engine,
)
from optiinfra_core.embedded.directory import (
    HOST,
    Record,
    ServerDirectory,
    choose_port,
    new_password,
)
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import ConfigurationError

START_SECONDS = 60
DATABASE = r"optiinfra(_[a-z0-9_]+)?"
KIND = keeper.Kind("clickhouse", "optiinfra_core.embedded.clickhouse", answers)


def ensure_clickhouse(
    data_dir: Path, *, database: str = "optiinfra", port: int | None = None
) -> ClickHouseEndpoint:
    """A ClickHouse that answers, shared by all processes that name ``data_dir``.

    It is started if it does not run and outlives the caller; ``database`` exists afterwards and
    its name starts with ``optiinfra``. The port is kept over restarts; ``port`` counts only when
    this call starts the server.

    Raises:
        ConfigurationError: the chdb-core wheel is missing or too old, ``port`` is taken, or the
            server's users may not work in a database of that name.
        Transient: it does not answer in time.
    """
    if not re.fullmatch(DATABASE, database):
        raise ConfigurationError(
            f"the embedded ClickHouse has no database {database!r}",
            remedy="Use a name like optiinfra or optiinfra_something.",
        )
    record = keeper.ensure(KIND, data_dir, port)
    ask(record, f"CREATE DATABASE IF NOT EXISTS `{database}` ENGINE = Atomic")
    return ClickHouseEndpoint(
        url=f"http://{HOST}:{record.port}",
        database=database,
        user=record.secrets["user"],
        password=SecretStr(record.secrets["password"]),
        reader_user=record.secrets["reader_user"],
        reader_password=SecretStr(record.secrets["reader_password"]),
    )


def stop_clickhouse(data_dir: Path) -> bool:
    """Stop the server of ``data_dir`` and wait until it is gone; False when none ran.

    Raises:
        Transient: it still runs after 40 seconds.
    """
    return keeper.stop(KIND, data_dir)


class ClickHouseServer:
    """Keeps the engine serving in this process."""

    def __init__(self, port: int | None) -> None:
        self._port = port

    def run(
        self, directory: ServerDirectory, signal: keeper.StopSignal, ready: Callable[[], None]
    ) -> bool:
        """Serve until ``signal``; False when the engine ended by itself."""
        query = load_engine()
        record = self._record(directory)
        run = write_configuration(directory.path, record)
        data = directory.path / "data"
        data.mkdir(exist_ok=True)
        engine = Engine(query, data)
        engine.start(run)
        _await_answer(engine, record, signal)
        ready()
        while engine.alive and not signal.wait(0.5):
            pass
        stopped = engine.alive
        if stopped:
            engine.stop(record)
        return stopped

    def _record(self, directory: ServerDirectory) -> Record:
        before = directory.record()
        fresh = {
            "user": WRITER,
            "password": new_password(),
            "reader_user": READER,
            "reader_password": new_password(),
            "bi_user": BI,
            "bi_password": new_password(),
        }
        record = Record(
            port=choose_port(self._port, before.port if before else None),
            # A folder of an earlier release lacks the users that came later.
            secrets={**fresh, **before.secrets} if before else fresh,
        )
        directory.write(record)
        return record


def _await_answer(engine: Engine, record: Record, signal: keeper.StopSignal) -> None:
    """Return once the server answers to our password.

    Raises:
        ConfigurationError: the engine of this wheel cannot listen, or took 60 seconds.
    """
    end = time.monotonic() + START_SECONDS
    while engine.alive and time.monotonic() < end:
        if answers(record):
            check_version(record)
            return
        if signal.wait(0.05):
            return
    raise ConfigurationError(
        f"the embedded ClickHouse does not listen: {engine.outcome[-500:] or 'no answer'}",
        remedy=REMEDY,
    )


if __name__ == "__main__":
    keeper.main(KIND, ClickHouseServer, sys.argv[1:])
