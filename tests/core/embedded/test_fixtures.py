"""The fixtures give every module databases of its own."""

import psycopg

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
