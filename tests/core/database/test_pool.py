"""Connections are bound to a tenant, survive the server, and say in our words what is wrong."""

import socket
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.database import Database
from optiinfra_core.database.audit import AuditEvent, append
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import ConfigurationError, Conflict, NotFound, Transient

COUNT = "SELECT count(*) AS found FROM optiinfra.source_state"


@pytest.fixture
def states(database: Database, acme: str, globex: str) -> SourceStates:
    """One row of each of two customers."""
    store = SourceStates(database)
    for customer in (acme, globex):
        store.save(
            SourceState(
                customer_id=customer, provider="aws", dataset="cost", account_id="1", source="ce"
            )
        )
    return store


@pytest.fixture
def single(postgres: PostgresEndpoint) -> Iterator[Database]:
    """A pool of one connection: whatever a transaction leaves behind meets the next one."""
    database = Database(postgres, max_size=1)
    yield database
    database.close()


def endpoint(url: str) -> PostgresEndpoint:
    """An endpoint at ``url``."""
    return PostgresEndpoint(url=SecretStr(url))


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def rows(database: Database, customer: str) -> int:
    """How many source states the customer's transaction sees."""
    with database.customer(customer) as connection:
        found = connection.execute(COUNT).fetchone()
    return int(found["found"]) if found else -1


def test_without_a_tenant_no_row_is_visible(
    states: SourceStates, postgres: PostgresEndpoint
) -> None:
    """A connection that names neither customer nor operator finds an empty table."""
    with psycopg.connect(postgres.url.get_secret_value()) as connection:
        assert connection.execute(COUNT).fetchone() == (0,)


def test_a_customer_sees_its_own_rows_only(
    states: SourceStates, single: Database, acme: str, globex: str
) -> None:
    """Three transactions on one pooled connection see each exactly what is theirs."""
    assert [rows(single, name) for name in (acme, globex, "nobody")] == [1, 1, 0]
    with single.operator() as connection:
        found = connection.execute(COUNT).fetchone()
    assert found is not None
    assert found["found"] >= 2
    assert rows(single, "nobody") == 0


def test_a_customers_transaction_cannot_write_for_another(
    database: Database, acme: str, globex: str
) -> None:
    """The policy refuses a row of somebody else, whatever the statement says."""
    with (
        pytest.raises(ConfigurationError, match="row-level security"),
        database.customer(acme) as connection,
    ):
        connection.execute(
            "INSERT INTO optiinfra.collection_tasks (id, customer_id, provider, data_types,"
            " trigger, created_at) VALUES (gen_random_uuid(), %s, 'aws', '{cost}', 'api', now())",
            (globex,),
        )


def test_writing_does_not_open_the_fence(
    states: SourceStates, database: Database, acme: str
) -> None:
    """The triggers look beyond the customer; its transaction does not, afterwards."""
    event = AuditEvent(
        subject_type="customer", subject_id=acme, action="x", actor="x", customer_id=acme
    )
    with database.customer(acme) as connection:
        connection.execute(
            "INSERT INTO optiinfra.collection_tasks (id, customer_id, provider, data_types,"
            " trigger, created_at) VALUES (gen_random_uuid(), %s, 'aws', '{cost}', 'api', now())",
            (acme,),
        )
        append(connection, event)
        assert connection.execute(COUNT).fetchone() == {"found": 1}


def test_an_error_takes_the_whole_transaction_back(database: Database, acme: str) -> None:
    """What was written before the error is not there afterwards."""

    def change() -> None:
        with database.operator() as connection:
            connection.execute("UPDATE optiinfra.customers SET name = 'x' WHERE slug = %s", (acme,))
            raise NotFound("changed my mind")

    with pytest.raises(NotFound):
        change()
    with database.operator() as connection:
        kept = connection.execute(
            "SELECT name FROM optiinfra.customers WHERE slug = %s", (acme,)
        ).fetchone()
    assert kept == {"name": "Acme"}


def test_instants_come_back_in_utc(single: Database) -> None:
    """The server's own time zone does not matter."""
    with single.operator() as connection:
        found = connection.execute("SELECT timestamptz '2026-01-01 00:00+05' AS at").fetchone()
    assert found is not None
    assert found["at"].isoformat() == "2025-12-31T19:00:00+00:00"


def test_nobody_listening_is_a_fault_that_passes() -> None:
    """A refused connection is Transient, after a bounded wait, and tells where it looked."""
    port = free_port()
    database = Database(endpoint(f"postgresql://u:hidden-password@127.0.0.1:{port}/x"), wait=0.2)
    with pytest.raises(Transient, match="refused") as told:
        database.ping()
    database.close()
    assert "hidden-password" not in told.value.detail


def test_a_wrong_password_is_a_setting_to_correct(postgres: PostgresEndpoint) -> None:
    """Retrying cannot help, so it is no Transient; the remedy names the setting."""
    url = postgres.url.get_secret_value()
    password = url.split(":")[2].split("@")[0]
    database = Database(endpoint(url.replace(password, "wrong-password")), wait=0.2)
    with pytest.raises(ConfigurationError, match="authentication failed") as told:
        database.ping()
    database.close()
    assert "OPTIINFRA_POSTGRES_URL" in told.value.remedy


@pytest.mark.parametrize("url", ["not a url", "postgresql://h:port/x", "postgresql://h/x?odd=1"])
def test_a_malformed_url_is_a_setting_to_correct(url: str) -> None:
    """A typing error in the URL is told as one."""
    database = Database(endpoint(url), wait=0.2)
    with pytest.raises(ConfigurationError):
        database.ping()
    database.close()


def test_a_database_without_the_schema_says_what_to_run(postgres_empty: PostgresEndpoint) -> None:
    """Missing tables are told with the command that makes them."""
    database = Database(postgres_empty)
    with pytest.raises(ConfigurationError) as told:
        SourceStates(database).list()
    database.close()
    assert "optiinfra migrate" in told.value.remedy


def test_a_second_row_under_a_unique_key_is_a_conflict(database: Database, acme: str) -> None:
    """The constraint is named."""
    with pytest.raises(Conflict, match="customers_slug_key"), database.operator() as connection:
        connection.execute("INSERT INTO optiinfra.customers (slug, name) VALUES (%s, 'x')", (acme,))


def test_a_server_that_drops_us_is_met_again(single: Database, database: Database) -> None:
    """The statement under way fails as Transient; the next one finds a new connection."""

    def work() -> None:
        with single.operator() as connection:
            terminate(database, connection.info.backend_pid)
            connection.execute("SELECT 1")

    with pytest.raises(Transient):
        work()
    single.ping()
    with single.operator() as connection:
        idle = connection.info.backend_pid
    terminate(database, idle)
    single.ping()


def terminate(database: Database, pid: int) -> None:
    """End a session from outside and wait until it is gone."""
    with database.operator() as connection:
        gone = connection.execute("SELECT pg_terminate_backend(%s, 5000) AS gone", (pid,))
        assert gone.fetchone() == {"gone": True}


def test_the_role_of_the_embedded_server_is_bound_by_row_security(database: Database) -> None:
    """Our own server's role is no superuser."""
    assert database.row_security_holds()


def test_a_process_that_never_closes_ends_cleanly(postgres: PostgresEndpoint) -> None:
    """The pool's threads neither hold up the end of the process nor complain."""
    program = (
        "import sys; from pydantic import SecretStr;"
        "from optiinfra_core.database import Database;"
        "from optiinfra_core.endpoints import PostgresEndpoint;"
        "Database(PostgresEndpoint(url=SecretStr(sys.stdin.read()))).ping()"
    )
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        input=postgres.url.get_secret_value(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
