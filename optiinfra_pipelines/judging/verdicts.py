"""How a judgement comes about: what a model said in the end, and what it took to get there."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Self

from optiinfra_core.applications.judgement import Judgement, Status
from optiinfra_core.applications.rubrics import Outcome, Rubric
from optiinfra_pipelines.judging.client.asking import Reply
from optiinfra_pipelines.judging.client.faults import Fate, Fault


@dataclass(slots=True)
class Tally:
    """What the calls of one judgement took together; a part nobody told makes the sum unknown."""

    attempts: int = 0
    input_tokens: int | None = 0
    output_tokens: int | None = 0
    usd: Decimal | None = Decimal(0)
    milliseconds: float = 0.0

    def add(self, reply: Reply, usd: Decimal | None, milliseconds: float) -> None:
        """A call that was answered."""
        told = reply.tokens
        self.attempts += 1
        self.milliseconds += milliseconds
        self.input_tokens = _plus(self.input_tokens, told.input_tokens if told else None)
        self.output_tokens = _plus(self.output_tokens, told.output_tokens if told else None)
        self.usd = None if self.usd is None or usd is None else self.usd + usd

    def miss(self, *, paid: bool) -> None:
        """A call that failed; ``paid``: it may be billed, at a price nobody told."""
        self.attempts += 1
        if paid:
            self.usd = self.input_tokens = self.output_tokens = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a model said in the end. ``fate`` is None where it said something."""

    model: str
    outcome: Outcome | None = field(default=None, repr=False)
    status: Status = "error"
    reason: str = ""
    next_model: bool = False
    fate: Fate | None = None
    fingerprint: str = ""

    @classmethod
    def of(cls, model: str, fault: Fault) -> Self:
        """A call that failed for good."""
        return cls(
            model=model,
            status=fault.course.status,
            reason=fault.reason,
            next_model=fault.course.next_model,
            fate=fault.fate,
        )

    @classmethod
    def read(cls, rubric: Rubric, reply: Reply) -> Self:
        """A reply, reduced; one that cannot be read is the next model's chance."""
        if reply.refused:
            return cls(
                model=reply.model,
                status="refused",
                reason="refused",
                fingerprint=reply.fingerprint,
            )
        outcome = rubric.reduce(reply.text)
        failed = outcome.status != "ok"
        return cls(
            model=reply.model,
            outcome=outcome,
            status=outcome.status,
            reason=_why(reply, outcome) if failed else "",
            next_model=failed,
            fingerprint=reply.fingerprint,
        )


def judged(rubric: Rubric, judge: str, ended: Ended, tally: Tally) -> Judgement:
    """The judgement that ``ended`` is; only an answer that could be read has a score."""
    outcome = ended.outcome
    told = outcome.as_dict() if outcome is not None and outcome.status == "ok" else {}
    return Judgement(
        **{
            **told,
            "metric_type": rubric.metric_type,
            "metric_name": rubric.name,
            "rubric_version": rubric.version,
            "judge": judge,
            "judge_model": ended.model,
            "status": ended.status,
            "reason": ended.reason,
            "system_fingerprint": ended.fingerprint,
            "input_tokens": tally.input_tokens,
            "output_tokens": tally.output_tokens,
            "cost_usd": tally.usd,
            "milliseconds": tally.milliseconds,
            "attempts": tally.attempts,
        }
    )


def _plus(sum_so_far: int | None, more: int | None) -> int | None:
    return None if sum_so_far is None or more is None else sum_so_far + more


def _why(reply: Reply, outcome: Outcome) -> str:
    """Why a reply cannot be read: first what the server said of it."""
    if reply.cut:
        return "answer_cut"
    return outcome.reason if reply.text else "answer_empty"
