"""Changing the key of the ring touches no secret, and loses none."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from optiinfra_core.database import Database
from optiinfra_core.errors import ConfigurationError, Conflict
from optiinfra_core.vault.credentials import CredentialRecord, Vault
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.vault.statements import SEALING
from optiinfra_core.windows import FixedClock
from tests.core.vault.cloud_key import CloudKey, cloud_key


@pytest.fixture
def records(vault: Vault, acme: str) -> Iterator[list[CredentialRecord]]:
    """Five credentials; nobody else's are in the database."""
    made = [vault.add(acme, "aws", cloud_key(f"secret-number-{n}"), "x", "ann") for n in range(5)]
    yield made
    for record in made:
        vault.delete(record.id, "ann")


def blobs(database: Database) -> set[bytes]:
    """Every sealed blob."""
    with database.operator() as connection:
        rows = connection.execute("SELECT blob FROM optiinfra.credential_revisions").fetchall()
    return {bytes(row["blob"]) for row in rows}


def secrets(vault: Vault, records: list[CredentialRecord]) -> list[str]:
    """What the vault gives out for each."""
    found = []
    for record in records:
        with vault.open(record.id, CloudKey, "test") as credential:
            found.append(credential.secret.get_secret_value())
    return found


def test_a_new_primary_takes_over_in_batches(
    vault: Vault, ring: KeyRing, records: list[CredentialRecord], database: Database
) -> None:
    """Every row moves, every blob stays byte for byte, every secret opens."""
    before, told, old = blobs(database), secrets(vault, records), ring.primary()[0]
    new = ring.rotate()
    assert vault.keys_in_use() == {old: 5}
    assert vault.rewrap("ann", batch=2) == 5
    assert vault.keys_in_use() == {new: 5}
    assert vault.rewrap("ann") == 0
    assert blobs(database) == before
    vault.retire(old, "ann")
    assert ring.ids == (new,)
    assert secrets(vault, records) == told


def test_an_interrupted_rewrap_goes_on_where_it_was(
    vault: Vault, ring: KeyRing, records: list[CredentialRecord], database: Database
) -> None:
    """A row that cannot be moved stops the work; the rest of its batch is untouched."""
    old = ring.primary()[0]
    new = ring.rotate()
    last = max(records, key=lambda record: record.id)
    with database.operator() as connection:
        connection.execute(
            "UPDATE optiinfra.credential_revisions SET kek_id = 'lost' WHERE credential_id = %s",
            (last.id,),
        )
    with pytest.raises(ConfigurationError, match="'lost'"):
        vault.rewrap("ann", batch=2)
    assert vault.keys_in_use() == {new: 4, "lost": 1}
    with database.operator() as connection:
        connection.execute(
            "UPDATE optiinfra.credential_revisions SET kek_id = %s WHERE credential_id = %s",
            (old, last.id),
        )
    assert vault.rewrap("ann", batch=2) == 1


def test_a_key_in_use_is_not_retired(
    vault: Vault, ring: KeyRing, records: list[CredentialRecord]
) -> None:
    """Neither the primary nor one that still wraps a row."""
    old = ring.primary()[0]
    ring.rotate()
    with pytest.raises(Conflict, match="wraps 5"):
        vault.retire(old, "ann")
    with pytest.raises(Conflict, match="primary"):
        vault.retire(ring.primary()[0], "ann")
    assert old in ring.ids


def test_a_key_is_not_retired_while_something_is_being_sealed(
    vault: Vault, ring: KeyRing, records: list[CredentialRecord], database: Database
) -> None:
    """What is sealed but not committed yet may need the old key: retiring waits for it."""
    old = ring.primary()[0]
    ring.rotate()
    vault.rewrap("ann")
    late = threading.Thread(target=vault.retire, args=(old, "ann"))
    with database.operator() as sealing:
        sealing.execute(SEALING)
        late.start()
        late.join(timeout=0.5)
        assert old in ring.ids
    late.join(timeout=30)
    assert old not in ring.ids


def test_sealing_while_keys_change_loses_nothing(
    database: Database, ring: KeyRing, clock: FixedClock, acme: str
) -> None:
    """Threads add credentials while keys are rotated, moved and retired: all open afterwards."""
    vault = Vault(database, ring, clock)

    def change() -> None:
        for _ in range(5):
            old = ring.primary()[0]
            ring.rotate()
            vault.rewrap("ann")
            vault.retire(old, "ann")

    def add(number: int) -> CredentialRecord:
        return vault.add(acme, "aws", cloud_key(f"at-the-same-time-{number}"), "x", "ann")

    with ThreadPoolExecutor(4) as threads:
        changing = threads.submit(change)
        records = list(threads.map(add, range(30)))
        changing.result()
    assert sorted(secrets(vault, records)) == sorted(f"at-the-same-time-{n}" for n in range(30))
    for record in records:
        vault.delete(record.id, "ann")
