"""The servers that tests work against: real ones, with fresh databases for every module."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from typing_extensions import override
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from optiinfra_core.embedded.clickhouse import ensure_clickhouse, stop_clickhouse
from optiinfra_core.embedded.clickhouse_engine import ask
from optiinfra_core.embedded.directory import Record
from optiinfra_core.embedded.postgres import ensure_postgres, stop_postgres
from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers

# Tests below the folders of a group run in one worker: those that start whole installations draw
# ports, those of the dashboard share a browser.
GROUPS = {
    "installations": ("tests/cli/", "tests/core/embedded/", "tests/deploy/"),
    "dashboard": ("tests/dashboard/",),
}


def group_of(nodeid: str) -> str:
    """The tests that share a worker, and so its servers and fixtures: mostly those of a file."""
    path = nodeid.partition("::")[0]
    return next((group for group, below in GROUPS.items() if path.startswith(below)), path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups that take longest, and keep each together.

    pytest-randomly has put the groups in order, and the tests of each.
    """
    slow = {group_of(item.nodeid) for item in items if item.get_closest_marker("slow")}
    places: dict[str, int] = {}
    for place, item in enumerate(items):
        places.setdefault(group_of(item.nodeid), place)
    items.sort(key=lambda item: (group_of(item.nodeid) not in slow, places[group_of(item.nodeid)]))


class Groups(LoadScopeScheduling):
    """Gives whole groups to workers; xdist's own loadgroup does nothing since pytest 9.2."""

    @override
    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Groups:
    """What hands tests to workers, where there are several."""
    return Groups(config, log)


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """Where the servers live; they stay up if $OPTIINFRA_TEST_DATA_DIR names the folder."""
    shared = os.environ.get("OPTIINFRA_TEST_DATA_DIR")  # noqa: TID251 - tests have no settings
    if shared is not None:
        yield Path(shared)
        return
    folder = Path(tempfile.mkdtemp(prefix="optiinfra-test-"))
    try:
        yield folder
    finally:
        stop_clickhouse(folder)
        stop_postgres(folder)
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def clickhouse_server(servers_folder: Path) -> ClickHouseEndpoint:
    """The embedded ClickHouse that all modules share."""
    return ensure_clickhouse(servers_folder)


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> PostgresEndpoint:
    """The embedded Postgres that all modules share."""
    return ensure_postgres(servers_folder)


@pytest.fixture(scope="session")
def servers(clickhouse_server: ClickHouseEndpoint, postgres_server: PostgresEndpoint) -> Servers:
    """Both embedded servers."""
    return Servers(clickhouse=clickhouse_server, postgres=postgres_server)


@pytest.fixture(scope="module")
def clickhouse_endpoint(clickhouse_server: ClickHouseEndpoint) -> Iterator[ClickHouseEndpoint]:
    """A fresh, empty ClickHouse database."""
    with clickhouse_database(clickhouse_server) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def warehouse_endpoint(clickhouse_server: ClickHouseEndpoint) -> Iterator[ClickHouseEndpoint]:
    """A fresh ClickHouse database with the warehouse's tables."""
    from optiinfra_core.warehouse.migrate import migrate  # noqa: PLC0415 - only who needs it pays

    with clickhouse_database(clickhouse_server) as endpoint:
        migrate(endpoint, raw_days=400)
        yield endpoint


@contextmanager
def clickhouse_database(server: ClickHouseEndpoint) -> Iterator[ClickHouseEndpoint]:
    """A database that exists for the length of the block."""
    name = f"optiinfra_t_{token_hex(6)}"
    passwords = {"user": server.user, "password": server.password.get_secret_value()}
    record = Record(port=server.port, secrets=passwords)
    ask(record, f"CREATE DATABASE {name} ENGINE = Atomic")
    try:
        yield replace(server, database=name)
    finally:
        ask(record, f"DROP DATABASE {name} SYNC", seconds=30)


@pytest.fixture(scope="module")
def postgres_empty(postgres_server: PostgresEndpoint) -> Iterator[PostgresEndpoint]:
    """A fresh, empty Postgres database of a role that is no superuser."""
    with postgres_database(postgres_server) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresEndpoint) -> Iterator[PostgresEndpoint]:
    """A migrated Postgres database that modules clone; nobody may stay connected to it."""
    from optiinfra_core.database.migrate import migrate  # noqa: PLC0415 - only who needs it pays

    with postgres_database(postgres_server) as endpoint:
        migrate(endpoint)
        yield endpoint


@pytest.fixture(scope="module")
def postgres(
    postgres_server: PostgresEndpoint, postgres_template: PostgresEndpoint
) -> Iterator[PostgresEndpoint]:
    """A fresh Postgres database with OptiInfra's schema."""
    template = urlsplit(postgres_template.url.get_secret_value()).path.lstrip("/")
    with postgres_database(postgres_server, template) as endpoint:
        yield endpoint


@contextmanager
def postgres_database(
    server: PostgresEndpoint, template: str = "template1"
) -> Iterator[PostgresEndpoint]:
    """A copy of ``template`` that exists for the length of the block."""
    name = f"optiinfra_t_{token_hex(6)}"
    url = server.url.get_secret_value()
    create, drop = "CREATE DATABASE {} TEMPLATE {}", "DROP DATABASE {} WITH (FORCE)"
    _as_owner(url, sql.SQL(create).format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield PostgresEndpoint(url=SecretStr(urlunsplit(urlsplit(url)._replace(path=f"/{name}"))))
    finally:
        _as_owner(url, sql.SQL(drop).format(sql.Identifier(name)))


def _as_owner(url: str, statement: sql.Composed) -> None:
    """Run a statement that no transaction may hold."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
