"""What a judge is shown and what it answers; a failed judgement has a status and no score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, Protocol

from optiinfra_core.applications.interaction import Message

Status = Literal["ok", "error", "refused", "unparseable", "skipped"]
MetricType = Literal["quality", "hallucination", "toxicity"]
NO_VERDICTS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An exchange as a judge sees it: cleaned, redacted, and hostile all the same."""

    conversation: tuple[Message, ...] = field(repr=False)
    answer: str = field(repr=False)
    context: tuple[str, ...] = field(default=(), repr=False)

    @property
    def question(self) -> str:
        """What the user asked last; empty where nobody did."""
        asked = [message.text for message in self.conversation if message.role == "user"]
        return asked[-1] if asked else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One judge's answer by one rubric.

    ``score`` is 0 to 1 and None unless the status is ok and there was something to score; for
    quality more is better, for the others more is worse. ``cost_usd`` is None where the price is
    unknown; ``reason`` says why there is no score.
    """

    metric_type: MetricType
    metric_name: str
    rubric_version: str
    judge: str
    judge_model: str
    status: Status
    score: float | None = None
    label: str = ""
    passed: bool | None = None
    confidence: str = ""
    tamper: bool = False
    verdicts: Mapping[str, str] = field(default_factory=lambda: NO_VERDICTS)
    explanation: str = field(default="", repr=False)
    reason: str = ""
    replicate: int = 0
    system_fingerprint: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    milliseconds: float | None = None
    attempts: int = 1

    def __post_init__(self) -> None:
        if self.status != "ok" and self.score is not None:
            raise ValueError(f"a judgement that is {self.status} has no score")


class Judge(Protocol):
    """Whoever answers rubrics: a model behind an API, or a screen on this machine."""

    @property
    def name(self) -> str:
        """``groq``, ``openai_compatible``, ``lexical-1``."""
        ...

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics it can judge."""
        ...

    def judge(self, metric_name: str, evidence: Evidence, replicate: int = 0) -> Judgement:
        """One judgement. What fails for this exchange alone is a status of the judgement.

        Raises:
            Throttled: the judge wants more patience than a run has; the rest is judged later.
            CredentialRejected, ConfigurationError: no exchange can be judged; the run stops.
        """
        ...
