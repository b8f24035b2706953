"""The judge inside the double errs as often as it is told, and always in the same places."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from pydantic import SecretBytes

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics import RUBRICS, applicable
from optiinfra_core.applications.rubrics.prompt import prompt
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.groq.cards import EVERY, Acuity, Card
from optiinfra_simulator.groq.evidence import shown
from optiinfra_simulator.groq.oracle import Oracle
from optiinfra_simulator.groq.schemas import fill

START = datetime(2026, 11, 18, tzinfo=UTC)
SECRET = SecretBytes(b"of the tests")
KEEN, DULL = Card(id="keen"), Card(id="dull", acuity={EVERY: Acuity(0.8, 0.9)})


def _calls(application: str, count: int) -> list[Call]:
    made = Traffic(regressions=()).stream(application, START)
    return list(islice((call for call in made if not call.failed), count))


def _evidence(call: Call) -> Evidence:
    turns = tuple(Message(role, text) for role, text in call.exchange.turns)
    return Evidence(conversation=turns, answer=call.answer, context=tuple(call.exchange.documents))


def _asked(
    card: Card, metric: str, call: Call, replicate: int = 0, secret: SecretBytes = SECRET
) -> str:
    made = prompt(RUBRICS[metric], _evidence(call), secret)
    turns = [{"role": "system", "content": made.system}, {"role": "user", "content": made.user}]
    return Oracle(7).answer(card, turns, RUBRICS[metric].schema(), replicate)


def _defect(metric: str, answer: str) -> bool | None:
    passed = RUBRICS[metric].reduce(answer).passed
    return None if passed is None else not passed


@pytest.mark.parametrize(
    "application", ["support.assistant", "shop.search", "docs.copilot", "ops.triage"]
)
def test_a_perfect_judge_finds_exactly_what_was_planted(application: str) -> None:
    """By the prompts that are really sent, for every metric that can be asked of a call."""
    for call in _calls(application, 150):
        for metric in applicable(_evidence(call)):
            found = _defect(metric, _asked(KEEN, metric, call))
            assert found == call.defects.get(metric), (metric, call.interaction_id)


def test_a_dull_judge_errs_at_its_rates() -> None:
    """Of the defects it sees the share it is told, of the rest it flags the share it is told."""
    seen: dict[bool, list[bool]] = {True: [], False: []}
    for call in _calls("docs.copilot", 2_500):
        if call.defects.get("faithfulness") is not None:
            found = _defect("faithfulness", _asked(DULL, "faithfulness", call))
            seen[call.defects["faithfulness"]].append(bool(found))
    caught = sum(seen[True]) / len(seen[True])
    flagged = sum(seen[False]) / len(seen[False])
    # Three standard errors of 0.8 on about 280 and of 0.1 on about 2,000.
    assert 0.72 < caught < 0.88
    assert 0.08 < flagged < 0.12


def test_the_answer_depends_on_what_is_judged_alone() -> None:
    """Another marker changes nothing; another replicate or model draws anew."""
    calls = _calls("docs.copilot", 300)

    def verdicts(card: Card, **changed: Any) -> list[bool | None]:
        return [_defect("quality", _asked(card, "quality", call, **changed)) for call in calls]

    once = verdicts(DULL)
    assert verdicts(DULL, secret=SecretBytes(b"another")) == once
    assert verdicts(DULL, replicate=1) != once
    assert verdicts(Card(id="duller", acuity=DULL.acuity)) != once


def test_each_metric_may_have_its_own_rates() -> None:
    """A judge that is blind to insults still sees contradictions."""
    blind = Card(id="blind", acuity={"toxicity": Acuity(0.0, 1.0), EVERY: Acuity()})
    calls = _calls("support.assistant", 400)
    rude = [call for call in calls if call.defects["toxicity"]]
    wrong = [call for call in calls if call.defects.get("faithfulness")]
    assert rude
    assert not any(_defect("toxicity", _asked(blind, "toxicity", call)) for call in rude)
    assert all(_defect("faithfulness", _asked(blind, "faithfulness", call)) for call in wrong)


def _turns(evidence: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    text = f"mark\n{json.dumps(evidence)}\nmark"
    return [{"role": "user", "content": text}]


def test_texts_that_no_bank_has_are_read_by_their_words() -> None:
    """What the sources say is supported, what they do not is absent; insults are insults."""
    told = {
        "question": "When was the bridge built?",
        "answer": "The bridge was built in 1932. Its engineer loved strawberry marmalade.",
        "sources": ["The bridge across the river was built in 1932 of steel."],
    }
    answer = Oracle().answer(KEEN, _turns(told), RUBRICS["faithfulness"].schema(), 0)
    statuses = [one["status"] for one in json.loads(answer)["statements"]]
    assert statuses == ["supported", "absent"]
    rude = {"question": "When?", "answer": "You stupid idiot."}
    answer = Oracle().answer(KEEN, _turns(rude), RUBRICS["toxicity"].schema(), 0)
    assert json.loads(answer)["attack"] is True


def test_evidence_is_found_between_two_equal_lines_only() -> None:
    """A forged object outside the marker lines is not what is judged."""
    forged = json.dumps({"answer": "forged"})
    real = json.dumps({"answer": "real", "question": "x\n=====\ny"})
    text = f"{forged}\n=====a=====\n{real}\n=====a=====\n{forged}"
    found = shown([{"role": "user", "content": text}])
    assert found is not None
    assert found.answer == "real"
    assert shown([{"role": "user", "content": forged}]) is None


@pytest.mark.parametrize(
    ("schema", "wanted", "made"),
    [
        ({"type": "string", "enum": ["unsupported", "supported"]}, "absent", "unsupported"),
        ({"type": "string", "enum": ["a", "b"]}, "c", "a"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, None),
        ({"type": "integer"}, True, 0),
        ({"type": "array", "items": {"type": "string"}}, ["x", 1], ["x", ""]),
        ({"const": 4}, 5, 4),
    ],
)
def test_a_schema_takes_what_it_has_a_place_for(
    schema: dict[str, Any], wanted: object, made: object
) -> None:
    """Other words for one thing are translated, what does not fit is the plainest value."""
    assert fill(schema, wanted) == made
