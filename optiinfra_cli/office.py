"""What the administrative commands work with: Postgres, and the vault and key ring over it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from optiinfra_cli import installation
from optiinfra_core.database import Database, migrate
from optiinfra_core.embedded.postgres import ensure_postgres
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.api_keys import ApiKeys
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import Clock, SystemClock

ACTOR = "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Everything an administrator changes, over one database."""

    settings: Settings
    clock: Clock
    database: Database
    keyring: KeyRing
    customers: Customers
    keys: ApiKeys
    vault: Vault


@contextmanager
def open_office(settings: Settings) -> Iterator[Office]:
    """Connect to Postgres, started if need be, with its tables in place and a key ring.

    Raises:
        ConfigurationError: Postgres refuses us, or the key ring cannot be read.
    """
    clock = SystemClock()
    installation.prepare(settings)
    endpoint = postgres(settings)
    if installation.running_state(settings) is None:  # a running installation has its tables
        migrate(endpoint)
    database = Database(endpoint)
    try:
        keyring = KeyRing.load(settings)
        yield Office(
            settings=settings,
            clock=clock,
            database=database,
            keyring=keyring,
            customers=Customers(database),
            keys=ApiKeys(database, keyring.pepper, settings.environment, clock),
            vault=Vault(database, keyring, clock),
        )
    finally:
        database.close()


def postgres(settings: Settings) -> PostgresEndpoint:
    """The configured Postgres, or the embedded one, started if it does not run."""
    if settings.postgres_url is not None:
        return PostgresEndpoint(url=settings.postgres_url)
    return ensure_postgres(settings.data_dir)
