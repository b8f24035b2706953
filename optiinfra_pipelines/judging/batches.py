"""Judging at half the price and within a day: batches for backfills, collected when they end."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.applications.prices import Tokens
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.applications.rubrics.prompt import prompt
from optiinfra_core.applications.spending import Reservation
from optiinfra_core.errors import InvalidRequest, NotSupported, OptiInfraError
from optiinfra_pipelines.judging.batch_files import Name, Request, line, results
from optiinfra_pipelines.judging.client.asking import Reply
from optiinfra_pipelines.judging.client.batch_calls import BatchCalls, BatchState
from optiinfra_pipelines.judging.client.faults import Fault
from optiinfra_pipelines.judging.groq_judge import CLIPPED, GroqJudge
from optiinfra_pipelines.judging.hearing import FIRST_LENGTH, question
from optiinfra_pipelines.judging.pricing import cost, estimate, expected_tokens
from optiinfra_pipelines.judging.verdicts import Ended, Tally, judged

State = Literal["pending", "ended"]
# console.groq.com/docs/batch: at most 50,000 lines and 100 MB.
MOST_LINES = 50_000
MOST_BYTES = 100_000_000
ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
ALIVE = frozenset({"validating", "in_progress", "finalizing"})
# Not of use for what is answered within a day.
SYNCHRONOUS = ("service_tier",)

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A batch under way: keep it, its results are found by nothing else."""

    id: str
    judge: str
    judge_model: str
    requests: int
    reservation: Reservation

    def spent(self, costs: Sequence[Decimal | None]) -> Decimal:
        """What counts as spent: an unknown cost counts with its part of what was aside."""
        part = self.reservation.usd / self.requests
        return sum((part if usd is None else usd for usd in costs), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a batch has answered, by (interaction id, metric, replicate).

    ``status`` is the server's own word; ``usd`` is None where some cost is unknown. Requests
    without a judgement were not answered: a batch that expired or was cancelled leaves some, and
    they are judged another time.
    """

    state: State
    status: str
    judgements: Mapping[Key, Judgement]
    usd: Decimal | None = Decimal(0)


class Batches:
    """Batches on behalf of one purse."""

    def __init__(self, judge: GroqJudge) -> None:
        if not judge.means.server.dialect.batches:
            raise NotSupported(f"{judge.name} judges no batches")
        self._judge = judge
        self._bench = judge.means.bench
        self._calls = BatchCalls(judge.means.server)
        self._vendor = judge.means.server.dialect.vendor

    def submit(self, requests: Sequence[Request], mark: str) -> Submitted:
        """Send ``requests``, all of one customer, to the judge's first model.

        Only as many as a batch holds are sent, from the first on; ``Submitted`` says how many.
        ``mark`` is stored at the server, so that a batch nobody kept can be told from others.

        Raises:
            BudgetSpent: nothing was sent.
            InvalidRequest: there is nothing to send.
            Transient: the server did not answer; a batch may have been left (``orphans``).
        """
        model = self._judge.models[0]
        lines = list(_fitting(self._line(request, model) for request in requests))
        if not lines:
            raise InvalidRequest("a batch without requests", remedy="Send at least one.")
        aside = self._judge.spending.reserve(self._expected(lines, model))
        try:
            started = self._calls.start(self._calls.upload(b"".join(lines)), mark)
        except OptiInfraError:
            self._judge.spending.release(aside)
            raise
        return Submitted(
            id=started.id,
            judge=self._judge.name,
            judge_model=model,
            requests=len(lines),
            reservation=aside,
        )

    def collect(self, batch: Submitted) -> Collected:
        """What the batch has answered; the purse is settled once it has ended.

        Raises:
            Transient: the server did not answer; nothing was settled.
        """
        state = self._calls.state(batch.id)
        if state.status not in ENDED:
            return Collected(state="pending", status=state.status, judgements={})
        files = [each for each in (state.output_file, state.error_file) if each]
        judgements: dict[Key, Judgement] = {}
        for name, result in results(*map(self._calls.content, files)):
            key = (name.interaction_id, name.metric_name, name.replicate)
            judgements.setdefault(key, self._judgement(batch.judge_model, name, result))
        costs = [each.cost_usd for each in judgements.values()]
        self._judge.spending.settle(batch.reservation, batch.spent(costs))
        return Collected(
            state="ended", status=state.status, judgements=judgements, usd=_known(costs)
        )

    def forget(self, batch_id: str) -> None:
        """Take the batch's files off the server: once its judgements are written.

        Raises:
            Transient: the server did not answer; some files may still be there.
        """
        state = self._calls.state(batch_id)
        for file_id in (state.input_file, state.output_file, state.error_file):
            if file_id:
                self._calls.delete(file_id)

    def cancel(self, batch_id: str) -> None:
        """End a batch early; what it has answered can still be collected."""
        self._calls.cancel(batch_id)

    def orphans(self, mark: str, kept: AbstractSet[str]) -> tuple[str, ...]:
        """Batches under way with ``mark`` that nobody kept: a process died after it sent them."""
        return tuple(state.id for state in self._calls.listed() if _orphaned(state, mark, kept))

    def _line(self, request: Request, model: str) -> bytes:
        rubric = RUBRICS[request.metric_name]
        asked = prompt(rubric, request.evidence, self._bench.secret)
        name = Name(
            interaction_id=request.interaction_id,
            metric_name=request.metric_name,
            replicate=request.replicate,
            rubric_version=rubric.version,
            suspected=asked.suspected,
            clipped=asked.clipped,
        )
        body = self._judge.means.server.body(question(rubric, asked, model, request.replicate))
        return line(name, {key: told for key, told in body.items() if key not in SYNCHRONOUS})

    def _expected(self, lines: Sequence[bytes], model: str) -> Decimal:
        at_most = Tokens(
            input_tokens=sum(expected_tokens(len(each)) for each in lines),
            output_tokens=FIRST_LENGTH * len(lines),
        )
        return estimate(self._vendor, model, at_most, self._bench.clock.now(), "batch")

    def _judgement(self, model: str, name: Name, result: Reply | Fault) -> Judgement:
        rubric, tally = RUBRICS[name.metric_name], Tally()
        if isinstance(result, Fault):
            tally.miss(paid=result.paid)
            ended = Ended.of(model, result)
        else:
            at = self._bench.clock.now()
            usd = cost(self._vendor, result.model, result.tokens, at, "batch")
            tally.add(result, usd, 0.0)
            ended = Ended.read(rubric, result)
        made = judged(rubric, self._judge.name, ended, tally)
        clipped = name.clipped and made.status == "ok"
        return replace(
            made,
            replicate=name.replicate,
            milliseconds=None,
            tamper=made.tamper or name.suspected,
            verdicts={**made.verdicts, **CLIPPED} if clipped else made.verdicts,
        )


def _fitting(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The first lines, as many as a batch holds."""
    size = 0
    for count, each in enumerate(lines, start=1):
        size += len(each)
        if count > MOST_LINES or size > MOST_BYTES:
            return
        yield each


def _orphaned(state: BatchState, mark: str, kept: AbstractSet[str]) -> bool:
    return state.status in ALIVE and state.mark == mark and state.id not in kept


def _known(costs: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None where one is unknown."""
    told = [usd for usd in costs if usd is not None]
    return sum(told, Decimal(0)) if len(told) == len(costs) else None
