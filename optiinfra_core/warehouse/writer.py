"""The one way rows get in: a window is replaced as a whole, once, and then committed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from optiinfra_core.crash import crash_point
from optiinfra_core.errors import PartFailure, Permanent, StaleWrite
from optiinfra_core.metrics import ControlTotal, Metric, Row
from optiinfra_core.warehouse.batch import Batch, Written
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.statements import ONE_PART, RESTATED, statement, structure
from optiinfra_core.warehouse.tally import Tally, exact_sum
from optiinfra_core.warehouse.windows import CommitLog, CommittedWindow
from optiinfra_core.windows import Clock, milliseconds

if TYPE_CHECKING:
    from clickhouse_connect.driver.external import ExternalData

    from optiinfra_core.warehouse.controls import Agreed

COMMIT_COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "dataset": "LowCardinality(String)",
    "account_id": "LowCardinality(String)",
    "window_start": "DateTime('UTC')",
    "window_end": "DateTime('UTC')",
    "source": "LowCardinality(String)",
    "source_version": "String",
    "run_id": "LowCardinality(String)",
    "version": "UInt64",
    "started_at": "DateTime64(3, 'UTC')",
    "rows": "UInt64",
    "checksum": "UInt64",
    "complete": "UInt8",
    "failed_parts": "Array(String)",
    "first_committed_at": "DateTime64(3, 'UTC')",
    "finished_at": "DateTime64(3, 'UTC')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Attempt:
    """One write under way: what it says, what it replaces, and as which version."""

    batch: Batch
    started: int
    version: int
    before: Mapping[datetime, CommittedWindow]
    tallies: Mapping[str, Tally]
    stream: bytes
    stated: "tuple[Agreed, ...]"

    @property
    def metric(self) -> Metric:
        return self.batch.metric

    @property
    def failed(self) -> list[str]:
        return sorted({failure.part for failure in self.batch.failed})

    @property
    def counted(self) -> list[Tally]:
        """Tallies of the parts that are written; a failed part's rows are left out."""
        return [tally for part, tally in self.tallies.items() if part not in self.failed]

    def external(self) -> "ExternalData":
        from clickhouse_connect.driver.external import ExternalData  # noqa: PLC0415

        return ExternalData(
            file_name="batch",
            data=self.stream,
            fmt="ArrowStream",
            structure=structure(self.metric),
        )

    def params(self) -> dict[str, Any]:
        batch = self.batch
        return {
            **scope(batch),
            "source": batch.source,
            "run_id": batch.run_id,
            "version": self.version,
            "failed": self.failed,
            "every_part": batch.parts is None,
            "parts": sorted(batch.parts or ()),
        }


def scope(batch: Batch) -> dict[str, Any]:
    """The parameters that say which rows a batch replaces."""
    return {
        "customer_id": batch.customer_id,
        "provider": batch.provider,
        "account_id": batch.account_id,
        "first_day": batch.span.first_day,
        "last_day": batch.span.last_day,
        "start": batch.span.start,
        "end": batch.span.end,
    }


