"""The fixtures give every module databases of its own."""

import psycopg

from optiinfra_core.embedded.clickhouse_engine import ask
from optiinfra_core.embedded.directory import Record
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint


def test_a_module_has_a_clickhouse_database_of_its_own(
    clickhouse_endpoint: ClickHouseEndpoint,
) -> None:
    """The database is not the shared one."""
    assert clickhouse_endpoint.database.startswith("optiinfra_t_")


def test_a_module_has_a_postgres_database_of_its_own(postgres_empty: PostgresEndpoint) -> None:
    """The role enters a database that is not the shared one."""
    with psycopg.connect(postgres_empty.url.get_secret_value()) as connection:
        row = connection.execute("SELECT current_database()").fetchone()
    assert row is not None
    assert row[0].startswith("optiinfra_t_")


def test_a_migrated_module_has_the_warehouse(warehouse_endpoint: ClickHouseEndpoint) -> None:
    """The database of a module that asks for the warehouse holds its tables."""
    record = Record(
        port=warehouse_endpoint.port,
        secrets={
            "user": warehouse_endpoint.user,
            "password": warehouse_endpoint.password.get_secret_value(),
        },
    )
    tables = ask(record, f"SHOW TABLES FROM {warehouse_endpoint.database}").split()
    assert "collection_windows" in tables


def test_a_migrated_module_has_the_schema(postgres: PostgresEndpoint) -> None:
    """The clone of the template holds OptiInfra's tables, owned by the role that asks."""
    question = "SELECT count(*) FROM pg_tables WHERE schemaname = 'optiinfra' AND tableowner = user"
    with psycopg.connect(postgres.url.get_secret_value()) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    assert row[0] > 0
