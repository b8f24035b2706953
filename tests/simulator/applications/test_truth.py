"""The truth that is told is the truth that the texts hold, at the rates that were asked for."""

from collections import Counter
from datetime import timedelta

import pytest

from optiinfra_core.windows import Window
from optiinfra_simulator.applications import reading
from optiinfra_simulator.applications.banks import BANKS
from optiinfra_simulator.applications.banks.manners import RUDE_ANSWERS
from optiinfra_simulator.applications.reading import meaning, sentences
from optiinfra_simulator.applications.traffic import Traffic
from tests.simulator.applications.conftest import DAY, NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_of_the_texts_counts_what_was_planted(traffic: Traffic, name: str) -> None:
    """Sentence by sentence, without knowing how the texts were made."""
    truth = traffic.truth(DAY, name)
    judged: Counter[str] = Counter()
    defective: Counter[str] = Counter()
    for call in traffic.calls(name, DAY):
        if call.failed:
            continue
        found = reading.read(call.exchange.question, call.answer)
        assert found is not None
        judged.update(found.defects().keys())
        defective.update(metric for metric, defect in found.defects().items() if defect)
        planted = call.exchange.planted
        assert (found.complete, found.declined) == (planted.complete, planted.declined)
        assert (found.tampering, found.rude_question) == (
            planted.tampering, planted.rude_question,
        )  # fmt: skip
    counted = {metric: (one.calls, one.defective) for metric, one in truth.metrics.items()}
    assert counted == {metric: (judged[metric], defective[metric]) for metric in judged}


@pytest.mark.parametrize("name", NAMES)
def test_the_statements_of_rag_answers_stand_in_their_documents(
    traffic: Traffic, name: str
) -> None:
    """A supported answer's fact is told by the first document; chats have no documents."""
    facts = {
        fact.ask: fact for topic in BANKS[name].topics for fact in topic.facts
    }  # fmt: skip
    hour = Window(DAY.start, DAY.start + timedelta(hours=6))
    for call in traffic.calls(name, hour):
        assert bool(call.exchange.documents) == BANKS[name].sourced
        if not BANKS[name].sourced:
            continue
        for sentence in sentences(call.exchange.answer):
            found = meaning(sentence)
            if found is not None and found.sense == "statement":
                assert facts[found.fact].said in call.exchange.documents[0]


@pytest.mark.parametrize("name", NAMES)
def test_defects_come_at_their_rates(traffic: Traffic, name: str) -> None:
    """Over three days within five standard deviations of what the application is told to do."""
    app = next(one for one in traffic.applications if one.id == name)
    days = Window(DAY.start - timedelta(days=2), DAY.end)
    truth = traffic.truth(days, name)
    rates = app.rates
    unsupported = rates.unsupported
    expected = {"toxicity": rates.rude}
    if BANKS[name].sourced:
        expected |= {"faithfulness": unsupported, "quality": rates.off_topic}
    else:
        false = (1 - rates.off_topic) * unsupported
        expected |= {"factuality_suspicion": false, "quality": rates.off_topic + false}
    assert truth.metrics.keys() == expected.keys()
    for metric, rate in expected.items():
        found = truth.metrics[metric]
        spread = (rate * (1 - rate) / found.calls) ** 0.5
        assert found.rate is not None
        assert abs(found.rate - rate) < 5 * spread, metric
    assert abs(truth.errors / truth.calls - rates.error) < 5 * (rates.error / truth.calls) ** 0.5


def test_an_hour_without_calls_has_no_rates(traffic: Traffic) -> None:
    """Nothing was asked, nothing can be said."""
    moment = Window(DAY.start, DAY.start + timedelta(microseconds=1))
    truth = traffic.truth(moment, "ops.triage")
    assert (truth.calls, truth.metrics) == (0, {})


def test_no_sentence_means_two_things() -> None:
    """Facts, asides and manners of all banks are told apart by their texts alone."""
    told: Counter[str] = Counter()
    for bank in BANKS.values():
        told.update({*bank.off_topic, *bank.declines})
        for topic in bank.topics:
            for fact in topic.facts:
                own = [fact.ask, fact.supported, fact.contradicted, fact.absent]
                told.update(text for text in own if text)
    told.update(list(RUDE_ANSWERS))
    assert {text for text, count in told.items() if count > 1} == set()
    for text in told:
        assert list(sentences(text)) == [text]
        assert meaning(text.upper()) is not None


def test_texts_that_were_redacted_are_still_read(traffic: Traffic) -> None:
    """Placeholders stand in sentences that mean nothing to a reader."""
    private = next(
        call for call in traffic.calls("support.assistant", DAY) if call.exchange.planted.private
    )
    question = private.exchange.question
    address = next(word for word in question.split() if "@" in word)
    before = reading.read(question, private.exchange.answer)
    after = reading.read(question.replace(address, "<EMAIL_3f9a>"), private.exchange.answer)
    assert before == after
