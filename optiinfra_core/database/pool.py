"""Connections to Postgres: each transaction runs for one customer or for the operator."""

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from optiinfra_core.database.faults import translate, translated
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import Transient, WindowBusy

Connection = psycopg.Connection[DictRow]

CONNECT_SECONDS = 5
WAIT_SECONDS = 10.0
LARGEST_LOCK_POOL = 64


class Database:
    """A Postgres shared by threads; connects at first use and again after the server restarted.

    Everything it raises is an ``OptiInfraError``: Transient while the server does not answer,
    ConfigurationError where it refuses us. Rows come as dictionaries, instants in UTC. ``wait``
    is how many seconds a free connection is waited for.
    """

    def __init__(
        self, endpoint: PostgresEndpoint, *, max_size: int = 10, wait: float = WAIT_SECONDS
    ) -> None:
        self._endpoint = endpoint
        self._wait = wait
        self._work = self._pool("work", max_size, _prepare)
        # Locks live in sessions of their own: a held lock must not starve the transactions.
        self._locks = self._pool("locks", LARGEST_LOCK_POOL, _prepare_for_locks)
        self._opening = threading.Lock()

    @contextmanager
    def operator(self) -> Iterator[Connection]:
        """A transaction that sees every customer; commits at the end, rolls back on an error."""
        with translated(), self._connection(self._work) as connection, connection.transaction():
            _ = connection.execute("SELECT set_config('optiinfra.operator', 'on', true)")
            yield connection

    @contextmanager
    def customer(self, slug: str) -> Iterator[Connection]:
        """A transaction that sees the rows of one customer only, whatever it asks."""
        with translated(), self._connection(self._work) as connection, connection.transaction():
            _ = connection.execute("SELECT set_config('optiinfra.customer', %s, true)", (slug,))
            yield connection

    @contextmanager
    def try_lock(self, *parts: str) -> Iterator[None]:
        """Hold the lock that ``parts`` name until the block ends or this process dies.

        Raises:
            WindowBusy: another holder has it, in this process or any other; never waits for it.
            Transient: the session was lost, and the lock with it.
        """
        name = "/".join(parts)
        with translated(), self._connection(self._locks) as connection:
            if not _flag(connection, "SELECT pg_try_advisory_lock(%s) AS flag", lock_key(*parts)):
                raise WindowBusy(f"another run holds {name}")
            try:
                yield
            except BaseException:
                _ = _released(connection, lock_key(*parts))
                raise
            if not _released(connection, lock_key(*parts)):
                raise Transient(
                    f"the lock of {name} was lost with its session while it was held",
                    remedy="Nothing: the next tick does the work again.",
                )

    def ping(self) -> None:
        """Return if Postgres answers; raise what keeps it from answering otherwise."""
        with translated(), self._connection(self._work) as connection:
            _ = connection.execute("SELECT 1")

    def row_security_holds(self) -> bool:
        """False where our role bypasses row-level security (superuser, BYPASSRLS)."""
        with translated(), self._connection(self._work) as connection:
            return _flag(
                connection,
                "SELECT NOT (rolsuper OR rolbypassrls) AS flag"
                " FROM pg_roles WHERE rolname = current_user",
            )

    def close(self) -> None:
        """Close every connection; locks held through this object are freed."""
        self._work.close()
        self._locks.close()

    def _pool(self, name: str, size: int, configure: Any) -> ConnectionPool[Connection]:
        return ConnectionPool(
            self._endpoint.url.get_secret_value(),
            connection_class=Connection,
            kwargs={
                "row_factory": dict_row,
                "autocommit": True,
                "connect_timeout": CONNECT_SECONDS,
                "application_name": "optiinfra",
            },
            name=name,
            min_size=0,
            max_size=size,
            open=False,
            timeout=self._wait,
            configure=configure,
            check=ConnectionPool.check_connection,
        )

    @contextmanager
    def _connection(self, pool: ConnectionPool[Connection]) -> Iterator[Connection]:
        with self._opening:
            if pool.closed:
                pool.open()
        try:
            connection = pool.getconn()
        except PoolTimeout as error:
            raise self._why(error) from None
        try:
            yield connection
        finally:
            pool.putconn(connection)

    def _why(self, error: PoolTimeout) -> Exception:
        """The pool only says that it waited; a connection of our own says why."""
        try:
            psycopg.connect(
                self._endpoint.url.get_secret_value(), connect_timeout=CONNECT_SECONDS
            ).close()
        except psycopg.Error as reason:
            return translate(reason)
        return Transient(f"no Postgres connection was free: {error}")


def lock_key(*parts: str) -> int:
    """The 64-bit number of an advisory lock; ("a", "bc") and ("ab", "c") differ."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return int.from_bytes(digest.digest()[:8], "big", signed=True)


def _prepare(connection: Connection) -> None:
    _ = connection.execute("SET TIME ZONE 'UTC'")


def _prepare_for_locks(connection: Connection) -> None:
    # A holder whose machine is gone must not block its window for the system's two hours.
    _ = connection.execute("SET tcp_keepalives_idle = 30")
    _ = connection.execute("SET tcp_keepalives_interval = 10")
    _ = connection.execute("SET tcp_keepalives_count = 3")


def _flag(connection: Connection, question: LiteralString, *params: object) -> bool:
    row = connection.execute(question, params).fetchone()
    return bool(row and row["flag"])


def _released(connection: Connection, key: int) -> bool:
    try:
        return _flag(connection, "SELECT pg_advisory_unlock(%s) AS flag", key)
    except psycopg.Error:
        return False
