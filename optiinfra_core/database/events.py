"""The event log: what happened to collections, data and credentials, in the order of its commits.

Bounded: the newest 10,000 events of each customer are kept. Whoever changes a state appends its
event in the same transaction, so that neither is there without the other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from optiinfra_core.database.pool import Connection, Database

STARTED = "collection.started"
SUCCEEDED = "collection.succeeded"
FAILED = "collection.failed"
UPDATED = "data.updated"
INVALID = "credential.invalid"
KINDS = (STARTED, SUCCEEDED, FAILED, UPDATED, INVALID)

CHANNEL = "optiinfra_events"
KEPT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """What is about to be told; ``detail`` holds no secret.

    ``key``: a customer's second event with the same key is not told. ``data_type`` is None where
    the event is about no data.
    """

    customer_id: str
    kind: str
    provider: str
    data_type: str | None = None
    key: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event; ``id`` grows in the order in which events can be seen."""

    id: int
    customer_id: str
    at: datetime
    kind: str
    provider: str
    data_type: str | None
    detail: Mapping[str, object]


# Held to the commit: without it a later number could be seen before an earlier one, and whoever
# asks for what comes after the later one would miss the earlier.
_ORDER = "SELECT pg_advisory_xact_lock(7117143045)"
_APPEND = """
INSERT INTO optiinfra.events (customer_id, seq, kind, provider, data_type, key, detail)
SELECT %(customer_id)s, coalesce(max(seq), 0) + 1, %(kind)s, %(provider)s, %(data_type)s, %(key)s,
       %(detail)s
FROM optiinfra.events WHERE customer_id = %(customer_id)s
ON CONFLICT (customer_id, key) DO NOTHING
RETURNING seq
"""
_TRIM = "DELETE FROM optiinfra.events WHERE customer_id = %s AND seq <= %s"
_RING = f"SELECT pg_notify('{CHANNEL}', '')"
_TOLD = "SELECT FROM optiinfra.events WHERE customer_id = %s AND key = %s"
_AFTER = """
SELECT id, customer_id, at, kind, provider, data_type, detail FROM optiinfra.events
WHERE id > %(after)s
  AND (%(customers)s::text[] IS NULL OR customer_id = ANY (%(customers)s))
ORDER BY id LIMIT %(limit)s
"""
_NEWEST = "SELECT coalesce(max(id), 0) AS id FROM optiinfra.events"
# What a customer has lost is older than the oldest that is left of it.
_LOST = """
SELECT count(*) AS lost
FROM optiinfra.customers AS customer
CROSS JOIN LATERAL (
    SELECT seq, id FROM optiinfra.events WHERE customer_id = customer.slug ORDER BY seq LIMIT 1
) AS oldest
WHERE oldest.seq > 1 AND oldest.id > %(after)s + 1
  AND (%(customers)s::text[] IS NULL OR customer.slug = ANY (%(customers)s))
"""


def append(connection: Connection, event: NewEvent) -> None:
    """Tell ``event`` when the transaction of ``connection`` commits.

    Append late in a transaction, and before the audit log: appends wait for each other until the
    commit.
    """
    values = {name: getattr(event, name) for name in NewEvent.__slots__}
    connection.execute(_ORDER)
    row = connection.execute(_APPEND, {**values, "detail": Jsonb(dict(event.detail))}).fetchone()
    if row is None:
        return
    connection.execute(_TRIM, (event.customer_id, row["seq"] - KEPT))
    connection.execute(_RING)


def was_told(connection: Connection, customer_id: str, key: str) -> bool:
    """Whether the customer has an event with this key."""
    return connection.execute(_TOLD, (customer_id, key)).fetchone() is not None


class EventLog:
    """What was told, for those who follow; ``customers`` None means all."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def after(
        self, position: int, customers: Collection[str] | None = None, *, limit: int
    ) -> tuple[Event, ...]:
        """The first ``limit`` events after ``position``, in order."""
        asked = {"after": position, "customers": _listed(customers), "limit": limit}
        with (
            self._db.operator() as connection,
            connection.cursor(row_factory=class_row(Event)) as cursor,
        ):
            return tuple(cursor.execute(_AFTER, asked).fetchall())

    def newest(self) -> int:
        """The position after everything that was told until now."""
        with self._db.operator() as connection:
            row = connection.execute(_NEWEST).fetchone()
        return int(row["id"]) if row else 0

    def lost_after(self, position: int, customers: Collection[str] | None = None) -> bool:
        """Whether events after ``position`` may be gone: too old to be kept, or undone.

        The second happens where a backup of the database was put back.
        """
        asked = {"after": position, "customers": _listed(customers)}
        with self._db.operator() as connection:
            lost = connection.execute(_LOST, asked).fetchone()
            newest = connection.execute(_NEWEST).fetchone()
        return bool(lost and lost["lost"]) or bool(newest and newest["id"] < position)


def _listed(customers: Collection[str] | None) -> list[str] | None:
    return None if customers is None else list(customers)
