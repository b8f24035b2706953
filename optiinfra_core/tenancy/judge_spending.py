"""What judging may cost, kept in Postgres: every call's price is put aside before it is made.

Two caps hold at once: an application's for the UTC day, a customer's for the month. Each is one row
that whoever reserves updates under its lock, so that runs beside each other cannot both take what
is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from optiinfra_core.applications.spending import BudgetSpent, Reservation
from optiinfra_core.database import Connection, Database
from optiinfra_core.settings import Settings
from optiinfra_core.windows import Clock, month_window

# Rows are locked in this order everywhere: by day first, then by month.
_OPEN = """
INSERT INTO optiinfra.judge_spending (customer_id, scope, application_id, period)
VALUES (%(customer_id)s, 'application_day', %(application_id)s, %(day)s),
       (%(customer_id)s, 'customer_month', '', %(month)s)
ON CONFLICT DO NOTHING
"""
_TAKE = """
UPDATE optiinfra.judge_spending SET reserved_usd = reserved_usd + %(usd)s
WHERE customer_id = %(customer_id)s AND scope = %(scope)s AND application_id = %(application)s
  AND period = %(period)s AND reserved_usd + spent_usd + %(usd)s <= %(cap)s
"""
_REMEMBER = """
INSERT INTO optiinfra.judge_reservations
    (id, customer_id, application_id, day, usd, run_id, reserved_at)
VALUES (%(id)s, %(customer_id)s, %(application_id)s, %(day)s, %(usd)s, %(run_id)s, %(at)s)
"""
_FORGET = """
DELETE FROM optiinfra.judge_reservations WHERE id = %s
RETURNING customer_id, application_id, day, usd
"""
_SETTLE = """
UPDATE optiinfra.judge_spending
SET reserved_usd = greatest(0, reserved_usd - %(usd)s), spent_usd = spent_usd + %(spent)s,
    calls = calls + %(calls)s
WHERE customer_id = %(customer_id)s AND scope = %(scope)s AND application_id = %(application)s
  AND period = %(period)s
"""
_LEFT_OVER = """
SELECT id, run_id, usd, reserved_at FROM optiinfra.judge_reservations
WHERE reserved_at < %s ORDER BY id
"""
_SENT = "SELECT run_id FROM optiinfra.judge_batches WHERE status = 'submitted'"
_CAPS = """
SELECT application.daily_budget_usd AS day, customer.judge_budget_usd AS month
FROM optiinfra.customers AS customer
LEFT JOIN optiinfra.applications AS application
    ON application.customer_id = customer.slug AND application.application_id = %(application_id)s
WHERE customer.slug = %(customer_id)s
"""
_SPENT = """
SELECT scope, application_id, reserved_usd, spent_usd, calls FROM optiinfra.judge_spending
WHERE customer_id = %(customer_id)s
  AND (scope, period) IN (('application_day', %(day)s), ('customer_month', %(month)s))
ORDER BY scope, application_id
"""

# A batch is under way for up to a day after the run that sent it has ended.
BATCH_HOLDER = "batch:"
BATCH_PATIENCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Caps:
    """US dollars: one application a UTC day, one customer a month."""

    day_usd: Decimal
    month_usd: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """How one cap stands; ``application_id`` is empty for the customer's month."""

    scope: str
    application_id: str
    reserved_usd: Decimal
    spent_usd: Decimal
    calls: int


def caps_of(db: Database, settings: Settings, customer_id: str, application_id: str) -> Caps:
    """The application's and the customer's own caps, or the installation's."""
    names = {"customer_id": customer_id, "application_id": application_id}
    with db.customer(customer_id) as connection:
        own = connection.execute(_CAPS, names).fetchone() or {"day": None, "month": None}
    return Caps(
        settings.judge_daily_budget_usd if own["day"] is None else own["day"],
        settings.judge_monthly_budget_usd if own["month"] is None else own["month"],
    )


def spent_by(db: Database, customer_id: str, day: date) -> tuple[Spent, ...]:
    """What judging the customer's applications cost on ``day`` and in its month."""
    values = {"customer_id": customer_id, "day": day, "month": month_window(day).first_day}
    with db.customer(customer_id) as connection:
        return tuple(Spent(**row) for row in connection.execute(_SPENT, values).fetchall())