class WindowWriter:
    """Replaces what the warehouse holds for a span by what a source says now.

    The caller holds the lock of the span. Whatever happens on the way, writing the same span again
    repairs it: nothing is ever doubled, lost or half visible.
    """

    def __init__(self, warehouse: Warehouse, clock: Clock) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._log = CommitLog(warehouse)

    def replace(self, batch: Batch, rows: Iterable[Row | PartFailure | ControlTotal]) -> Written:
        """Write ``rows`` as all there is in the batch's span, then commit its windows.

        ``rows`` is pulled once and may contain failures of parts; those parts keep what they have.
        An error raised by ``rows`` leaves everything as it was. Sums that the provider states are
        held against the rows first; where a part failed they say nothing about the rest.

        Raises:
            StaleWrite: a collection that started later is committed already.
            Permanent: a row does not belong here, a stated sum is not what the rows add up to, or
                what is stored is not what was yielded.
            Transient: ClickHouse is away; the same call may succeed later.
        """
        # Imported here: Arrow takes half a second that a process which only plans need not pay.
        from optiinfra_core.warehouse.controls import agreed  # noqa: PLC0415
        from optiinfra_core.warehouse.spool import Spool  # noqa: PLC0415

        started = batch.started_version or milliseconds(self._clock.now())
        spool = Spool(batch)
        failures = [*batch.failed, *spool.take(rows)]
        stream = spool.finish()
        whole = batch.parts is None and not failures
        stated = agreed(batch, spool.controls, stream) if whole else ()
        crash_point("after_fetch")
        self._end_orphans(batch)
        highest = self._highest(batch)
        before = self._before(batch, started, highest)
        attempt = _Attempt(
            batch=replace(batch, failed=tuple(failures)),
            started=started,
            version=_version(started, before, highest),
            before=before,
            tallies=spool.tallies,
            stream=stream,
            stated=stated,
        )
        restatements = self._restate(attempt)
        crash_point("before_insert")
        inserted = self._insert(attempt)
        crash_point("after_insert")
        self._keep_stated(attempt)
        return self._commit(attempt, inserted, restatements)

    def _before(self, batch: Batch, started: int, highest: int) -> dict[datetime, CommittedWindow]:
        committed = self._committed(batch, highest)
        for window in committed:
            if window.started_at > _instant(started):
                raise StaleWrite(
                    f"{batch.summary}: run {window.run_id} has committed {window.window};"
                    f" it started later, at {window.started_at.isoformat()}"
                )
        return {window.window.start: window for window in committed}

    def _committed(self, batch: Batch, highest: int) -> list[CommittedWindow]:
        """The commit records: the caller's, unless rows show that its lock was lost meanwhile."""
        if batch.before is not None:
            told = [record for start, record in batch.before.items() if start in batch.span]
            if highest <= max((record.version for record in told), default=0):
                return told
        return self._log.committed(
            batch.customer_id, batch.provider, batch.metric, batch.account_id, batch.span
        )

    def _end_orphans(self, batch: Batch) -> None:
        """End inserts of runs that died: one that lands after ours would bring rows back."""
        rows = self._warehouse.select(statement("orphans.sql", batch.metric), scope(batch))
        for row in rows:
            self._warehouse.execute(
                "KILL QUERY WHERE query_id = {query_id:String} SYNC", {"query_id": row["query_id"]}
            )

    def _highest(self, batch: Batch) -> int:
        """The highest version that any row of the span carries."""
        [state] = self._warehouse.select(statement("state.sql", batch.metric), scope(batch))
        return int(state["version"])

    def _restate(self, attempt: _Attempt) -> int:
        file = RESTATED.get(attempt.metric.name)
        served_days = sorted({start.date() for start in attempt.before})
        if file is None or not served_days:
            return 0
        params = {
            **attempt.params(),
            "served_days": served_days,
            "source_version": attempt.batch.source_version,
            "detected_at": self._clock.now(),
        }
        self._warehouse.execute(
            statement(file, attempt.metric), params, attempt.external(), ONE_PART
        )
        [found] = self._warehouse.select(statement("restated.sql", attempt.metric), params)
        return int(found["restatements"])

    def _insert(self, attempt: _Attempt) -> int:
        """Write rows and tombstones; returns how many they are together."""
        settings = {**ONE_PART, "query_id": f"{_name(attempt.batch)}|{attempt.version}"}
        return self._warehouse.execute(
            statement("replace.sql", attempt.metric),
            attempt.params(),
            attempt.external(),
            settings,
        )

    def _keep_stated(self, attempt: _Attempt) -> None:
        """Keep what the provider stated; a write of some parts leaves the statements as they are.

        They replace those of the same span, so that an invoice that was issued anew counts once.
        """
        from optiinfra_core.warehouse.controls import statements  # noqa: PLC0415

        batch, metric = attempt.batch, attempt.metric
        if not metric.additive or batch.parts is not None or batch.failed:
            return
        self._warehouse.execute(
            statement("controls.sql", metric),
            {**attempt.params(), "dataset": metric.name},
            statements(attempt.stated),
            ONE_PART,
        )

    def _commit(self, attempt: _Attempt, inserted: int, restatements: int) -> Written:
        metric, params = attempt.metric, attempt.params()
        params["step"] = int(metric.window.total_seconds())
        served = self._warehouse.select(statement("served.sql", metric), params)
        totals = _control(attempt, served)
        crash_point("before_commit")
        records = _records(attempt, served, self._clock.now())
        self._warehouse.insert("collection_windows", COMMIT_COLUMNS, records)
        crash_point("after_commit")
        checksum, counts = 0, Counter[date]()
        for record in records:
            told = dict(zip(COMMIT_COLUMNS, record, strict=True))
            checksum ^= told["checksum"]
            counts[told["window_start"].date()] += told["rows"]
        rows = sum(row["written"] for row in served)
        return Written(
            rows=rows,
            version=attempt.version,
            checksum=checksum,
            tombstones=inserted - rows,
            failed=attempt.batch.failed,
            control_totals=totals,
            restatements=restatements,
            served=counts,
        )


