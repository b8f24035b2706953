"""Moves sealed credentials from one key of the ring to another, without touching the secrets."""

from collections.abc import Mapping

from psycopg.rows import DictRow

from optiinfra_core.database import Connection, Database, audit
from optiinfra_core.database.audit import AuditEvent
from optiinfra_core.errors import Conflict
from optiinfra_core.vault import envelope
from optiinfra_core.vault import statements as sql
from optiinfra_core.vault.envelope import Identity, Sealed
from optiinfra_core.vault.keyring import KeyRing


def keys_in_use(db: Database) -> Mapping[str, int]:
    """Sealed revisions by the key that wraps them."""
    with db.operator() as connection:
        return _counts(connection)


def rewrap(db: Database, ring: KeyRing, actor: str, batch: int) -> int:
    """Wrap every data key with the primary key, ``batch`` rows in each transaction."""
    total = 0
    while moved := _rewrap_batch(db, ring, actor, batch):
        total += moved
    return total


def retire(db: Database, ring: KeyRing, kek_id: str, actor: str) -> None:
    """Take ``kek_id`` out of the ring's file, unless a row still needs it."""
    with db.operator() as connection:
        connection.execute(sql.RETIRING)
        used = _counts(connection).get(kek_id, 0)
        if used:
            raise Conflict(
                f"key {kek_id!r} wraps {used} stored credentials",
                remedy="Move them first: `optiinfra vault rewrap`.",
            )
        ring.retire(kek_id)
        _note(connection, "key_retired", actor, {"kek_id": kek_id})


def _counts(connection: Connection) -> dict[str, int]:
    rows = connection.execute(sql.KEYS_IN_USE).fetchall()
    return {row["kek_id"]: row["revisions"] for row in rows}


def _rewrap_batch(db: Database, ring: KeyRing, actor: str, batch: int) -> int:
    with db.operator() as connection:
        connection.execute(sql.SEALING)
        primary, _ = ring.primary()
        rows = connection.execute(sql.NEXT_TO_REWRAP, (primary, batch)).fetchall()
        for row in rows:
            sealed = _rewrapped(ring, row)
            connection.execute(
                sql.REWRAP,
                (sealed.kek_id, sealed.wrapped_dek, row["credential_id"], row["revision"]),
            )
        if rows:
            _note(connection, "rewrapped", actor, {"kek_id": primary, "revisions": len(rows)})
    return len(rows)


def _rewrapped(ring: KeyRing, row: DictRow) -> Sealed:
    identity = Identity(
        customer_id=row["customer_id"],
        credential_id=str(row["credential_id"]),
        provider=row["provider"],
        revision=row["revision"],
    )
    old = Sealed(kek_id=row["kek_id"], wrapped_dek=row["wrapped_dek"], blob=row["blob"])
    return envelope.rewrap(ring, old, identity)


def _note(connection: Connection, action: str, actor: str, detail: Mapping[str, object]) -> None:
    event = AuditEvent(
        subject_type="vault", subject_id="keyring", action=action, actor=actor, detail=detail
    )
    audit.append(connection, event)
