"""The ClickHouse engine of the chdb-core wheel, run as a server with an HTTP interface."""

import os
import re
import secrets
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, cast

from optiinfra_core.embedded.directory import HOST, Record
from optiinfra_core.errors import ConfigurationError, Permanent, Transient

LEAST_VERSION = (26, 9)
REMEDY = (
    "Install the wheel this release names (pip install 'optiinfra[embedded]'), "
    "or point OPTIINFRA_CLICKHOUSE_URL at a ClickHouse server."
)


def load_engine() -> Callable[..., Any]:
    """The wheel's function that runs statements in clickhouse-local.

    Load it outside the folder of config.xml: the import itself opens an engine, which would read
    that file. The function is private to the wheel; the self-test at start guards it.

    Raises:
        ConfigurationError: the wheel is not installed, or another one is.
    """
    try:
        from chdb import _chdb  # noqa: PLC0415 - only the keeper pays for 500 MB

        return cast("Callable[..., Any]", vars(_chdb)["query"])
    except (ImportError, KeyError) as error:
        raise ConfigurationError(
            f"the embedded ClickHouse cannot be loaded: {error}", remedy=REMEDY
        ) from None


class Engine:
    """ClickHouse in a thread of this process.

    clickhouse-local has the statement SYSTEM START LISTEN HTTP since 26.7 and reads ./config.xml;
    a query that never ends keeps it open, and killing that query shuts the engine down.
    """

    def __init__(self, query: Callable[..., Any], data: Path) -> None:
        self._query = query
        self._data = data
        self._marker = f"keep-alive-{secrets.token_hex(8)}"
        self._thread = threading.Thread(target=self._serve, name="clickhouse", daemon=True)
        self._outcome = ""

    def start(self, run: Path) -> None:
        """Serve what config.xml in the folder ``run`` says; the process moves into it."""
        os.chdir(run)
        self._thread.start()

    def _serve(self) -> None:
        keep_alive = (
            f"SELECT sleepEachRow(0.2) /* {self._marker} */ FROM system.numbers "  # noqa: S608
            "SETTINGS max_block_size = 1, max_threads = 1, max_execution_time = 0 FORMAT Null"
        )
        try:
            answer = self._query(
                f"SYSTEM START LISTEN HTTP; {keep_alive}", "TSV", path=str(self._data)
            )
        except RuntimeError as error:
            self._outcome = str(error)
        else:
            self._outcome = str(answer.error_message())

    @property
    def alive(self) -> bool:
        """Whether the engine still serves."""
        return self._thread.is_alive()

    @property
    def outcome(self) -> str:
        """What the engine said when it ended."""
        return self._outcome.strip()

    def stop(self, record: Record) -> None:
        """Shut down; returns after three seconds at most.

        An idle connection can hold the engine for keep_alive_timeout. Leaving without it is what
        kill -9 does, and that loses nothing acknowledged.
        """
        kill = f"KILL QUERY WHERE query LIKE '%{self._marker}%' AND query NOT LIKE 'KILL%' ASYNC"
        try:
            ask(record, kill)
        except (Transient, Permanent):
            return
        self._thread.join(3)


def ask(record: Record, statement: str, *, seconds: float = 10) -> str:
    """The answer of the server to ``statement``, asked as the user that writes.

    Raises:
        Transient: it does not answer.
        Permanent: it answers with an error.
    """
    connection = HTTPConnection(HOST, record.port, timeout=seconds)
    headers = {
        "X-ClickHouse-User": record.secrets["user"],
        "X-ClickHouse-Key": record.secrets["password"],
        "Connection": "close",
    }
    try:
        connection.request("POST", "/", statement.encode(), headers)
        response = connection.getresponse()
        text = response.read().decode(errors="replace")
    except (OSError, HTTPException) as error:
        raise Transient(f"ClickHouse on port {record.port} does not answer: {error}") from None
    finally:
        connection.close()
    if response.status != 200:  # noqa: PLR2004
        raise Permanent(f"ClickHouse refuses a statement: {text[:500]}")
    return text


def answers(record: Record) -> bool:
    """Whether our server listens there: only it knows the password."""
    try:
        return ask(record, "SELECT 1", seconds=2) == "1\n"
    except (Transient, Permanent):
        return False


def check_version(record: Record) -> None:
    """Refuse an engine older than what the queries were measured with.

    Raises:
        ConfigurationError: it is older than 26.9.
    """
    version = ask(record, "SELECT version()").strip()
    found = re.match(r"(\d+)\.(\d+)", version)
    if not found or (int(found[1]), int(found[2])) < LEAST_VERSION:
        raise ConfigurationError(
            f"the embedded ClickHouse is {version}; 26.9 or newer is needed", remedy=REMEDY
        )
