"""A migrated database for every module and a customer of its own for every test."""

from collections.abc import Iterator
from secrets import token_hex

import pytest

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.warehouse.client import Warehouse
from tests.core.warehouse.scene import Scene


@pytest.fixture(scope="module")
def warehouse(warehouse_endpoint: ClickHouseEndpoint) -> Iterator[Warehouse]:
    """The writer's door."""
    with Warehouse(warehouse_endpoint) as door:
        yield door


@pytest.fixture
def scene(warehouse: Warehouse) -> Scene:
    """A customer nobody else has."""
    return Scene(warehouse, f"acme-{token_hex(4)}")


@pytest.fixture
def other(warehouse: Warehouse) -> Scene:
    """Another customer in the same database."""
    return Scene(warehouse, f"globex-{token_hex(4)}")
