"""Judges a backfill's old calls at half the price: sent as a batch, collected by a later tick."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.collecting.gate import Call
from optiinfra_core.crash import crash_point
from optiinfra_core.tenancy.judge_batches import BatchStatus, JudgeBatch, JudgeBatches
from optiinfra_core.tenancy.judge_spending import BATCH_HOLDER, JudgeSpending, caps_of
from optiinfra_core.windows import DAY, Window, day_window
from optiinfra_pipelines.judging.batch_files import Request
from optiinfra_pipelines.judging.batches import Batches, Collected, Key, Submitted
from optiinfra_pipelines.judging.groq_judge import GroqJudge
from optiinfra_pipelines.judging.panel import ModelJudge, Seat
from optiinfra_pipelines.judging.scope import Scope, Tools
from optiinfra_pipelines.judging.sitting import Exchange

# Younger calls are looked at by people now: they are judged at once, at the full price.
OLD = 2 * DAY
# Fewer are not worth a day's wait.
FEWEST = 50
MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchDesk:
    """Sends and collects the batches of one customer at one provider."""

    tools: Tools
    scope: Scope

    @property
    def registry(self) -> JudgeBatches:
        """Where batches are remembered."""
        return JudgeBatches(self.tools.database)

    def under_way(self) -> tuple[JudgeBatch, ...]:
        """What was sent and not collected."""
        return self.registry.under_way(self.scope.customer_id, self.scope.provider)

    def old(self, day: date) -> bool:
        """Whether calls of ``day`` may wait: somebody asked for the past."""
        return self.tools.clock.now() - day_window(day).end >= OLD

    def send(
        self, application_id: str, seat: Seat, model: ModelJudge, exchanges: Sequence[Exchange]
    ) -> int:
        """Send what the exchanges lack as one batch; how many judgements that is, 0 if none is.

        Raises:
            BudgetSpent: half the price is still too much; nothing was sent.
            Transient: the judge's server did not answer.
        """
        requests = list(_requests(seat, exchanges))[:MOST]
        if len(requests) < FEWEST or not isinstance(model, GroqJudge):
            return 0
        if not model.means.server.dialect.batches:
            return 0
        self.cancel_orphans(application_id, model)
        holder = f"{BATCH_HOLDER}{uuid4()}"
        batches = self._batches(model, application_id, holder)
        sent = batches.submit(requests, self._mark(application_id))
        crash_point("after_batch")
        days = [exchange.row.timestamp.date() for exchange in exchanges]
        self.registry.keep(
            JudgeBatch(
                id=sent.id,
                customer_id=self.scope.customer_id,
                provider=self.scope.provider,
                application_id=application_id,
                judge=sent.judge,
                judge_model=sent.judge_model,
                rubric_version=",".join(sorted(seat.versions.values())),
                first_day=min(days),
                last_day=max(days),
                requests=sent.requests,
                status="submitted",
                reserved_usd=sent.reservation.usd,
                run_id=holder,
                submitted_at=self.tools.clock.now(),
            )
        )
        return len(requests)

    def collect(self, batch: JudgeBatch, model: GroqJudge) -> Collected:
        """What the batch has answered; its purse is settled once it has ended."""
        submitted = Submitted(
            id=batch.id,
            judge=batch.judge,
            judge_model=batch.judge_model,
            requests=batch.requests,
            reservation=self.registry.reservation(batch),
        )
        return self._batches(model, batch.application_id, batch.run_id).collect(submitted)

    def finish(self, batch: JudgeBatch, model: GroqJudge, found: Collected) -> None:
        """Its judgements are written: remember that, and take its files off the server."""
        status: BatchStatus = "collected" if found.judgements else "failed"
        self.registry.end(batch, status, self.tools.clock.now(), found.status)
        self._batches(model, batch.application_id, batch.run_id).forget(batch.id)

    def cancel_orphans(self, application_id: str, model: GroqJudge) -> int:
        """End batches that a run sent and died before it wrote them down; how many there were."""
        batches = self._batches(model, application_id, BATCH_HOLDER)
        kept = {batch.id for batch in self.under_way()}
        orphans = batches.orphans(self._mark(application_id), kept)
        for batch_id in orphans:
            batches.cancel(batch_id)
        return len(orphans)

    def _batches(self, model: GroqJudge, application_id: str, holder: str) -> Batches:
        db, of = self.tools.database, (self.scope.customer_id, application_id)
        caps = caps_of(db, self.tools.settings, *of)
        return Batches(model.on_behalf(JudgeSpending(db, self.tools.clock, of, caps, holder)))

    def _mark(self, application_id: str) -> str:
        scope = self.scope
        return f"optiinfra {scope.customer_id} {scope.provider} {application_id}"


def days_of(batch: JudgeBatch) -> Window:
    """The days of its calls."""
    return Window(day_window(batch.first_day).start, day_window(batch.last_day).end)


def batch_call(batch: JudgeBatch, found: Collected) -> Call:
    """The batch in the ledger of calls: the same entry whenever it is collected."""
    return Call(
        at=batch.submitted_at,
        operation="judge.batch",
        region="",
        units=batch.requests,
        usd=batch.reserved_usd if found.usd is None else found.usd,
        milliseconds=0,
        status=200,
        throttled=False,
        error="" if found.status == "completed" else found.status,
    )


def by_call(judgements: Mapping[Key, Judgement]) -> Mapping[str, list[Judgement]]:
    """The judgements of each call."""
    found: dict[str, list[Judgement]] = {}
    for (interaction_id, _, _), judgement in judgements.items():
        found.setdefault(interaction_id, []).append(judgement)
    return found


def _requests(seat: Seat, exchanges: Iterable[Exchange]) -> Iterator[Request]:
    for exchange in exchanges:
        if not exchange.allowed or not exchange.evidence.answer:
            continue
        for metric in seat.asked(exchange.evidence):
            if metric not in exchange.row.settled:
                yield Request(
                    interaction_id=exchange.row.interaction_id,
                    metric_name=metric,
                    evidence=exchange.evidence,
                )
