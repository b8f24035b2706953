"""A lock has one holder, and dies with it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from threading import Event
from time import monotonic

import psycopg
import pytest

from optiinfra_core.database import Database
from optiinfra_core.database.pool import lock_key
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import NotFound, Transient, WindowBusy

HOLDER = """
import sys
from pydantic import SecretStr
from optiinfra_core.database import Database
from optiinfra_core.endpoints import PostgresEndpoint
database = Database(PostgresEndpoint(url=SecretStr(sys.stdin.readline().strip())))
with database.try_lock("acme", "aws", "cost"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def other(postgres: PostgresEndpoint) -> Iterator[Database]:
    """The same database as another process would open it."""
    opened = Database(postgres)
    yield opened
    opened.close()


def is_free(database: Database, *parts: str) -> bool:
    """Whether the lock can be had at this moment."""
    try:
        with database.try_lock(*parts):
            return True
    except WindowBusy:
        return False


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether ``condition`` comes true within ``seconds``."""
    end, pause = monotonic() + seconds, Event()
    while not condition():
        if monotonic() > end:
            return False
        pause.wait(0.02)
    return True


def test_a_held_lock_is_busy_for_everyone_else(database: Database, other: Database) -> None:
    """Neither another process nor another thread of the holder's pool gets it."""
    with database.try_lock("a", "b"):
        assert not is_free(other, "a", "b")
        assert not is_free(database, "a", "b")
        with pytest.raises(WindowBusy, match="a/b"), other.try_lock("a", "b"):
            pytest.fail("two holders")
        assert is_free(other, "a", "c")
    assert is_free(other, "a", "b")


def test_the_block_that_fails_frees_its_lock(database: Database, other: Database) -> None:
    """The error of the block is told, and the lock is free."""
    with pytest.raises(NotFound, match="mine"), database.try_lock("fails"):
        raise NotFound("mine")
    assert is_free(other, "fails")


def test_parts_are_not_run_together() -> None:
    """("a", "bc") and ("ab", "c") are different locks, and a name is the same for ever."""
    assert lock_key("a", "bc") != lock_key("ab", "c")
    assert lock_key("acme", "aws", "cost") == lock_key("acme", "aws", "cost")
    assert -(2**63) <= lock_key("x") < 2**63


def test_held_locks_leave_connections_for_work(postgres: PostgresEndpoint) -> None:
    """Many locks at once do not use up a small pool."""
    database = Database(postgres, max_size=1)
    with ExitStack() as held:
        for number in range(8):
            held.enter_context(database.try_lock("many", str(number)))
        database.ping()
    database.close()


def test_a_killed_holder_frees_its_lock(database: Database, postgres: PostgresEndpoint) -> None:
    """After kill -9 of the process the next run gets the lock without anyone's help."""
    parts = ("acme", "aws", "cost")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(postgres.url.get_secret_value() + "\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == "held\n"
        assert not is_free(database, *parts)
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
        assert eventually(lambda: is_free(database, *parts))


def test_a_lock_lost_on_the_way_is_told(database: Database, postgres: PostgresEndpoint) -> None:
    """Who worked without knowing that the lock was gone hears of it, and is retried."""
    sessions = (
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory'"
        " AND (classid::bigint << 32) | objid::bigint = %s"
    )

    def work() -> None:
        with (
            database.try_lock("lost"),
            psycopg.connect(postgres.url.get_secret_value()) as connection,
        ):
            ended = connection.execute(sessions, (lock_key("lost"),)).fetchall()
            assert ended == [(True,)]

    with pytest.raises(Transient, match="lost"):
        work()
    assert is_free(database, "lost")
