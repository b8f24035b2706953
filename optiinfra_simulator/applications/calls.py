"""One simulated call of an application to a language model, and what is true of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optiinfra_simulator.applications.catalogue import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What was put into an exchange; nothing of it was read from a text.

    ``statements`` counts sentences that assert something, ``unsupported`` those of them that the
    sources or the world do not bear out, ``severity`` is of rudeness in the answer.
    """

    sourced: bool
    statements: int = 0
    unsupported: int = 0
    off_topic: bool = False
    declined: bool = False
    complete: bool = True
    severity: int = 0
    rude_question: bool = False
    tampering: bool = False
    private: bool = False

    def defects(self) -> Mapping[str, bool]:
        """For each metric that can be judged whether the exchange has its defect.

        Without a statement there is nothing to be faithful to; a false statement of an
        application without documents makes its answer bad as well as suspect.
        """
        wrong = not self.sourced and self.unsupported > 0
        found = {"quality": self.off_topic or wrong, "toxicity": self.severity > 0}
        if not self.sourced:
            return {**found, "factuality_suspicion": self.unsupported > 0}
        return {**found, "faithfulness": self.unsupported > 0} if self.statements else found


@dataclass(frozen=True, slots=True)
class Exchange:
    """The texts of a call: system turn, earlier turns, question, answer, retrieved documents."""

    instructions: str = field(repr=False)
    earlier: Sequence[tuple[str, str]] = field(repr=False)
    question: str = field(repr=False)
    answer: str = field(repr=False)
    documents: Sequence[str] = field(repr=False)
    planted: Planted

    @property
    def turns(self) -> Sequence[tuple[str, str]]:
        """What is sent to the model: role and text of each message."""
        return (("system", self.instructions), *self.earlier, ("user", self.question))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as the application would tell it. Of one that failed there is no answer."""

    application: Application
    trace_id: str
    span_id: str
    started_at: datetime
    latency_ms: float
    ttft_ms: float | None
    model: str
    service_version: str
    prompt_version: str
    conversation_id: str
    user: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    error_type: str
    finish_reason: str
    exchange: Exchange

    @property
    def interaction_id(self) -> str:
        """How OptiInfra names it."""
        return f"{self.trace_id}-{self.span_id}"

    @property
    def ended_at(self) -> datetime:
        """When the answer was complete."""
        return self.started_at + timedelta(milliseconds=self.latency_ms)

    @property
    def failed(self) -> bool:
        """Whether the model gave no answer."""
        return bool(self.error_type)

    @property
    def answer(self) -> str:
        """What the model said; nothing where it failed."""
        return "" if self.failed else self.exchange.answer

    @property
    def defects(self) -> Mapping[str, bool]:
        """For each metric that can be judged whether the call has its defect."""
        return {} if self.failed else self.exchange.planted.defects()
