"""One judge at work on a batch of exchanges: many at a time, until it asks to stop."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Self

from optiinfra_core.applications.judgement import Evidence, Judgement
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.warehouse.judgements import Inclusion, JudgedCall, ScoredInteraction
from optiinfra_core.warehouse.questions.judging import StoredCall, Unjudged
from optiinfra_pipelines.judging.evidence import evidence_of
from optiinfra_pipelines.judging.panel import Seat

BUDGET = "budget"
WITHOUT_AN_ANSWER = ("error", "unparseable", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A sampled call: what was drawn, what it says, and its facts."""

    row: Unjudged
    facts: JudgedCall
    allowed: bool
    evidence: Evidence = field(repr=False)

    @classmethod
    def of(
        cls, row: Unjudged, call: StoredCall, redact: Callable[[str], str], customer_id: str
    ) -> Self:
        """The exchange; texts that were kept in full are redacted now, before any judge."""
        change = redact if call.unredacted else str
        evidence = evidence_of(call.input, call.output, call.context, change)
        facts = JudgedCall(
            customer_id=customer_id,
            application_id=row.application_id,
            interaction_id=row.interaction_id,
            timestamp=row.timestamp,
            text_expires_on=call.expires_on,
            provider=call.cloud,
            environment=call.deployed_to,
            service_version=call.service,
            prompt_name=call.prompt,
            prompt_version=call.prompt_release,
            model=call.answered_by,
            output_chars=len(evidence.answer),
        )
        return cls(row=row, facts=facts, allowed=call.allowed, evidence=evidence)

    def scored(self, said: Judgement, run_id: str, at: datetime) -> ScoredInteraction:
        """The row; attempts of earlier runs count."""
        attempts = said.attempts + self.row.tried.get(said.metric_name, 0)
        return ScoredInteraction(
            call=self.facts,
            judgement=replace(said, attempts=attempts),
            inclusion=Inclusion(self.row.inclusion_probability, self.row.stratum),
            run_id=run_id,
            scored_at=at,
        )

    def new(self, said: Judgement) -> bool:
        """Whether ``said`` tells anything new; that a budget is spent is told once."""
        again = said.reason == BUDGET and said.metric_name in self.row.tried
        return not again


class Sitting:
    """A judge at work. Once it is stopped it judges nothing more, and says why.

    ``stopped`` is what it raised; ``spent`` that its purse is empty: what follows is skipped.
    """

    def __init__(self, seat: Seat, workers: int) -> None:
        self.seat = seat
        self.stopped: OptiInfraError | None = None
        self.spent = False
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=seat.judge.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def stop(self, why: OptiInfraError) -> None:
        """Judge nothing more; the first reason stays."""
        self.stopped = self.stopped or why

    def judge(self, exchanges: Iterable[Exchange]) -> Iterator[tuple[Exchange, Judgement | None]]:
        """What is said of each metric that an exchange lacks; None where it stopped before."""
        tasks = [
            (exchange, metric)
            for exchange in exchanges
            for metric in self.seat.asked(exchange.evidence)
            if metric not in exchange.row.settled
        ]
        said = self._pool.map(lambda task: self._one(*task), tasks)
        for (exchange, _), judgement in zip(tasks, said, strict=True):
            yield exchange, judgement

    def _one(self, exchange: Exchange, metric: str) -> Judgement | None:
        if self.stopped is not None:
            return None
        why = "" if self.seat.local else self._why_not(exchange)
        if why:
            return self.seat.skipped(metric, why)
        try:
            judgement = self.seat.judge.judge(metric, exchange.evidence)
        except OptiInfraError as error:
            self.stop(error)
            return None
        self.spent = self.spent or judgement.reason == BUDGET
        if judgement.status in WITHOUT_AN_ANSWER:
            # No model of the chain managed: the series that was meant to have the score lacks it.
            return replace(judgement, judge_model=self.seat.models[0])
        return judgement

    def _why_not(self, exchange: Exchange) -> str:
        """Why a call that was drawn must not be judged after all."""
        if not exchange.allowed:
            return "not_allowed"
        if not exchange.evidence.answer:
            return "no_text"
        return BUDGET if self.spent else ""
