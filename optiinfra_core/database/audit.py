"""The audit log: who did what to a credential, an API key or a customer, and proof that it stands.

Postgres numbers, times and chains the rows (migration 0001). Write the audit row last in its
transaction: inserts wait for each other until the commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from optiinfra_core.database.pool import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One row; ``hash`` is the chain's value there, in hexadecimal."""

    seq: int
    at: datetime
    customer_id: str | None
    subject_type: str
    subject_id: str
    actor: str
    action: str
    detail: Mapping[str, object]
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What is about to be written; ``detail`` holds no secret and no personal data."""

    subject_type: str
    subject_id: str
    action: str
    actor: str
    customer_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The state of the chain; ``first_broken`` is the first row that does not fit, None if all do.

    ``head_hash`` kept outside this database (a ticket, a log archive) proves later that nobody
    rewrote or cut the log: pass it to ``verify_chain`` again.
    """

    rows: int
    first_broken: int | None
    head_seq: int
    head_hash: str


_APPEND = """
INSERT INTO optiinfra.credential_audit_log
    (customer_id, subject_type, subject_id, actor, action, detail)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_ENTRIES = """
SELECT seq, at, customer_id, subject_type, subject_id, actor, action, detail,
       encode(hash, 'hex') AS hash
FROM optiinfra.credential_audit_log
WHERE subject_type = %s AND subject_id = %s
ORDER BY seq
"""
_FIRST_BROKEN = """
WITH chained AS (
    SELECT entry.*, optiinfra.audit_hash(entry) AS due,
           lag(seq, 1, 0::bigint) OVER (ORDER BY seq) AS before,
           lag(hash, 1, '\\x00'::bytea) OVER (ORDER BY seq) AS link
    FROM optiinfra.credential_audit_log AS entry
)
SELECT min(seq) AS seq FROM chained WHERE seq <> before + 1 OR prev <> link OR hash <> due
"""
_HEAD = """
SELECT count(*) AS rows, coalesce(max(seq), 0) AS head_seq,
       coalesce((array_agg(encode(hash, 'hex') ORDER BY seq DESC))[1], '') AS head_hash
FROM optiinfra.credential_audit_log
"""
_ANCHOR = "SELECT encode(hash, 'hex') AS hash FROM optiinfra.credential_audit_log WHERE seq = %s"


def append(connection: Connection, event: AuditEvent) -> None:
    """Write ``event`` in the transaction of ``connection``: both happen or neither."""
    connection.execute(
        _APPEND,
        (
            event.customer_id,
            event.subject_type,
            event.subject_id,
            event.actor,
            event.action,
            Jsonb(dict(event.detail)),
        ),
    )


def entries(connection: Connection, subject_type: str, subject_id: str) -> tuple[AuditEntry, ...]:
    """Everything that was done to one subject, oldest first."""
    with connection.cursor(row_factory=class_row(AuditEntry)) as cursor:
        return tuple(cursor.execute(_ENTRIES, (subject_type, subject_id)).fetchall())


def verify_chain(db: Database, anchor: AuditReport | None = None) -> AuditReport:
    """Recompute every hash of the log.

    A row that was edited, removed or put in is found as the first that does not fit. Rows cut off
    at the end, and a chain rebuilt as a whole, only show against an ``anchor``: the report of an
    earlier look that was kept elsewhere.
    """
    with db.operator() as connection:
        broken = connection.execute(_FIRST_BROKEN).fetchone()
        head = connection.execute(_HEAD).fetchone()
        first_broken = broken["seq"] if broken else None
        if first_broken is None and anchor is not None and anchor.head_seq:
            kept = connection.execute(_ANCHOR, (anchor.head_seq,)).fetchone()
            if kept is None or kept["hash"] != anchor.head_hash:
                first_broken = anchor.head_seq
    return AuditReport(first_broken=first_broken, **(head or {}))
