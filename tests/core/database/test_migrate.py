"""The schema comes from nothing, once, whoever is first."""

import subprocess
import sys
import threading

import psycopg
import pytest
from pydantic import SecretStr

from optiinfra_core.database import migrate, pending_migrations
from optiinfra_core.database.migrate import MIGRATION_LOCK
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import ConfigurationError, Transient

PROGRAM = """
import sys
from pydantic import SecretStr
from optiinfra_core.database import migrate
from optiinfra_core.endpoints import PostgresEndpoint
migrate(PostgresEndpoint(url=SecretStr(sys.stdin.read())))
"""
UNFENCED = """
SELECT tables.relname FROM pg_class AS tables
WHERE tables.relnamespace = 'optiinfra'::regnamespace AND tables.relkind = 'r'
  AND (tables.relname IN ('customers', 'api_keys') OR EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = tables.oid AND attname = 'customer_id'
  ))
  AND NOT (tables.relrowsecurity AND tables.relforcerowsecurity
           AND EXISTS (SELECT FROM pg_policy WHERE polrelid = tables.oid))
"""


def test_processes_that_start_together_migrate_once(postgres_empty: PostgresEndpoint) -> None:
    """Three processes on an empty database all succeed, and nothing is pending afterwards."""
    assert len(pending_migrations(postgres_empty)) >= 3
    url = postgres_empty.url.get_secret_value()
    started = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(url)
        process.stdin.close()
        process.stdin = None
    assert [(process.communicate(timeout=60)[1], process.returncode) for process in started] == [
        ("", 0)
    ] * 3
    assert pending_migrations(postgres_empty) == ()


def test_who_migrates_waits_for_who_was_first(postgres: PostgresEndpoint) -> None:
    """While another process is at it nothing is touched, then the work goes on by itself."""
    late = threading.Thread(target=migrate, args=(postgres,))
    with psycopg.connect(postgres.url.get_secret_value()) as first:
        first.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        late.start()
        late.join(timeout=1)
        assert late.is_alive()
    late.join(timeout=30)
    assert not late.is_alive()


def test_migrating_again_changes_nothing(postgres: PostgresEndpoint) -> None:
    """A second call is a look at the version."""
    migrate(postgres)
    assert pending_migrations(postgres) == ()


def test_every_table_of_tenants_is_fenced(postgres: PostgresEndpoint) -> None:
    """Each table that names a customer forces row-level security and has a policy."""
    with psycopg.connect(postgres.url.get_secret_value()) as connection:
        assert connection.execute(UNFENCED).fetchall() == []


def test_a_server_that_is_away_is_told_as_such() -> None:
    """Nobody at the address: Transient, and the password is not in the text."""
    with pytest.raises(Transient) as told:
        migrate(PostgresEndpoint(url=SecretStr("postgresql://u:hidden-password@127.0.0.1:1/x")))
    assert "hidden-password" not in told.value.detail


def test_an_unknown_database_is_a_setting_to_correct(postgres: PostgresEndpoint) -> None:
    """A database that does not exist is not waited for."""
    url = postgres.url.get_secret_value().rsplit("/", 1)[0] + "/nowhere"
    with pytest.raises(ConfigurationError, match="nowhere"):
        migrate(PostgresEndpoint(url=SecretStr(url)))
