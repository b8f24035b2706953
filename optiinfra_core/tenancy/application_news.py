"""When what is known of a customer's applications last changed: readers may keep answers by it."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.database import Database

# What people say, label and clear changes answers as much as what applications send. Sums, since
# the latest of several would hide the others.
_NEWS = """
SELECT
    (SELECT max(last_seen_at) FROM optiinfra.applications
     WHERE customer_id = %(customer)s AND (%(everything)s OR provider = ANY (%(providers)s))
    ) AS seen_at,
    (SELECT concat_ws('/', count(*), sum(extract(epoch FROM updated_at)),
                      sum(extract(epoch FROM last_seen_at)))
     FROM optiinfra.applications WHERE customer_id = %(customer)s) AS known,
    (SELECT concat_ws('/', count(*), count(cleared_at))
     FROM optiinfra.quality_alarms WHERE customer_id = %(customer)s) AS alarms,
    (SELECT concat_ws('/', sum(calls), sum(spent_usd), sum(reserved_usd))
     FROM optiinfra.judge_spending WHERE customer_id = %(customer)s) AS spent
"""
_TOUCH = """
INSERT INTO optiinfra.applications AS held
    (customer_id, application_id, name, provider, created_at, updated_at)
VALUES (%(customer)s, %(application)s, %(application)s, '', %(at)s, %(at)s)
ON CONFLICT (customer_id, application_id) DO UPDATE
SET updated_at = greatest(held.updated_at + interval '1 microsecond', excluded.updated_at)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The last call that was noted, and what changes whenever something else did.

    ``known`` changes with applications and their labels, ``alarms`` when one is raised or cleared,
    ``spent`` with every call of a judge that a budget is held against.
    """

    seen_at: datetime | None
    known: str
    alarms: str
    spent: str


class ApplicationNews:
    """What is new of all applications of a customer."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def of(self, customer: str, providers: tuple[str, ...], *, everything: bool) -> News:
        """The news of the customer; the last call is that of the providers alone."""
        asked = {"customer": customer, "providers": list(providers), "everything": everything}
        with self._db.customer(customer) as connection:
            row = connection.execute(_NEWS, asked).fetchone() or {}
        return News(**row)

    def changed(self, customer: str, application_id: str, at: datetime) -> None:
        """Note that something about the application changed that ClickHouse holds.

        Each note is later than the one before, also where the clock stands still.
        """
        told = {"customer": customer, "application": application_id, "at": at}
        with self._db.customer(customer) as connection:
            connection.execute(_TOUCH, told)
