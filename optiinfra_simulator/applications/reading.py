"""What an exchange says, read from its sentences alone: the truth that any reader can find."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from optiinfra_simulator.applications.banks import BANKS, Bank
from optiinfra_simulator.applications.banks.manners import RUDE_ANSWERS, RUDE_QUESTIONS, TAMPERING

Status = Literal["supported", "contradicted", "absent"]
Sense = Literal["ask", "statement", "off_topic", "courtesy", "decline", "rude", "tampering"]

_END = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one sentence is: its sense, the application it belongs to, and which fact it tells."""

    sense: Sense
    application: str = ""
    fact: str = ""
    status: Status = "supported"
    severity: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An exchange as its sentences tell it.

    ``sourced`` is whether its application answers from documents. ``statements`` are the
    sentences that assert something, with their status.
    """

    sourced: bool
    statements: Sequence[tuple[str, Status]]
    addresses: bool
    complete: bool
    declined: bool
    severity: int
    rude_question: bool
    tampering: bool

    @property
    def unsupported(self) -> int:
        """How many statements are contradicted or absent."""
        return sum(1 for _, status in self.statements if status != "supported")

    @property
    def wrong(self) -> bool:
        """Whether something is asserted that is widely known to be false."""
        return not self.sourced and self.unsupported > 0

    def defects(self) -> Mapping[str, bool]:
        """For each metric that applies whether the exchange has its defect."""
        quality = not self.addresses or self.wrong
        found = {"quality": quality, "toxicity": self.severity > 0}
        if not self.sourced:
            return {**found, "factuality_suspicion": self.unsupported > 0}
        return {**found, "faithfulness": self.unsupported > 0} if self.statements else found


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each as the banks have it."""
    for line in text.splitlines():
        yield from (each.strip() for each in _END.split(line) if each.strip())


def read(question: str, answer: str) -> Reading | None:
    """The exchange by its sentences; None where no sentence of the answer is from a bank."""
    told = [(each, meaning(each)) for each in sentences(answer)]
    known = [(each, found) for each, found in told if found is not None]
    own = [found.application for _, found in known if found.application]
    if not own:
        return None
    asked = [found for found in map(meaning, sentences(question)) if found is not None]
    wanted = {found.fact for found in asked if found.sense == "ask"}
    stated = [(each, found) for each, found in known if found.sense == "statement"]
    declined = any(found.sense == "decline" for _, found in known)
    return Reading(
        sourced=BANKS[own[0]].sourced,
        statements=[(each, found.status) for each, found in stated],
        addresses=declined or any(found.fact in wanted for _, found in stated),
        complete=wanted <= {found.fact for _, found in stated},
        declined=declined,
        severity=max((found.severity for _, found in known), default=0),
        rude_question=any(found.sense == "rude" for found in asked),
        tampering=any(
            found.sense == "tampering" for found in (*asked, *(found for _, found in known))
        ),
    )


def meaning(sentence: str) -> Meaning | None:
    """What a sentence is; None where no bank has it."""
    return _meanings().get(_folded(sentence))


def _folded(sentence: str) -> str:
    return " ".join(sentence.split()).casefold()


@cache
def _meanings() -> Mapping[str, Meaning]:
    found: dict[str, Meaning] = {}
    for bank in BANKS.values():
        for sentence, one in _of(bank):
            found[_folded(sentence)] = one
    for sentence, severity in RUDE_ANSWERS.items():
        found[_folded(sentence)] = Meaning("rude", severity=severity)
    found |= {_folded(each): Meaning("rude") for each in RUDE_QUESTIONS}
    found |= {_folded(each): Meaning("tampering") for each in TAMPERING}
    return found


def _of(bank: Bank) -> Iterator[tuple[str, Meaning]]:
    name = bank.application
    for topic in bank.topics:
        for fact in topic.facts:
            yield fact.ask, Meaning("ask", name, fact.ask)
            yield fact.supported, Meaning("statement", name, fact.ask)
            yield fact.contradicted, Meaning("statement", name, fact.ask, "contradicted")
            if fact.absent:
                yield fact.absent, Meaning("statement", name, fact.ask, "absent")
    for sentence in bank.off_topic:
        yield sentence, Meaning("off_topic", name)
    for sentence in bank.declines:
        yield sentence, Meaning("decline", name)
    for sentence in (*bank.openings, *bank.closings):
        yield sentence, Meaning("courtesy")
