"""A role that row-level security does not bind is noticed, and customers stay apart anyway."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from pydantic import SecretBytes, SecretStr

from optiinfra_core.collecting.contract import Credential
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.collecting.tasks import CollectionTasks, NewTask
from optiinfra_core.database import Database
from optiinfra_core.embedded.directory import ServerDirectory
from optiinfra_core.embedded.postgres_roles import superuser_url
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import NotFound
from optiinfra_core.vault.credentials import Vault
from optiinfra_core.vault.keyfile import KeySet
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.windows import FixedClock


@pytest.fixture
def unbound(postgres: PostgresEndpoint, servers_folder: Path) -> Iterator[Database]:
    """The module's database as the server's superuser sees it."""
    record = ServerDirectory(servers_folder / "postgres").record()
    assert record is not None
    path = urlsplit(postgres.url.get_secret_value()).path
    url = urlunsplit(urlsplit(superuser_url(record))._replace(path=path))
    database = Database(PostgresEndpoint(url=SecretStr(url)))
    yield database
    database.close()


def test_the_superuser_is_noticed(unbound: Database) -> None:
    """`optiinfra doctor` can tell that the database does not fence customers."""
    assert not unbound.row_security_holds()


def test_customers_stay_apart_without_the_fence(
    unbound: Database, clock: FixedClock, acme: str, globex: str
) -> None:
    """Every read names its customer itself."""
    vault = Vault(unbound, KeyRing(KeySet(primary="k", keys={"k": SecretBytes(b"k" * 32)})), clock)
    states, tasks = SourceStates(unbound), CollectionTasks(unbound)
    record = vault.add(acme, "aws", Credential(), "x", "ann")
    states.save(
        SourceState(customer_id=acme, provider="aws", dataset="cost", account_id="1", source="ce")
    )
    task = tasks.create(
        NewTask(customer_id=acme, provider="aws", data_types=("cost",), trigger="api")
    )
    assert (vault.list(globex), states.list(globex), tasks.under_way(globex)) == ((), (), ())
    assert (len(vault.list(acme)), len(states.list(acme)), len(tasks.under_way(acme))) == (1, 1, 1)
    with pytest.raises(NotFound):
        vault.get(record.id, customer=globex)
    with pytest.raises(NotFound):
        tasks.get(task.id, globex)
