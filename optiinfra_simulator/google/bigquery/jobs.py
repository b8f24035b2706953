"""BigQuery jobs: runs statements over the export tables and keeps their results for paging."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from optiinfra_simulator.google.bigquery import cells
from optiinfra_simulator.google.bigquery.pruning import Days, needed
from optiinfra_simulator.google.bigquery.store import Store, seconds
from optiinfra_simulator.google.bigquery.translation import (
    Place,
    Reading,
    Reference,
    Statement,
    refused,
)
from optiinfra_simulator.google.cost.book import FIRST_DAY
from optiinfra_simulator.google.rest.errors import GoogleError, missing
from optiinfra_simulator.google.rest.identities import Principal
from optiinfra_simulator.google.state import State
from optiinfra_simulator.google.world.projects import PROJECTS, TABLES, Project

LOCATION = "US"
_CELL = 16
_MIB = 2**20
# BigQuery bills at least ten megabytes for each table that is read.
_LEAST = 10 * _MIB
_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a job is to do, whichever way it was asked."""

    query: str
    parameters: tuple[Mapping[str, Any], ...] = ()
    limit: int | None = None
    dry: bool = False
    dataset: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A finished job."""

    id: str
    project: str
    asked: Asked
    started: datetime
    fields: list[Mapping[str, Any]]
    table: Any
    processed: int

    @property
    def billed(self) -> int:
        """Bytes on the bill: whole megabytes, ten at least."""
        if not self.processed:
            return 0
        return max(_LEAST, -(-self.processed // _MIB) * _MIB)


def export(reference: Reference, home: str) -> tuple[Project, str] | None:
    """The project and the kind of export that a reference names."""
    for project in PROJECTS:
        for kind in TABLES:
            if (reference.project or home, reference.dataset, reference.table) == (
                project.id, project.dataset_of(kind), project.table(kind)
            ):  # fmt: skip
                return project, kind
    return None


@dataclass
class Jobs:
    """Runs statements; results are kept for a while."""

    state: State
    _stores: Mapping[str, Store] = field(init=False)
    _kept: "OrderedDict[str, Job]" = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _count: int = 0

    def __post_init__(self) -> None:
        self._stores = {name: Store(book) for name, book in self.state.books.items()}

    def close(self) -> None:
        """Forget tables and results."""
        with self._lock:
            self._kept.clear()
        for store in self._stores.values():
            store.close()

    def job(self, job_id: str) -> Job:
        """A job that was run before.

        Raises:
            GoogleError: there is none, or its results have gone.
        """
        with self._lock:
            found = self._kept.get(job_id)
        if found is None:
            raise missing(f"Not found: Job {job_id}")
        return found

    def run(self, principal: Principal, project: str, asked: Asked, job_id: str = "") -> Job:
        """Run a statement at the present instant.

        Raises:
            GoogleError: it cannot be run, or may not be.
        """
        now = self.state.now
        if asked.location and asked.location.upper() != LOCATION:
            raise missing(f"Not found: Dataset was not found in location {asked.location}")
        statement = Statement.read(asked.query, asked.parameters, now)
        readings = statement.readings()
        sources = [self._source(principal, project, asked, one) for one in readings]
        # Tables of two projects are never joined: nobody may read both.
        store = self._stores[sources[0][0].id if sources else project]
        columns = statement.columns()
        everything = Days(FIRST_DAY, now.date(), FIRST_DAY)
        spans = [needed(one.select, everything, store.evaluate) for one in readings]
        places = {
            id(one.node): Place(kind, seconds(now), days)
            for one, (_, kind), days in zip(readings, sources, spans, strict=True)
        }
        sql = statement.written(lambda one: places[id(one.node)])
        processed = sum(store.load(days, now) for days in spans) * columns * _CELL
        job = Job(
            id=job_id or self._number(),
            project=project,
            asked=asked,
            started=now,
            fields=[],
            table=None,
            processed=processed,
        )
        if asked.limit is not None and job.billed > asked.limit:
            raise GoogleError(
                400,
                f"Query exceeded limit for bytes billed: {asked.limit}. {job.billed} or higher "
                "required.",
                "bytesBilledLimitExceeded",
            )
        return self._executed(job, store, sql)

    def _executed(self, job: Job, store: Store, sql: str) -> Job:
        import duckdb  # noqa: PLC0415 - loads with the first query

        limited = f"SELECT * FROM ({sql}) LIMIT 0" if job.asked.dry else sql  # noqa: S608
        try:
            table = store.cursor().sql(limited).to_arrow_table()
        except duckdb.Error as error:
            raise refused(str(error).splitlines()[0][:400]) from None
        done = Job(
            id=job.id,
            project=job.project,
            asked=job.asked,
            started=job.started,
            fields=cells.schema(table.schema),
            table=table,
            processed=job.processed,
        )
        if not job.asked.dry:
            with self._lock:
                self._kept[done.id] = done
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        return done

    def _number(self) -> str:
        with self._lock:
            self._count += 1
            return f"job_{self._count:08d}"

    def _source(
        self, principal: Principal, home: str, asked: Asked, reading: Reading
    ) -> tuple[Project, str]:
        reference = reading.reference
        if not reference.dataset:
            reference = Reference(reference.project, asked.dataset, reference.table or "")
        found = export(reference, home)
        owner = reference.project or home
        name = f"{owner}:{reference.dataset}.{reference.table}"
        if not principal.may("bigquery.tables.getData", owner):
            raise GoogleError(
                403,
                f"Access Denied: Table {name}: User does not have permission to query table "
                f"{name}, or perhaps it does not exist. Permission bigquery.tables.getData denied.",
                "accessDenied",
            )
        if found is None:
            raise missing(f"Not found: Table {name} was not found in location {LOCATION}")
        return found