def _version(started: int, before: Mapping[datetime, CommittedWindow], highest: int) -> int:
    """The version to write: no row and no record of the span has one as high."""
    committed = max((window.version for window in before.values()), default=0)
    return max(started, committed + 1, highest + 1)


def _name(batch: Batch) -> str:
    """The name that an insert of this batch carries on the server."""
    start, end = (int(at.timestamp()) for at in (batch.span.start, batch.span.end))
    scoped = (batch.metric.table, batch.customer_id, batch.provider, batch.account_id)
    return "|".join(("optiinfra", *scoped, str(start), str(end)))


def _control(attempt: _Attempt, served: list[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What was yielded must be what is stored, to the last decimal.

    Raises:
        Permanent: it is not; nothing is committed.
    """
    yielded = sum(tally.rows for tally in attempt.counted)
    written = sum(row["written"] for row in served)
    if bool(yielded) != bool(written) or written > yielded:
        raise Permanent(f"{attempt.batch.summary}: {yielded} rows yielded, {written} stored")
    totals: dict[str, Decimal] = {}
    for name in attempt.metric.additive:
        if any(name in tally.unknown for tally in attempt.counted):
            continue
        before = exact_sum(tally.sums.get(name) for tally in attempt.counted)
        after = exact_sum(row[f"sum_{name}"] for row in served)
        if before != after:
            raise Permanent(
                f"{attempt.batch.summary}: {name} adds up to {before}, stored is {after}"
            )
        totals[name] = before
    return totals


def _records(
    attempt: _Attempt, served: list[Mapping[str, Any]], now: datetime
) -> list[tuple[Any, ...]]:
    batch = attempt.batch
    by_start = {row["window_start"]: row for row in served}
    started = _instant(attempt.started)
    records = []
    for window in batch.windows:
        row = by_start.get(window.start, {"rows": 0, "checksum": 0})
        earlier = attempt.before.get(window.start)
        failed = _still_failed(attempt, earlier)
        whole = batch.parts is None or earlier is not None
        records.append(
            (
                batch.customer_id, batch.provider, batch.metric.name, batch.account_id,
                window.start, window.end, batch.source, batch.source_version, batch.run_id,
                attempt.version, started, row["rows"], row["checksum"],
                int(whole and not failed), failed,
                earlier.first_committed_at if earlier else now, now,
            )
        )  # fmt: skip
    return records


def _still_failed(attempt: _Attempt, earlier: CommittedWindow | None) -> list[str]:
    """Parts that the window lacks; those that were not asked for are as they were."""
    parts = attempt.batch.parts
    if parts is None or earlier is None:
        return attempt.failed
    return sorted({*(set(earlier.failed_parts) - parts), *attempt.failed})


def _instant(version: int) -> datetime:
    """The instant of a millisecond count, without a float on the way."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=version)
