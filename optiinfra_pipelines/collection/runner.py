"""One metric of one account, once: due? lock, open, connect, collect, write, remember."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from optiinfra_core.collecting.contract import Changes, Collector, Provider, Rhythm
from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.collecting.news import Beginning
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.errors import (
    CredentialRejected,
    NotReady,
    OptiInfraError,
    PartFailure,
    PermissionMissing,
    passes_by_waiting,
)
from optiinfra_core.metrics import Metric
from optiinfra_core.vault.credentials import CredentialRecord
from optiinfra_core.warehouse.batch import Batch
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.windows import CommittedWindow
from optiinfra_core.windows import QUARTER_HOUR, Window, milliseconds
from optiinfra_pipelines.collection.budget import Allowance, told
from optiinfra_pipelines.collection.doors import Doors, collection_lock
from optiinfra_pipelines.collection.extents import Extent, spans_of
from optiinfra_pipelines.collection.memory import after
from optiinfra_pipelines.collection.outcome import Fault, Outcome, Progress, Status
from optiinfra_pipelines.collection.planner import Ask, Plan, horizon, look_back, plan
from optiinfra_pipelines.verification import gate_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a run wants of one metric: which days, for whom, and on whose behalf."""

    customer_id: str
    days: tuple[date, ...]
    run_id: str
    trigger: str = "schedule"
    task_id: UUID | None = None
    attempt: int = 1

    @property
    def forced(self) -> bool:
        """Whether somebody asked for it, so that what is not due is collected all the same."""
        return self.trigger != "schedule"


