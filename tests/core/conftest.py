"""A database with OptiInfra's schema, and customers that no other test knows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from secrets import token_hex

import pytest

from optiinfra_core.database import Database
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    """A clock that the test moves."""
    return FixedClock(datetime(2026, 11, 22, 10, 0, tzinfo=UTC))


@pytest.fixture(scope="module")
def database(postgres: PostgresEndpoint) -> Iterator[Database]:
    """The module's migrated database."""
    opened = Database(postgres)
    yield opened
    opened.close()


@pytest.fixture
def acme(database: Database) -> str:
    """A new customer."""
    return Customers(database).add(f"acme-{token_hex(4)}", "Acme").slug


@pytest.fixture
def globex(database: Database) -> str:
    """Another new customer."""
    return Customers(database).add(f"globex-{token_hex(4)}", "Globex").slug
