"""Erasures: who asked that a person be forgotten, and what must not come back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.rows import class_row

from optiinfra_core.database import Database
from optiinfra_core.database.audit import AuditEvent, append

CallKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Gone:
    """What of a batch was erased before: persons by their hash, calls by their ids."""

    users: frozenset[str] = frozenset()
    calls: frozenset[CallKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.users or self.calls)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An erasure that was written down and not carried out, because a server was away."""

    customer: str
    id: UUID
    user_hash: str


_ASK = """
INSERT INTO optiinfra.erasures (id, customer_id, user_hash, asked_by, asked_at)
VALUES (%s, %s, %s, %s, %s)
"""
_DONE = "UPDATE optiinfra.erasures SET done_at = %s, rows = %s WHERE id = %s"
_ANY = "SELECT FROM optiinfra.erasures WHERE customer_id = %s LIMIT 1"
_USERS = """
SELECT DISTINCT user_hash FROM optiinfra.erasures
WHERE customer_id = %s AND user_hash = ANY (%s)
"""
_CALLS = """
SELECT application_id, trace_id, span_id FROM optiinfra.erased_calls
WHERE customer_id = %s AND (trace_id, span_id) IN (
    SELECT asked.* FROM unnest(%s::text[], %s::text[]) AS asked
)
"""
_REMEMBER = """
INSERT INTO optiinfra.erased_calls (customer_id, application_id, trace_id, span_id, erased_at)
SELECT DISTINCT %s, asked.* , %s::timestamptz
FROM unnest(%s::text[], %s::text[], %s::text[]) AS asked
ON CONFLICT DO NOTHING
"""
_UNFINISHED = """
SELECT customer_id AS customer, id, user_hash FROM optiinfra.erasures
WHERE done_at IS NULL ORDER BY asked_at
"""
_SINCE = """
SELECT customer_id, application_id, trace_id, span_id FROM optiinfra.erased_calls
WHERE erased_at >= %s ORDER BY customer_id, application_id, trace_id, span_id
"""


class Erasures:
    """The erasures of all customers; a hash is keyed, so that the table names nobody."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def ask(self, customer: str, user_hash: str, asked_by: str, at: datetime) -> UUID:
        """Write an erasure down; from its return on no call of the person passes a door.

        Raises:
            NotFound: the customer was deleted.
        """
        erasure = uuid4()
        with self._db.customer(customer) as connection:
            connection.execute(_ASK, (erasure, customer, user_hash, asked_by, at))
            append(connection, _event(customer, erasure, asked_by))
        return erasure

    def done(self, customer: str, erasure: UUID, rows: int, at: datetime) -> None:
        """Write down that it is carried out, and how many rows it took."""
        with self._db.customer(customer) as connection:
            connection.execute(_DONE, (at, rows, erasure))

    def remember(self, customer: str, calls: Iterable[CallKey], at: datetime) -> None:
        """Keep the ids of erased calls: a half that comes later may not name the person."""
        parts = _columns(calls)
        if parts[0]:
            with self._db.customer(customer) as connection:
                connection.execute(_REMEMBER, (customer, at, *parts))

    def gone(self, customer: str, users: Iterable[str], calls: Iterable[CallKey]) -> Gone:
        """Which of these were erased; one look where the customer never erased anybody.

        Calls are told under their own application, also to a tool that scored one under its own.
        """
        with self._db.customer(customer) as connection:
            if connection.execute(_ANY, (customer,)).fetchone() is None:
                return Gone()
            hashes = connection.execute(_USERS, (customer, sorted(set(users)))).fetchall()
            _, traces, spans = _columns(calls)
            ids = connection.execute(_CALLS, (customer, traces, spans)).fetchall()
        return Gone(
            users=frozenset(row["user_hash"] for row in hashes),
            calls=frozenset(
                (row["application_id"], row["trace_id"], row["span_id"]) for row in ids
            ),
        )

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Those of every customer that were never carried out, oldest first."""
        with (
            self._db.operator() as connection,
            connection.cursor(row_factory=class_row(Unfinished)) as cursor,
        ):
            return tuple(cursor.execute(_UNFINISHED).fetchall())

    def calls_since(self, at: datetime) -> Mapping[str, tuple[CallKey, ...]]:
        """The calls that were erased since, by customer."""
        found: dict[str, list[CallKey]] = {}
        with self._db.operator() as connection:
            for row in connection.execute(_SINCE, (at,)).fetchall():
                key = (row["application_id"], row["trace_id"], row["span_id"])
                found.setdefault(row["customer_id"], []).append(key)
        return {customer: tuple(calls) for customer, calls in found.items()}


def _columns(calls: Iterable[CallKey]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    keys = sorted(set(calls))
    return [key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]


def _event(customer: str, erasure: UUID, actor: str) -> AuditEvent:
    return AuditEvent(
        subject_type="customer",
        subject_id=customer,
        customer_id=customer,
        action="person_erased",
        actor=actor,
        detail={"erasure": str(erasure)},
    )
