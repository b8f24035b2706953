"""How far a customer's scores were sent on, so that each is sent and a restart begins there."""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.database import Database


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """The last score that was sent: when it was made, and its key among those of that moment."""

    scored_at: datetime
    score_key: str = ""


_GET = """
SELECT scored_at, score_key FROM optiinfra.judge_emissions
WHERE customer_id = %s AND provider = %s
"""
_SAVE = """
INSERT INTO optiinfra.judge_emissions (customer_id, provider, scored_at, score_key)
VALUES (%s, %s, %s, %s)
ON CONFLICT (customer_id, provider) DO UPDATE
SET scored_at = excluded.scored_at, score_key = excluded.score_key
"""


class Emissions:
    """The marks of all customers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def reached(self, customer: str, provider: str) -> Mark | None:
        """How far the customer's scores at the provider were sent; None: none was yet."""
        with self._db.customer(customer) as connection:
            row = connection.execute(_GET, (customer, provider)).fetchone()
        return None if row is None else Mark(row["scored_at"], row["score_key"])

    def save(self, customer: str, provider: str, mark: Mark) -> None:
        """Everything up to ``mark`` was sent.

        Raises:
            NotFound: the customer was deleted.
        """
        with self._db.customer(customer) as connection:
            connection.execute(_SAVE, (customer, provider, mark.scored_at, mark.score_key))
