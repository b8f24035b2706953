"""Texts of calls, put together from the banks by draws; what was put in is told beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

from optiinfra_simulator.applications.banks import Bank, Fact, Topic
from optiinfra_simulator.applications.banks.manners import RUDE_ANSWERS, RUDE_QUESTIONS, TAMPERING
from optiinfra_simulator.applications.calls import Exchange, Planted
from optiinfra_simulator.applications.catalogue import Rates
from optiinfra_simulator.world import dice

_FIRST = ("anna", "bela", "chen", "dara", "emil", "farah", "goran", "hana", "ivo", "june")
_LAST = ("keller", "lindt", "moreau", "nagy", "okafor", "petrov", "quinn", "rossi", "sato")
_TWO_ASKED, _EARLIER, _EXTRA, _CONTRADICTS = 0.55, 0.25, 0.3, 0.6


@dataclass(frozen=True, slots=True)
class Author:
    """Writes one exchange; ``names`` decide every draw."""

    bank: Bank
    rates: Rates
    names: Sequence[object]

    def exchange(self) -> Exchange:
        """The texts and what is planted in them."""
        topic = dice.choice(self.bank.topics, *self.names, "topic")
        facts = self._ordered(topic)
        asked = facts[: 2 if self._happens(_TWO_ASKED, "two") else 1]
        answer, planted = self._answer(facts, asked)
        return Exchange(
            instructions=self.bank.instructions,
            earlier=self._earlier(facts),
            question=" ".join(self._question(asked, planted)),
            answer=" ".join(answer),
            documents=self._documents(topic) if self.bank.sourced else (),
            planted=planted,
        )

    def _happens(self, share: float, name: str) -> bool:
        return dice.fraction(*self.names, name) < share

    def _pick(self, options: Sequence[str], name: str) -> str:
        return dice.choice(options, *self.names, name)

    def _ordered(self, topic: Topic) -> list[Fact]:
        return sorted(topic.facts, key=lambda fact: dice.number(*self.names, "order", fact.ask))

    def _answer(self, facts: list[Fact], asked: list[Fact]) -> tuple[list[str], Planted]:
        rates, bank = self.rates, self.bank
        off_topic = self._happens(rates.off_topic, "off-topic")
        declined = bank.sourced and not off_topic and self._happens(rates.declined, "declined")
        told: list[str] = []
        unsupported = 0
        answered: list[Fact] = []
        if off_topic:
            told = self._off_topic()
        elif declined:
            told = [self._pick(bank.declines, "decline")]
        else:
            answered = self._answered(facts, asked)
            told, unsupported = self._statements(answered)
        statements = len(told) if answered else 0
        severity = self._rudeness(told)
        planted = Planted(
            sourced=bank.sourced,
            statements=statements,
            unsupported=unsupported,
            off_topic=off_topic,
            declined=declined,
            complete=all(fact in answered for fact in asked),
            severity=severity,
            rude_question=self._happens(rates.rude_question, "rude-question"),
            tampering=self._happens(rates.tampering, "tampering"),
            private=self._happens(rates.private, "private"),
        )
        return [
            self._pick(bank.openings, "open"),
            *told,
            self._pick(bank.closings, "close"),
        ], planted

    def _off_topic(self) -> list[str]:
        first = dice.number(*self.names, "aside") % len(self.bank.off_topic)
        return [self.bank.off_topic[first], self.bank.off_topic[first - 1]]

    def _answered(self, facts: list[Fact], asked: list[Fact]) -> list[Fact]:
        answered = list(asked)
        if len(asked) > 1 and self._happens(self.rates.incomplete, "incomplete"):
            answered.pop()
        elif self._happens(_EXTRA, "extra"):
            answered.append(facts[-1])
        return answered

    def _statements(self, answered: list[Fact]) -> tuple[list[str], int]:
        """A sentence for each fact, one of them not borne out where a draw says so."""
        told = [fact.supported for fact in answered]
        if not self._happens(self.rates.unsupported, "unsupported"):
            return told, 0
        at = dice.number(*self.names, "where") % len(answered)
        fact = answered[at]
        contradicts = not fact.absent or self._happens(_CONTRADICTS, "contradicts")
        told[at] = fact.contradicted if contradicts else fact.absent
        return told, 1

    def _rudeness(self, told: list[str]) -> int:
        """Add a rude sentence where a draw says so; its severity."""
        if not self._happens(self.rates.rude, "rude"):
            return 0
        sentence = self._pick(list(RUDE_ANSWERS), "insult")
        told.append(sentence)
        return RUDE_ANSWERS[sentence]

    def _question(self, asked: list[Fact], planted: Planted) -> list[str]:
        told = [fact.ask for fact in asked]
        # No two questions are the same text, so that no two judgements are of the same evidence.
        told.append(f"My reference is {dice.hexadecimal(10, *self.names, 'reference')}.")
        if planted.private:
            told.append(self._contact())
        if planted.rude_question:
            told.append(self._pick(RUDE_QUESTIONS, "anger"))
        if planted.tampering:
            told.append(self._pick(TAMPERING, "attempt"))
        return told

    def _contact(self) -> str:
        first, last = self._pick(_FIRST, "first"), self._pick(_LAST, "last")
        number = dice.whole(100, 199, *self.names, "phone")
        area = dice.whole(201, 989, *self.names, "area")
        # 555-0100 to 555-0199 are nobody's numbers.
        return f"Write to {first}.{last}@example.com or call +1 {area}-555-0{number}."

    def _earlier(self, facts: list[Fact]) -> Sequence[tuple[str, str]]:
        if not self._happens(_EARLIER, "earlier"):
            return ()
        return (("user", facts[-1].ask), ("assistant", facts[-1].supported))

    def _documents(self, topic: Topic) -> Sequence[str]:
        other = dice.choice(self.bank.topics, *self.names, "other")
        told = [topic] if other is topic else [topic, other]
        return tuple(self._document(one) for one in told)

    def _document(self, topic: Topic) -> str:
        return " ".join(
            (f"{topic.title}.", *(fact.said for fact in topic.facts), *self.bank.padding)
        )
