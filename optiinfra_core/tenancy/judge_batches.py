"""Batches that a judge works on for up to a day: what was sent, for whom, and what it put aside."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from psycopg.rows import class_row

from optiinfra_core.applications.spending import Reservation
from optiinfra_core.database import Database

BatchStatus = Literal["submitted", "collected", "cancelled", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeBatch:
    """One batch of one application; ``run_id`` is the holder of its reservation.

    ``rubric_version`` lists the versions of all rubrics in it; ``first_day`` to ``last_day`` are
    the days of its calls.
    """

    id: str
    customer_id: str
    provider: str
    application_id: str
    judge: str
    judge_model: str
    rubric_version: str
    first_day: date
    last_day: date
    requests: int
    status: BatchStatus
    reserved_usd: Decimal
    run_id: str
    submitted_at: datetime
    ended_at: datetime | None = None
    detail: str = ""

    def holds(self, day: date) -> bool:
        """Whether calls of ``day`` may be in it."""
        return self.first_day <= day <= self.last_day


_KEEP = """
INSERT INTO optiinfra.judge_batches
    (id, customer_id, provider, application_id, judge, judge_model, rubric_version, first_day,
     last_day, requests, status, reserved_usd, run_id, submitted_at)
VALUES (%(id)s, %(customer_id)s, %(provider)s, %(application_id)s, %(judge)s, %(judge_model)s,
        %(rubric_version)s, %(first_day)s, %(last_day)s, %(requests)s, %(status)s,
        %(reserved_usd)s, %(run_id)s, %(submitted_at)s)
ON CONFLICT (id) DO NOTHING
"""
_UNDER_WAY = """
SELECT * FROM optiinfra.judge_batches
WHERE customer_id = %(customer_id)s AND provider = %(provider)s AND status = 'submitted'
ORDER BY submitted_at, id
"""
_WAITING = """
SELECT EXISTS (
    SELECT FROM optiinfra.judge_batches WHERE provider = %s AND status = 'submitted'
) AS waiting
"""
_END = """
UPDATE optiinfra.judge_batches SET status = %(status)s, ended_at = %(at)s, detail = %(detail)s
WHERE id = %(id)s AND status = 'submitted'
"""
_RESERVED = "SELECT id, usd FROM optiinfra.judge_reservations WHERE run_id = %s"


class JudgeBatches:
    """The batches of all customers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, batch: JudgeBatch) -> None:
        """Remember a batch that was sent; keeping it twice changes nothing."""
        values = {name: getattr(batch, name) for name in JudgeBatch.__slots__}
        with self._db.customer(batch.customer_id) as connection:
            connection.execute(_KEEP, values)

    def under_way(self, customer_id: str, provider: str) -> tuple[JudgeBatch, ...]:
        """The customer's batches at a provider that were not collected yet, oldest first."""
        asked = {"customer_id": customer_id, "provider": provider}
        with (
            self._db.customer(customer_id) as connection,
            connection.cursor(row_factory=class_row(JudgeBatch)) as cursor,
        ):
            return tuple(cursor.execute(_UNDER_WAY, asked).fetchall())

    def waiting(self, provider: str) -> bool:
        """Whether any customer has a batch under way there."""
        with self._db.operator() as connection:
            row = connection.execute(_WAITING, (provider,)).fetchone()
        return bool(row and row["waiting"])

    def reservation(self, batch: JudgeBatch) -> Reservation:
        """What the batch put aside; an empty one where that is settled already."""
        with self._db.customer(batch.customer_id) as connection:
            row = connection.execute(_RESERVED, (batch.run_id,)).fetchone()
        held = (row["id"].hex, row["usd"]) if row else ("0" * 32, batch.reserved_usd)
        return Reservation(*held)

    def end(self, batch: JudgeBatch, status: BatchStatus, at: datetime, detail: str = "") -> None:
        """Say what became of it; what has ended stays ended."""
        values = {"id": batch.id, "status": status, "at": at, "detail": detail}
        with self._db.customer(batch.customer_id) as connection:
            connection.execute(_END, values)
