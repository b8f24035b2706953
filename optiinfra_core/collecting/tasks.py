"""Collections that people asked for: the task, its runs, and what they achieved."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID, uuid4

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from optiinfra_core.collecting import news
from optiinfra_core.collecting import task_statements as sql
from optiinfra_core.collecting.results import CollectionResult, result_of, values_of
from optiinfra_core.database import Connection, Database, events
from optiinfra_core.errors import Conflict, InvalidRequest, NotFound, OptiInfraError
from optiinfra_core.redaction import scrub

TRIGGERS = ("schedule", "api", "backfill", "cli")
RUN_STATES = ("queued", "running", "succeeded", "failed")
GOOD = ("succeeded", "skipped")

Cursor = tuple[datetime, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """What was asked for; without start and end: whatever is due."""

    customer_id: str
    provider: str
    data_types: tuple[str, ...]
    trigger: str
    start: datetime | None = None
    end: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionTask:
    """A task and how it stands: queued, running, succeeded, failed or partial.

    ``runs`` maps each run to its state, oldest first. ``is_new`` is true only in the answer of
    the ``create`` that made it: that caller launches the runs. ``error`` has code, detail and
    remedy where no run could be launched.
    """

    id: UUID
    customer_id: str
    provider: str
    data_types: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    trigger: str
    idempotency_key: str | None
    created_at: datetime
    status: str
    runs: Mapping[str, str] = field(default_factory=dict)
    error: Mapping[str, str] | None = None
    is_new: bool = False

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs that work for it, oldest first."""
        return tuple(self.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFilter:
    """Which results are meant; None means all."""

    provider: str | None = None
    data_type: str | None = None
    status: str | None = None


class CollectionTasks:
    """Tasks, their runs and every result; also of runs that nobody asked for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def create(self, new: NewTask) -> CollectionTask:
        """The task; the same idempotency key of the same customer answers the same task.

        Raises:
            NotFound: there is no such customer.
            Conflict: the key was used for a different request.
            InvalidRequest: no data type is asked for.
        """
        if not new.data_types:
            raise InvalidRequest("no data type is asked for", remedy="Name at least one.")
        values = {name: getattr(new, name) for name in NewTask.__slots__}
        values |= {"id": uuid4(), "data_types": list(new.data_types)}
        with self._db.customer(new.customer_id) as connection:
            made = connection.execute(sql.CREATE, values).fetchone()
            if made is not None:
                return _task(connection, made["id"], is_new=True)
            key = (new.customer_id, new.idempotency_key)
            known = connection.execute(sql.BY_KEY, key).fetchone()
            task = _task(connection, known["id"] if known else None)
        if any(getattr(task, name) != getattr(new, name) for name in NewTask.__slots__):
            raise Conflict(
                f"the idempotency key {new.idempotency_key!r} was used for another request",
                remedy="Send a new Idempotency-Key with a new request.",
            )
        return task

    def get(self, task_id: UUID | str, customer_id: str | None = None) -> CollectionTask:
        """The task as it stands now.

        Raises:
            NotFound: there is none, or it is not this customer's.
        """
        identity = _task_uuid(task_id)
        with self._scope(customer_id) as connection:
            task = _task(connection, identity)
        if customer_id not in (None, task.customer_id):
            raise _unknown(task_id)
        return task

    def under_way(
        self, customer_id: str, provider: str | None = None
    ) -> tuple[CollectionTask, ...]:
        """The customer's tasks that are queued or running, newest first: a new one may join them.

        A task without a run counts for an hour: whoever made it may have died before launching.
        """
        values = {"customer_id": customer_id, "provider": provider}
        with self._db.customer(customer_id) as connection:
            rows = connection.execute(sql.UNDER_WAY, values).fetchall()
            tasks = [_task(connection, row["id"]) for row in rows]
        return tuple(task for task in tasks if task.status in ("queued", "running"))

    def attach_run(self, task_id: UUID | str, run_id: str) -> None:
        """Remember that a run works for the task; attaching it twice changes nothing.

        Raises:
            NotFound: there is no such task.
        """
        identity = _task_uuid(task_id)
        with self._db.operator() as connection:
            _existing(connection, identity)
            connection.execute(sql.ATTACH, (run_id, identity))

    def mark_run(self, run_id: str, state: str) -> None:
        """Write down a run's state for every task it works for; ended runs stay ended.

        ``state`` is queued, running, succeeded or failed (a canceled run has failed).
        """
        if state not in RUN_STATES:
            raise InvalidRequest(
                f"{state!r} is no state of a run", remedy=f"Use {', '.join(RUN_STATES)}."
            )
        with self._db.operator() as connection:
            connection.execute(sql.MARK_RUN, (state, run_id))

    def fail(self, task_id: UUID | str, error: OptiInfraError) -> None:
        """Write down why no run could be launched for the task.

        Raises:
            NotFound: there is no such task.
        """
        told = {"code": error.code, "detail": scrub(error.detail), "remedy": scrub(error.remedy)}
        identity = _task_uuid(task_id)
        with self._db.operator() as connection:
            _existing(connection, identity)
            connection.execute(sql.FAIL, (Jsonb(told), identity))

    def begin(self, beginning: news.Beginning) -> None:
        """Tell that a run reads from a provider now; telling it again changes nothing.

        Raises:
            NotFound: the customer does not exist, or was deleted meanwhile.
        """
        with self._db.customer(beginning.customer_id) as connection:
            events.append(connection, news.begun(beginning))

    def record_result(self, result: CollectionResult) -> CollectionResult:
        """Write a result; recording it again, or a later attempt of its run, replaces it.

        It is told as an event, unless nothing was due and nobody was told of a beginning.

        Raises:
            NotFound: the customer does not exist, or was deleted meanwhile.
        """
        with self._db.customer(result.customer_id) as connection:
            row = connection.execute(sql.RECORD, values_of(result)).fetchone()
            if result.status != "skipped" or events.was_told(
                connection, result.customer_id, news.key_of(result)
            ):
                events.append(connection, news.ended(result))
        return result if row is None else result_of(row)

    def results(self, task_id: UUID | str) -> tuple[CollectionResult, ...]:
        """What the task's runs achieved for its customer and data types, oldest first."""
        identity = _task_uuid(task_id)
        with self._db.operator() as connection:
            return _results(connection, identity)

    def history(
        self,
        customer_id: str | None,
        chosen: HistoryFilter | None = None,
        *,
        cursor: Cursor | None = None,
        limit: int = 100,
    ) -> tuple[tuple[CollectionResult, ...], Cursor | None]:
        """(results, cursor of the next page), newest first; the cursor is None on the last page."""
        chosen = chosen or HistoryFilter()
        before, before_id = cursor or (None, None)
        values = {
            "customer_id": customer_id,
            "provider": chosen.provider,
            "data_type": chosen.data_type,
            "status": chosen.status,
            "before": before,
            "before_id": before_id,
            "limit": limit + 1,
        }
        with self._scope(customer_id) as connection:
            rows = connection.execute(sql.HISTORY, values).fetchall()
        page = tuple(result_of(row) for row in rows[:limit])
        more = len(rows) > limit and bool(page)
        return page, (page[-1].started_at, page[-1].id or 0) if more else None

    def _scope(self, customer_id: str | None) -> AbstractContextManager[Connection]:
        return self._db.operator() if customer_id is None else self._db.customer(customer_id)


def status_of(
    data_types: Collection[str],
    runs: Mapping[str, str],
    results: Collection[CollectionResult],
    error: Mapping[str, str] | None = None,
) -> str:
    """How a task stands.

    Done as soon as every data type succeeded. A failed one may still be retried while a run is
    not over, so failed and partial wait for the runs; what no run reported counts as failed then.
    """
    newest = {result.data_type: result.status for result in results}
    good = [name for name in data_types if newest.get(name) in GOOD]
    if len(good) == len(data_types):
        return "succeeded"
    over = all(state in ("succeeded", "failed") for state in runs.values())
    if not over:
        return "running" if "running" in runs.values() or newest else "queued"
    if not runs and not newest:
        return "failed" if error else "queued"
    return "partial" if good or "partial" in newest.values() else "failed"


def _task(connection: Connection, task_id: UUID | None, *, is_new: bool = False) -> CollectionTask:
    row = _existing(connection, task_id)
    runs = connection.execute(sql.RUNS, (task_id,)).fetchall()
    states = {run["run_id"]: run["state"] for run in runs}
    task = _task_of(row, states, _results(connection, row["id"]))
    return replace(task, is_new=is_new)


def _existing(connection: Connection, task_id: UUID | None) -> DictRow:
    row = connection.execute(sql.GET, (task_id,)).fetchone()
    if row is None:
        raise _unknown(task_id)
    return row


def _task_of(
    row: DictRow, runs: Mapping[str, str], results: tuple[CollectionResult, ...]
) -> CollectionTask:
    data_types = tuple(row["data_types"])
    return CollectionTask(
        id=row["id"],
        customer_id=row["customer_id"],
        provider=row["provider"],
        data_types=data_types,
        start=row["window_start"],
        end=row["window_end"],
        trigger=row["trigger"],
        idempotency_key=row["idempotency_key"],
        created_at=row["created_at"],
        status=status_of(data_types, runs, results, row["error"]),
        runs=runs,
        error=row["error"],
    )


def _results(connection: Connection, task_id: UUID) -> tuple[CollectionResult, ...]:
    rows = connection.execute(sql.RESULTS, {"task": task_id}).fetchall()
    return tuple(result_of(row) for row in rows)


def _task_uuid(task_id: UUID | str) -> UUID:
    if isinstance(task_id, UUID):
        return task_id
    try:
        return UUID(task_id)
    except ValueError:
        raise _unknown(task_id) from None


def _unknown(task_id: object) -> NotFound:
    return NotFound(f"there is no task {task_id}")