@dataclass(slots=True)
class AccountCollection:
    """Collects one metric of one account; ``run`` never raises what a provider can cause."""

    doors: Doors
    provider: Provider
    metric: Metric
    record: CredentialRecord
    request: Request
    log: CallLog = field(default_factory=CallLog)
    progress: list[Progress] = field(default_factory=list)
    source: str = ""
    rhythm: Rhythm | None = None
    version: str | None = None
    waiting: bool = False
    slowed_until: datetime | None = None
    postponed: bool = False
    due: Plan | None = None

    def run(self) -> Outcome:
        """Collect what is due and say what became of it; the calls made are always recorded."""
        started = self.doors.clock.now()
        state = self._state()
        if not self.request.forced and state.next_due_at and self._waits(state, started):
            reason = f"not due before {state.next_due_at:%Y-%m-%dT%H:%MZ}"
            return self._outcome(started, "skipped", reason=reason)
        try:
            with collection_lock(self.doors, self.metric, self._account):
                outcome = self._collect(started)
        except OptiInfraError as error:
            outcome = self._failed(started, error)
        return self._remember(outcome)

    @property
    def account_id(self) -> str:
        """The cloud account that the credential opens."""
        return self.record.account_id or ""

    @property
    def _account(self) -> tuple[str, str, str]:
        return self.request.customer_id, self.provider.slug, self.account_id

    @property
    def collector(self) -> Collector[Any]:
        """The provider's collector of the metric."""
        return self.provider.collector(self.metric)

    def _state(self) -> SourceState:
        scope = (self.request.customer_id, self.provider.slug, self.metric.name, self.account_id)
        known = self.doors.states.get(*scope)
        return known or SourceState(
            customer_id=self.request.customer_id,
            provider=self.provider.slug,
            dataset=self.metric.name,
            account_id=self.account_id,
            source="",
        )

    def _waits(self, state: SourceState, started: datetime) -> bool:
        """Whether it is too early; a secret that was rotated since is tried at once."""
        rotated, tried = self.record.rotated_at, state.last_attempt_at
        if rotated and tried and rotated > tried:
            return False
        return state.next_due_at is not None and started < state.next_due_at

    @property
    def _allowance(self) -> Allowance:
        return Allowance(
            warehouse=self.doors.warehouse,
            settings=self.doors.settings,
            record=self.record,
            dataset=self.metric.name,
        )

    def _collect(self, started: datetime) -> Outcome:
        self.slowed_until = self._allowance.slowed_until(started)
        asks_first = type(self.collector).changes is not Collector.changes
        if self._slowed and not asks_first:
            return self._postponed(started)
        gate = gate_of(self.doors.settings, self.doors.clock, self.log)
        actor = f"run {self.request.run_id}"
        with self.doors.vault.open(
            self.record.id, self.provider.credential, actor=actor
        ) as credential:
            connection = self.provider.connect(credential, gate)
            try:
                return self._windows(connection, started)
            finally:
                connection.close()

    def _windows(self, connection: Any, started: datetime) -> Outcome:
        self.source = self.collector.source(connection)
        rhythm = self.rhythm = self.collector.rhythm(connection)
        state = self._state()
        ask = self._ask(state, started)
        changes = self._changes(connection, rhythm, ask, state)
        seen = look_back(self.metric, rhythm, ask, changes)
        known = self._records(seen)
        due = self.due = plan(self.metric, rhythm, ask, known, changes)
        self.waiting = due.waiting
        self.version = changes.version if changes else None
        if not due.windows:
            reason = _unchanged(state) if changes and due.possible else due.reason
            return self._outcome(started, "skipped", reason=reason, possible=due.possible)
        if self._slowed:
            return self._postponed(started)
        reason = ""
        for span in spans_of(self.collector, connection, due.spans):
            # The lock keeps them true; asking once more costs each tick 8 ms of ClickHouse's CPU.
            inside = seen.start <= span.start and span.end <= seen.end
            extent = Extent(
                span=span,
                windows=tuple(w for w in span.split(self.metric.window) if w.start <= started),
                records=known if inside else self._records(span),
            )
            reason = self._replace(connection, extent, due, started) or reason
        return self._done(started, reason)

    @property
    def _slowed(self) -> bool:
        """Whether the budget keeps this tick from paid calls; what somebody asks for is done."""
        return self.slowed_until is not None and not self.request.forced

    def _postponed(self, started: datetime) -> Outcome:
        """Leave what is due for later."""
        self.postponed = True
        return self._outcome(started, "skipped", reason=told(self.slowed_until or started))

    def _ask(self, state: SourceState, started: datetime) -> Ask:
        return Ask(
            days=self.request.days,
            now=started,
            run_id=self.request.run_id,
            forced=self.request.forced,
            gap_days=self.doors.settings.gap_days,
            retry_incomplete=_worth_retrying(state, started),
            source=self.source,
            covered_at=state.covered_at,
        )

    def _changes(
        self, connection: Any, rhythm: Rhythm, ask: Ask, state: SourceState
    ) -> Changes | None:
        """What the source says it changed; not asked where somebody wants these days anyway.

        Another source's version means nothing to this one: it is asked as for the first time.
        """
        if self.request.forced or rhythm.history is None:
            return None
        since = state.source_version if state.source == self.source else None
        return self.collector.changes(connection, since, horizon(self.metric, rhythm, ask))

    def _replace(self, connection: Any, extent: Extent, due: Plan, started: datetime) -> str:
        """Replace one extent; why nothing was done, or nothing."""
        version = self.version or self.collector.probe(connection, extent.span)
        if version and not self.version and not self.request.forced and self.rhythm:
            state = (self.source, version)
            if extent.unchanged(self.rhythm, state, started):
                return f"the source is unchanged since version {version}"
        parts = extent.missing_parts(due)
        batch = Batch(
            metric=self.metric,
            customer_id=self.request.customer_id,
            provider=self.provider.slug,
            account_id=self.account_id,
            source=self.source,
            source_version=version or "",
            run_id=self.request.run_id,
            span=extent.span,
            windows=extent.windows,
            parts=parts,
            started_version=milliseconds(started),
            before=extent.records,
        )
        self.doors.tasks.begin(self._beginning())
        rows = self.collector.collect(connection, extent.span, parts)
        written = self.doors.writer.replace(batch, rows)
        self.progress.append(
            Progress(
                windows=extent.windows,
                rows=written.rows,
                version=written.version,
                served=written.served,
                failures=written.failed,
            )
        )
        return ""

    def _beginning(self) -> Beginning:
        return Beginning(
            customer_id=self.request.customer_id,
            provider=self.provider.slug,
            data_type=self.metric.name,
            run_id=self.request.run_id,
            trigger=self.request.trigger,
            task_id=self.request.task_id,
            attempt=self.request.attempt,
        )

    def _records(self, span: Window) -> dict[datetime, CommittedWindow]:
        records = self.doors.commits.committed(
            self.request.customer_id, self.provider.slug, self.metric, self.account_id, span
        )
        return {record.window.start: record for record in records}

    def _done(self, started: datetime, reason: str) -> Outcome:
        failures = tuple(failure for step in self.progress for failure in step.failures)
        if not self.progress:
            return self._outcome(started, "skipped", reason=reason)
        status: Status = "partial" if failures else "succeeded"
        on_demand = f"on demand; {told(self.slowed_until)} otherwise" if self.slowed_until else ""
        return self._outcome(
            started,
            status,
            reason=on_demand,
            failures=failures,
            fault=Fault.of_parts(failures),
        )

    def _failed(self, started: datetime, error: OptiInfraError) -> Outcome:
        if isinstance(error, CredentialRejected) and not isinstance(error, PermissionMissing):
            self.doors.vault.record_verification(self.record.id, error, actor="collection")
        if isinstance(error, NotReady):
            # Not a failure: nothing turns red, but the state says what is awaited.
            return self._outcome(
                started, "skipped", reason=error.detail, possible=False, fault=Fault.of(error)
            )
        return self._outcome(started, "failed", fault=Fault.of(error))

    def _outcome(  # noqa: PLR0913 - keywords only, one for each thing an outcome may tell
        self,
        started: datetime,
        status: Status,
        *,
        reason: str = "",
        possible: bool = True,
        fault: Fault | None = None,
        failures: tuple[PartFailure, ...] = (),
    ) -> Outcome:
        return Outcome(
            customer_id=self.request.customer_id,
            provider=self.provider.slug,
            metric=self.metric.name,
            account_id=self.account_id,
            status=status,
            started=started,
            finished=self.doors.clock.now(),
            source=self.source,
            progress=tuple(self.progress),
            calls=len(self.log.calls),
            usd=self.log.usd,
            reason=reason,
            possible=possible,
            fault=fault,
            failures=failures,
            source_version=self.version,
            covered=self._covers(status, possible=possible, fault=fault),
            slowed_until=self.slowed_until,
            postponed=self.postponed,
            beyond=self.due.beyond if self.due else frozenset(),
            limit=self.due.limit if self.due else "",
        )

    def _covers(self, status: Status, *, possible: bool, fault: Fault | None) -> bool:
        """Whether this was a tick that left nothing undone."""
        whole = status in ("succeeded", "skipped") and possible and fault is None
        return whole and not (self.request.forced or self.waiting or self.postponed)

    def _remember(self, outcome: Outcome) -> Outcome:
        """Write down the calls, then the state; a crash before this repeats a call, no more."""
        record_calls(
            self.doors.warehouse,
            outcome.customer_id,
            outcome.provider,
            self.metric,
            outcome.account_id,
            self.request.run_id,
            self.log.drain(),
        )
        if outcome.usd:
            until = self._allowance.slowed_until(outcome.finished)
            outcome = replace(outcome, slowed_until=until)
        self.doors.states.save(after(self._state(), outcome, self._interval()))
        return outcome

    def _interval(self) -> timedelta:
        override = self.doors.settings.min_interval_minutes
        if override is not None:
            return timedelta(minutes=override)
        return self.rhythm.min_interval if self.rhythm else QUARTER_HOUR


def _worth_retrying(state: SourceState, started: datetime) -> bool:
    """Whether to ask again for parts that failed: a missing permission, once an hour.

    The tick at the full hour asks; every call for a metric costs money, granted or not.
    """
    return (
        state.last_error_code is None
        or passes_by_waiting(state.last_error_code)
        or started.minute < QUARTER_HOUR.seconds // 60
    )


def _unchanged(state: SourceState) -> str:
    """Why nothing is fetched of a source that says so itself."""
    since = f" since {state.committed_at:%Y-%m-%dT%H:%MZ}" if state.committed_at else ""
    return f"the source is unchanged{since}"
