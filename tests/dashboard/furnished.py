"""The furnished API: two customers with everything the dashboard shows, over a real socket."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

from fastapi.testclient import TestClient

from optiinfra_api.app import create_app
from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.database import Database
from optiinfra_core.endpoints import Servers
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.windows import FixedClock
from tests.api.dagster_webserver import DagsterWebserver
from tests.api.house import NOW, READS, House, settings_of
from tests.dashboard.accounts import PROVIDERS
from tests.dashboard.collecting import furnish_collecting
from tests.dashboard.conversations import furnish_conversations
from tests.dashboard.machines import furnish_machines
from tests.dashboard.money import furnish_costs
from tests.dashboard.served import OverSocket, served

ALL = (*READS, "applications:text", "applications:write", "collect:trigger", "credentials:write")


def furnish(house: House) -> None:
    """Providers, customers, their data, and keys of several kinds."""
    ProviderCatalogue(house.database).publish(PROVIDERS)
    customers = Customers(house.database)
    customers.add("acme", "Acme")
    customers.add("globex", "Globex")
    furnish_costs(house)
    furnish_machines(house)
    furnish_conversations(house)
    furnish_collecting(house)
    house.key("reader", READS, ("acme",))
    house.key("operator", ALL, ("acme",))
    house.key("both", READS, ("acme", "globex"))
    house.key("costs-only", ("costs:read",), ("acme",))
    house.key("no-costs", ("performance:read", "resources:read"), ("acme",))
    house.key("globex", READS, ("globex",))


@contextmanager
def furnished_house(folder: Path, servers: Servers) -> Iterator[House]:
    """The installation, served and furnished for the length of the block."""
    clock = FixedClock(NOW)
    with DagsterWebserver() as dagster:
        settings = settings_of(folder, dagster)
        KeyRing.create(settings.keyring_path)
        database = Database(servers.postgres)
        app = create_app(settings, servers, clock)
        with (
            Warehouse(servers.clickhouse) as warehouse,
            served(app) as url,
            OverSocket(app, url) as client,
        ):
            # A House asks through any client of httpx; its type names the one in memory.
            door = cast("TestClient", client)
            before = FixedClock(NOW - timedelta(minutes=5))
            house = House(
                settings, servers, clock, database, warehouse, dagster, door, writing=before
            )
            furnish(house)
            yield house
        database.close()
