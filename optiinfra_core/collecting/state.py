"""The state of every source: how far it was collected, when it is due, what went wrong last."""

from dataclasses import dataclass, fields
from datetime import datetime

from psycopg.rows import class_row

from optiinfra_core.database import Database, events
from optiinfra_core.database.events import UPDATED, NewEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One customer's data set of one account at one provider.

    ``watermark``: everything before it is collected. ``source_version``: the version of the
    source's last answer about its changes that was collected whole. ``data_version``: version of
    the newest commit, in milliseconds; it never goes back, so that readers may cache by it.
    ``covered_at``: when the last tick began that left nothing undone. ``slowed_until``: until when
    the budget allows no paid call; None where it does. ``reason``: why the last attempt fetched
    nothing, empty where it did. The error fields are None after a success.
    """

    customer_id: str
    provider: str
    dataset: str
    account_id: str
    source: str
    source_version: str | None = None
    watermark: datetime | None = None
    next_due_at: datetime | None = None
    last_attempt_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error_code: str | None = None
    last_error_detail: str | None = None
    last_error_remedy: str | None = None
    consecutive_failures: int = 0
    data_version: int = 0
    committed_at: datetime | None = None
    windows_committed: int = 0
    covered_at: datetime | None = None
    slowed_until: datetime | None = None
    reason: str = ""


_GET = """
SELECT * FROM optiinfra.source_state
WHERE customer_id = %s AND provider = %s AND dataset = %s AND account_id = %s
"""
_LIST = """
SELECT * FROM optiinfra.source_state
WHERE (%(customer_id)s::text IS NULL OR customer_id = %(customer_id)s)
  AND (%(provider)s::text IS NULL OR provider = %(provider)s)
  AND (%(dataset)s::text IS NULL OR dataset = %(dataset)s)
ORDER BY customer_id, provider, dataset, account_id
"""
_VERSION = """
SELECT data_version FROM optiinfra.source_state
WHERE customer_id = %(customer_id)s AND provider = %(provider)s AND dataset = %(dataset)s
  AND account_id = %(account_id)s
FOR UPDATE
"""
# Two runs may save at once, for different windows: what only grows, grows.
_SAVE = """
INSERT INTO optiinfra.source_state AS known (
    customer_id, provider, dataset, account_id, source, source_version, watermark, next_due_at,
    last_attempt_at, last_success_at, last_error_code, last_error_detail, last_error_remedy,
    consecutive_failures, data_version, committed_at, windows_committed, covered_at, slowed_until,
    reason
) VALUES (
    %(customer_id)s, %(provider)s, %(dataset)s, %(account_id)s, %(source)s, %(source_version)s,
    %(watermark)s, %(next_due_at)s, %(last_attempt_at)s, %(last_success_at)s,
    %(last_error_code)s, %(last_error_detail)s, %(last_error_remedy)s, %(consecutive_failures)s,
    %(data_version)s, %(committed_at)s, %(windows_committed)s, %(covered_at)s,
    %(slowed_until)s, %(reason)s
)
ON CONFLICT (customer_id, provider, dataset, account_id) DO UPDATE SET
    source = excluded.source,
    source_version = excluded.source_version,
    watermark = excluded.watermark,
    next_due_at = excluded.next_due_at,
    last_attempt_at = greatest(known.last_attempt_at, excluded.last_attempt_at),
    last_success_at = greatest(known.last_success_at, excluded.last_success_at),
    last_error_code = excluded.last_error_code,
    last_error_detail = excluded.last_error_detail,
    last_error_remedy = excluded.last_error_remedy,
    consecutive_failures = excluded.consecutive_failures,
    data_version = greatest(known.data_version, excluded.data_version),
    committed_at = greatest(known.committed_at, excluded.committed_at),
    windows_committed = greatest(known.windows_committed, excluded.windows_committed),
    covered_at = greatest(known.covered_at, excluded.covered_at),
    slowed_until = excluded.slowed_until,
    reason = excluded.reason
RETURNING *
"""


class SourceStates:
    """The states of all sources; one row for each customer, provider, data set and account."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(
        self, customer_id: str, provider: str, dataset: str, account_id: str
    ) -> SourceState | None:
        """The state, None where nothing was ever attempted."""
        with (
            self._db.customer(customer_id) as connection,
            connection.cursor(row_factory=class_row(SourceState)) as cursor,
        ):
            return cursor.execute(_GET, (customer_id, provider, dataset, account_id)).fetchone()

    def list(
        self,
        customer_id: str | None = None,
        provider: str | None = None,
        dataset: str | None = None,
    ) -> tuple[SourceState, ...]:
        """The states of one customer, or of all; narrowed where a name is given."""
        values = {"customer_id": customer_id, "provider": provider, "dataset": dataset}
        one = self._db.operator() if customer_id is None else self._db.customer(customer_id)
        with one as connection, connection.cursor(row_factory=class_row(SourceState)) as cursor:
            return tuple(cursor.execute(_LIST, values).fetchall())

    def save(self, state: SourceState) -> SourceState:
        """Write the state; saving it twice changes nothing. Returns what is stored now.

        A data version that grew is told as an event.

        Raises:
            NotFound: the customer does not exist, or was deleted meanwhile.
        """
        values = {field.name: getattr(state, field.name) for field in fields(SourceState)}
        with (
            self._db.customer(state.customer_id) as connection,
            connection.cursor(row_factory=class_row(SourceState)) as cursor,
        ):
            before = connection.execute(_VERSION, values).fetchone()
            saved = cursor.execute(_SAVE, values).fetchone() or state
            if saved.data_version > (before["data_version"] if before else 0):
                events.append(connection, _updated(saved))
        return saved


def _updated(state: SourceState) -> NewEvent:
    """That data changed: whoever keeps answers about it asks again."""
    source = f"{state.provider}/{state.dataset}/{state.account_id}"
    return NewEvent(
        customer_id=state.customer_id,
        kind=UPDATED,
        provider=state.provider,
        data_type=state.dataset,
        key=f"updated/{source}/{state.data_version}",
        detail={"account_id": state.account_id, "data_version": state.data_version},
    )
