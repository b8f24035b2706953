"""The doors a collection needs, opened together and closed together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from optiinfra_core.collecting.state import SourceStates
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.database import Database
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.endpoints import Servers
from optiinfra_core.metrics import Metric
from optiinfra_core.settings import Settings
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.windows import CommitLog
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import Clock, SystemClock

# Held by every run from its first resource to the end of its process; see the reaper.
RUN_LEASE = "dagster-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Everything a collection talks to besides the provider."""

    settings: Settings
    clock: Clock
    database: Database
    warehouse: Warehouse
    writer: WindowWriter
    commits: CommitLog
    vault: Vault
    states: SourceStates
    tasks: CollectionTasks


@contextmanager
def collection_lock(doors: Doors, metric: Metric, account: tuple[str, str, str]) -> Iterator[None]:
    """One writer for a metric of an account (customer_id, provider, account_id) at a time.

    The lock goes with its holder: a process that dies frees it within milliseconds.

    Raises:
        WindowBusy: someone else holds it.
    """
    customer_id, provider, account_id = account
    with doors.database.try_lock("collect", customer_id, provider, metric.name, account_id):
        yield


@contextmanager
def open_doors(
    settings: Settings, clock: Clock | None = None, servers: Servers | None = None
) -> Iterator[Doors]:
    """Connect to Postgres, ClickHouse and the key ring for the length of the block.

    Raises:
        ConfigurationError: a server, its password or the key ring is missing.
    """
    clock = clock or SystemClock()
    servers = servers or resolve(settings)
    database = Database(servers.postgres)
    warehouse = Warehouse(servers.clickhouse)
    try:
        yield Doors(
            settings=settings,
            clock=clock,
            database=database,
            warehouse=warehouse,
            writer=WindowWriter(warehouse, clock),
            commits=CommitLog(warehouse),
            vault=Vault(database, KeyRing.load(settings), clock),
            states=SourceStates(database),
            tasks=CollectionTasks(database),
        )
    finally:
        warehouse.close()
        database.close()
