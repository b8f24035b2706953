"""A rubric: what a judge is asked, the form of its answer, and the score computed from that."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from optiinfra_core.applications.judgement import NO_VERDICTS, Evidence, MetricType
from optiinfra_core.applications.rubrics.answers import Unreadable, plain, read
from optiinfra_core.applications.rubrics.authority import SYSTEM

PartName = Literal["instructions", "earlier", "question", "sources", "answer"]
TEXT: Mapping[str, Any] = {"type": "string"}
FLAG: Mapping[str, Any] = {"type": "boolean"}


def choice(*values: str) -> Mapping[str, Any]:
    """A field that is one of ``values``."""
    return {"type": "string", "enum": list(values)}


CONFIDENCE = choice("low", "medium", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rubric makes of an answer's fields; no score where there was nothing to score."""

    score: float | None
    label: str
    passed: bool | None
    verdicts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An answer reduced: the fields of a Judgement that the answer decides."""

    status: Literal["ok", "unparseable"]
    score: float | None = None
    label: str = ""
    passed: bool | None = None
    confidence: str = ""
    tamper: bool = False
    verdicts: Mapping[str, str] = field(default_factory=lambda: NO_VERDICTS)
    explanation: str = field(default="", repr=False)
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For ``Judgement(**outcome.as_dict(), ...)``."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """One question about an exchange.

    ``number`` goes up by hand when the meaning changes; the hash in ``version`` changes with any
    byte of what is asked. ``shows`` are the parts of the evidence that it needs. ``sourced``:
    only for exchanges with sources (True), only for those without (False), for all (None).
    """

    name: str
    metric_type: MetricType
    number: int
    text: str
    fields: Mapping[str, Mapping[str, Any]]
    settle: Callable[[Mapping[str, Any]], Finding]
    shows: tuple[PartName, ...]
    sourced: bool | None = None

    def schema(self) -> dict[str, Any]:
        """The answer's JSON schema as strict decoding wants it: all required, nothing else.

        The analysis stands first, since constrained decoding keeps the order of the fields and a
        verdict is better after its reasons.
        """
        parts = {"analysis": TEXT, **self.fields, "tamper": FLAG, "confidence": CONFIDENCE}
        return closed(parts)

    @property
    def system(self) -> str:
        """The system turn: the same bytes for every exchange, so that its prefix is cached."""
        return f"{SYSTEM}\n\nRubric `{self.name}`:\n{self.text}"

    @property
    def version(self) -> str:
        """``<number>-<10 hex digits>``: what scores with an equal version were asked alike."""
        told = json.dumps(self.schema(), sort_keys=False, separators=(",", ":"))
        digest = hashlib.sha256(f"{self.system}\n{told}".encode()).hexdigest()
        return f"{self.number}-{digest[:10]}"

    def applies(self, evidence: Evidence) -> bool:
        """Whether the question can be asked of ``evidence``."""
        return self.sourced is None or self.sourced == bool(sources(evidence))

    def reduce(self, answer: str) -> Outcome:
        """The judge's text as an outcome; whatever is wrong with it makes it unparseable."""
        try:
            told = read(answer, self.schema())
            found = self.settle(told)
        except Unreadable as why:
            return Outcome(status="unparseable", reason=str(why))
        return Outcome(
            status="ok",
            score=found.score,
            label=found.label,
            passed=found.passed,
            confidence=told["confidence"],
            tamper=told["tamper"],
            verdicts=found.verdicts,
            explanation=plain(told["analysis"]),
        )


def closed(parts: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of an object with exactly these fields."""
    return {
        "type": "object",
        "properties": {name: dict(part) for name, part in parts.items()},
        "required": list(parts),
        "additionalProperties": False,
    }


def sources(evidence: Evidence) -> tuple[str, ...]:
    """What an answer may lean on: retrieved context, then the results of tools."""
    tools = (message.text for message in evidence.conversation if message.role == "tool")
    return tuple(text for text in (*evidence.context, *tools) if text.strip())
