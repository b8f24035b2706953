"""One call of a model, within the plan and the budget, and written down however it ends."""

from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.applications.prices import Tokens
from optiinfra_core.applications.spending import Reservation, Spending
from optiinfra_core.collecting.gate import Call
from optiinfra_core.errors import OptiInfraError
from optiinfra_pipelines.judging.bench import Bench
from optiinfra_pipelines.judging.client.asking import Question, Reply
from optiinfra_pipelines.judging.client.faults import Fate, Fault
from optiinfra_pipelines.judging.client.server import Server
from optiinfra_pipelines.judging.limits import Limiter
from optiinfra_pipelines.judging.pricing import cost, estimate, expected_tokens
from optiinfra_pipelines.judging.verdicts import Tally

OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Makes calls that ``spending`` allows and ``limiter`` has room for."""

    server: Server
    limiter: Limiter
    bench: Bench
    spending: Spending

    def call(self, question: Question, tally: Tally) -> Reply:
        """The reply to ``question``; what it took is added to ``tally``.

        Raises:
            Fault: it failed.
            BudgetSpent: it was not made.
            Throttled: the server wants more quiet than a worker should sleep through.
            CredentialRejected, ConfigurationError: no call can succeed.
        """
        size = expected_tokens(len(question.system.encode()) + len(question.user.encode()))
        slot = self.limiter.take(size + question.longest)
        try:
            aside = self._aside(question, size)
        except OptiInfraError:
            self.limiter.settle(slot, 0)
            raise
        reply = self._made(question, aside, tally)
        if reply.tokens is not None:
            self.limiter.settle(slot, _sum(reply.tokens))
        return reply

    def _aside(self, question: Question, size: int) -> Reservation:
        at_most = Tokens(input_tokens=size, output_tokens=question.longest)
        now = self.bench.clock.now()
        return self.spending.reserve(estimate(self._vendor, question.model, at_most, now))

    def _made(self, question: Question, aside: Reservation, tally: Tally) -> Reply:
        started = self.bench.ticks()
        try:
            reply = self.server.complete(question)
        except Fault as fault:
            tally.miss(paid=fault.paid)
            self._close(aside, paid=fault.paid)
            self._note(question, started, aside.usd if fault.paid else Decimal(0), fault)
            raise
        except OptiInfraError as error:
            self.spending.release(aside)
            self._note(question, started, Decimal(0), error)
            raise
        usd = cost(self._vendor, reply.model, reply.tokens, self.bench.clock.now())
        self.spending.settle(aside, usd)
        tally.add(reply, usd, (self.bench.ticks() - started) * 1000)
        self._note(question, started, aside.usd if usd is None else usd)
        return reply

    def _close(self, aside: Reservation, *, paid: bool) -> None:
        """Settle a failed call: what may have been billed counts as if it was."""
        if paid:
            self.spending.settle(aside, None)
        else:
            self.spending.release(aside)

    def _note(
        self, question: Question, started: float, usd: Decimal, error: Exception | None = None
    ) -> None:
        http, word = _told(error)
        self.bench.ledger.record(
            Call(
                at=self.bench.clock.now(),
                operation=question.operation,
                region="",
                units=1,
                usd=usd,
                milliseconds=round((self.bench.ticks() - started) * 1000),
                status=http,
                throttled=isinstance(error, Fault) and error.fate is Fate.THROTTLED,
                error=word,
            )
        )

    @property
    def _vendor(self) -> str:
        return self.server.dialect.vendor


def _told(error: Exception | None) -> tuple[int, str]:
    """The HTTP status, 0 where none is known, and the error in a word."""
    if error is None:
        return OK, ""
    if isinstance(error, Fault):
        return error.http, error.reason
    return 0, type(error).__name__


def _sum(tokens: Tokens) -> int:
    return (tokens.input_tokens or 0) + (tokens.output_tokens or 0)
