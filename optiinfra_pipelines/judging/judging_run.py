"""Has the sample judged: what is drawn and lacks a judgement, a small batch at a time."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.applications.privacy import Redactor, TextRules
from optiinfra_core.crash import crash_point
from optiinfra_core.errors import BudgetSpent, NotReady, OptiInfraError, Throttled, WindowBusy
from optiinfra_core.tenancy.applications import Applications, rules_of
from optiinfra_core.tenancy.judge_batches import JudgeBatch
from optiinfra_core.tenancy.judge_spending import JudgeSpending, caps_of
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.judgements import JudgementWriter
from optiinfra_core.warehouse.questions.judging import EVIDENCE, UNJUDGED, Unjudged
from optiinfra_pipelines.judging.batch_run import MOST, BatchDesk, batch_call, by_call, days_of
from optiinfra_pipelines.judging.groq_judge import GroqJudge
from optiinfra_pipelines.judging.panel import Panel, Seat
from optiinfra_pipelines.judging.scope import Scope, Tools
from optiinfra_pipelines.judging.sitting import Exchange, Sitting

# A run that dies loses the judgements of one batch: 32 calls by 3 rubrics are 0.01 dollars.
BATCH = 32
# More than a run can judge in its time: 250,000 tokens a minute are some 80 exchanges.
MOST_CALLS = 5000
# A judgement that failed is tried again by later runs until it took this many calls together.
MOST_ATTEMPTS = 9
# A call takes one to two seconds: 16 at a time stay below the 1,000 a minute of a developer's plan.
WORKERS = 16


@dataclass(slots=True, kw_only=True)
class Judged:
    """What judging did for one application; it fills while the run goes on.

    ``statuses`` counts judgements written now; ``fingerprints`` are of the model's builds. ``left``
    calls still lack a judgement because the judge asked for patience or the time was over
    (``waits``), or because of ``fault``. ``spent``: a budget kept some from being judged. ``days``
    are those of batches that were collected.
    """

    application_id: str
    statuses: Counter[str] = field(default_factory=Counter)
    fingerprints: set[str] = field(default_factory=set)
    calls: int = 0
    usd: Decimal = Decimal(0)
    left: int = 0
    spent: bool = False
    waits: str = ""
    days: set[date] = field(default_factory=set)
    fault: OptiInfraError | None = None

    @property
    def rows(self) -> int:
        """Judgements written."""
        return sum(self.statuses.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One application's work in a run."""

    tools: Tools
    scope: Scope
    panel: Panel
    redactor: Redactor
    judged: Judged
    rules: TextRules

    def run(self, rows: Sequence[Unjudged], seat: Seat | None) -> None:
        """Judge ``rows`` by the screens, and by the model as long as it can.

        What a batch is at work on, or can do at half the price, the model is not asked besides.
        """
        later = self._later(rows, seat) if seat else set()
        with ExitStack() as held:
            screens = held.enter_context(Sitting(self.panel.screening, 1))
            model = held.enter_context(Sitting(seat, WORKERS)) if seat else None
            for start in range(0, len(rows), BATCH):
                if model and self._late():
                    model.stop(NotReady("the time of the run is over"))
                self._batch(self.exchanges(rows[start : start + BATCH]), screens, model, later)
            if model:
                self._ended(model)

    def _late(self) -> bool:
        return self.scope.until is not None and self.tools.clock.now() >= self.scope.until

    def _later(self, rows: Sequence[Unjudged], seat: Seat) -> set[str]:
        """Calls that a batch judges: those of one under way, and of one that is sent now."""
        desk = BatchDesk(tools=self.tools, scope=self.scope)
        sent = [each for each in desk.under_way() if each.application_id == self.name]
        old = [row for row in rows if desk.old(row.timestamp.date())]
        waiting = [row for row in old if any(each.holds(row.timestamp.date()) for each in sent)]
        if not waiting and self.scope.asked and self.panel.model is not None:
            chunks = (old[start : start + BATCH] for start in range(0, len(old), BATCH))
            exchanges = [each for chunk in chunks for each in self.exchanges(chunk)]
            with suppress(BudgetSpent):
                if desk.send(self.name, seat, self.panel.model, exchanges):
                    waiting = [each.row for each in exchanges]
        if waiting:
            self.judged.waits = "a batch judges them within a day"
            self.judged.left += len(waiting)
        return {row.interaction_id for row in waiting}

    @property
    def name(self) -> str:
        """The application."""
        return self.judged.application_id

    def _batch(
        self,
        exchanges: Sequence[Exchange],
        screens: Sitting,
        model: Sitting | None,
        later: Collection[str],
    ) -> None:
        now = [each for each in exchanges if each.row.interaction_id not in later]
        said = [*screens.judge(exchanges), *(model.judge(now) if model else ())]
        self.write(said)
        self.judged.left += len({id(exchange) for exchange, judgement in said if not judgement})
        self._write_calls()

    def write(self, said: Iterable[tuple[Exchange, Judgement | None]]) -> None:
        """Write what was said and is new."""
        now = self.tools.clock.now()
        fresh = [
            exchange.scored(judgement, self.scope.run_id, now)
            for exchange, judgement in said
            if judgement is not None and exchange.new(judgement)
        ]
        crash_point("before_judgements")
        JudgementWriter(self.tools.warehouse).write(fresh, self.scope.run_id)
        crash_point("after_judgements")
        self.judged.statuses.update(row.judgement.status for row in fresh)
        self.judged.fingerprints |= {row.judgement.system_fingerprint for row in fresh} - {""}

    def _ended(self, model: Sitting) -> None:
        """Why the model stopped: patience is for the next tick, everything else is a fault."""
        self.judged.spent = model.spent
        if isinstance(model.stopped, Throttled | NotReady):
            self.judged.waits = model.stopped.detail
        elif model.stopped is not None:
            self.judged.fault = model.stopped

    def exchanges(self, rows: Sequence[Unjudged]) -> list[Exchange]:
        """The rows with their texts; a call that was erased meanwhile is left out."""
        found = self.tools.warehouse.rows(
            EVIDENCE,
            {
                "customer_id": self.scope.customer_id,
                "application_id": self.judged.application_id,
                "start": min(row.timestamp for row in rows),
                "end": max(row.timestamp for row in rows),
                "today": self.tools.clock.now().date(),
                "interactions": [row.interaction_id for row in rows],
            },
        )
        stored = {call.interaction_id: call for call in found}
        exchanges = (
            Exchange.of(
                row, stored[row.interaction_id], self.redactor.redact, self.scope.customer_id
            )
            for row in rows
            if row.interaction_id in stored
        )
        # What the customer said last holds, also for calls that came before.
        sent = self.rules.send_to_judge
        return [replace(each, allowed=each.allowed and sent) for each in exchanges]

    def _write_calls(self) -> None:
        """The ledger of the model's calls, so that what judging costs is told with the rest."""
        calls = tuple(self.panel.log.drain())
        self.judged.calls += len(calls)
        self.judged.usd += sum((call.usd for call in calls), Decimal(0))
        record_calls(
            self.tools.warehouse, self.scope.customer_id, self.scope.provider, APPLICATION,
            self.judged.application_id, self.scope.run_id, calls,
        )  # fmt: skip