class JudgeSpending:
    """The purse of one application for one run; threads and processes may use it at once.

    ``holder`` is the run's id, by which its reservations are found again if it dies.
    """

    def __init__(
        self, db: Database, clock: Clock, of: tuple[str, str], caps: Caps, holder: str
    ) -> None:
        self._db = db
        self._clock = clock
        self._customer_id, self._application_id = of
        self._caps = caps
        self._holder = holder

    def reserve(self, estimate_usd: Decimal) -> Reservation:
        """Put ``estimate_usd`` aside under both caps.

        Raises:
            BudgetSpent: it would pass one of them; nothing was put aside.
        """
        now = self._clock.now()
        values: dict[str, Any] = {
            "id": uuid4(),
            "customer_id": self._customer_id,
            "application_id": self._application_id,
            "day": now.date(),
            "month": month_window(now.date()).first_day,
            "usd": estimate_usd,
            "run_id": self._holder,
            "at": now,
        }
        with self._db.customer(self._customer_id) as connection:
            connection.execute(_OPEN, values)
            self._take(connection, values)
            connection.execute(_REMEMBER, values)
        return Reservation(values["id"].hex, estimate_usd)

    def settle(self, reservation: Reservation, usd: Decimal | None) -> None:
        """Count what the call cost, or all that was put aside where nobody knows."""
        spent = reservation.usd if usd is None else usd
        with self._db.customer(self._customer_id) as connection:
            settle(connection, UUID(reservation.id), spent)

    def release(self, reservation: Reservation) -> None:
        """The call was not made, or was refused: nothing was spent."""
        with self._db.customer(self._customer_id) as connection:
            settle(connection, UUID(reservation.id), None)

    def _take(self, connection: Connection, values: dict[str, Any]) -> None:
        for scope, cap in (
            ("application_day", self._caps.day_usd),
            ("customer_month", self._caps.month_usd),
        ):
            taken = connection.execute(_TAKE, {**values, **_row(scope, values), "cap": cap})
            if taken.rowcount == 0:
                raise BudgetSpent(
                    f"judging {self._application_id} of {self._customer_id} would pass the cap of"
                    f" {cap.normalize():f} US dollars ({scope.replace('_', ' of the ')})"
                )


def settle(connection: Connection, reservation: UUID, spent: Decimal | None) -> None:
    """End a reservation, once: ``spent`` is counted; None where there was no call at all."""
    held = connection.execute(_FORGET, (reservation,)).fetchone()
    if held is None:
        return
    held["month"] = month_window(held["day"]).first_day
    counted = {"spent": spent or Decimal(0), "calls": int(spent is not None)}
    for scope in ("application_day", "customer_month"):
        connection.execute(_SETTLE, {**held, **_row(scope, held), **counted})


def settle_dead(db: Database, before: datetime, alive: Callable[[str], bool]) -> int:
    """Count as spent what runs that died had put aside before ``before``; how many calls it was.

    Nobody knows whether those calls were made, so that the caps hold only if they count.
    """
    with db.operator() as connection:
        rows = connection.execute(_LEFT_OVER, (before,)).fetchall()
        sent = {row["run_id"] for row in connection.execute(_SENT).fetchall()}
    runs = {row["run_id"] for row in rows if not row["run_id"].startswith(BATCH_HOLDER)}
    dead = {holder for holder in runs if not alive(holder)}
    # A batch that nobody wrote down in an hour belongs to a run that died after it sent it.
    lost = (row for row in rows if row["reserved_at"] < before - BATCH_PATIENCE)
    dead |= {row["run_id"] for row in lost if row["run_id"] not in runs | sent}
    ended = [row for row in rows if row["run_id"] in dead]
    for row in ended:
        with db.operator() as connection:
            settle(connection, row["id"], row["usd"])
    return len(ended)


def _row(scope: str, values: dict[str, Any]) -> dict[str, Any]:
    """Which row of ``judge_spending`` a scope means."""
    if scope == "customer_month":
        return {"scope": scope, "application": "", "period": values["month"]}
    return {"scope": scope, "application": values["application_id"], "period": values["day"]}
