"""One furnished installation for each module."""

from collections.abc import Iterator

import pytest

from optiinfra_core.endpoints import ClickHouseEndpoint, PostgresEndpoint, Servers
from tests.api.house import NOW, House, opened


@pytest.fixture(scope="module")
def furnished(
    tmp_path_factory: pytest.TempPathFactory,
    warehouse_endpoint: ClickHouseEndpoint,
    postgres: PostgresEndpoint,
) -> Iterator[House]:
    """Two customers with data, keys, a Dagster of our own, and the API before them."""
    servers = Servers(clickhouse=warehouse_endpoint, postgres=postgres)
    with opened(tmp_path_factory.mktemp("house"), servers) as house:
        yield house


@pytest.fixture
def house(furnished: House) -> House:
    """The module's installation, at the moment it was furnished, and a Dagster that obeys."""
    furnished.clock.instant = NOW
    furnished.dagster.state.refuse_launch_as = None
    furnished.dagster.state.on_launch = None
    return furnished