def judge_sample(
    tools: Tools, scope: Scope, panel: Panel, redactor: Redactor
) -> tuple[Judged, ...]:
    """Judge what is drawn in the scope and not settled for the panel's judges.

    A run that died is taken up where it stopped: nothing is lost, and what is judged twice is one
    row. An application that another run is judging is left to that one.

    Raises:
        Transient, Permanent: as the servers say; what was judged stays.
    """
    done: dict[str, Judged] = {}

    registry = Applications(tools.database)

    def work(name: str) -> _Work:
        return _Work(
            tools=tools,
            scope=scope,
            panel=panel,
            redactor=redactor,
            judged=done.setdefault(name, Judged(application_id=name)),
            rules=rules_of(registry.known(scope.customer_id, [name]).get(name), tools.settings),
        )

    for batch in BatchDesk(tools=tools, scope=scope).under_way():
        with suppress(WindowBusy), _turn(tools, scope, batch.application_id):
            _collected(work(batch.application_id), batch)
    names = [row.application_id for row in unjudged(tools, scope, panel, limit=1)]
    known = registry.known(scope.customer_id, names)
    for name in names:
        own = known.get(name)
        with suppress(WindowBusy), _turn(tools, scope, name):
            seat = _seat(tools, scope, panel, (name, own.judge_model if own else None))
            # Read under the lock: what the run before this one judged is settled.
            work(name).run(unjudged(tools, scope, panel, name), seat)
    return tuple(done.values())


def _collected(work: _Work, batch: JudgeBatch) -> None:
    """Write what a batch has answered, if it has ended; doing it again changes nothing."""
    desk, model = BatchDesk(tools=work.tools, scope=work.scope), work.panel.model
    if not isinstance(model, GroqJudge) or model.name != batch.judge:
        return
    found = desk.collect(batch, model)
    if found.state != "ended":
        return
    told = by_call(found.judgements)
    days = replace(work.scope, window=days_of(batch))
    rows = unjudged(work.tools, days, work.panel, batch.application_id, limit=MOST)
    mine = [row for row in rows if row.interaction_id in told]
    for start in range(0, len(mine), BATCH):
        work.write(
            (exchange, judgement)
            for exchange in work.exchanges(mine[start : start + BATCH])
            for judgement in told[exchange.row.interaction_id]
            if judgement.metric_name not in exchange.row.settled
        )
    call = batch_call(batch, found)
    of = (batch.customer_id, batch.provider, APPLICATION, batch.application_id, batch.id)
    record_calls(work.tools.warehouse, *of, [call])
    work.judged.calls += 1
    work.judged.usd += call.usd
    work.judged.days |= {row.timestamp.date() for row in mine}
    desk.finish(batch, model, found)


def unjudged(
    tools: Tools, scope: Scope, panel: Panel, application_id: str = "", limit: int = MOST_CALLS
) -> list[Unjudged]:
    """Calls of the scope that lack a judgement of one of the panel's judges.

    At most ``limit`` of each application; of one, where it is named.
    """
    return tools.warehouse.rows(
        UNJUDGED,
        {
            "customer_id": scope.customer_id,
            "provider": scope.provider,
            "start": scope.window.start,
            "end": scope.window.end,
            "most_attempts": MOST_ATTEMPTS,
            "series": [series for seat in panel.seats for series in seat.series],
            "models": [model for seat in panel.seats for model in seat.models],
            "needed": sum(seat.needed for seat in panel.seats),
            "application_id": application_id,
            "limit": limit,
        },
    )


def _turn(tools: Tools, scope: Scope, application_id: str) -> AbstractContextManager[None]:
    """Two runs that judge the same calls would pay twice."""
    return tools.database.try_lock("judge", scope.customer_id, scope.provider, application_id)


def _seat(tools: Tools, scope: Scope, panel: Panel, of: tuple[str, str | None]) -> Seat | None:
    """The model's seat with the application's purse."""
    name, first_model = of
    caps = caps_of(tools.database, tools.settings, scope.customer_id, name)
    spending = JudgeSpending(
        tools.database, tools.clock, (scope.customer_id, name), caps, scope.holder
    )
    return panel.seat_of(spending, first_model or "")
