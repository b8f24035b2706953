"""Rubrics turn a model's answer into a score by themselves, or into nothing at all."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics import RUBRICS, applicable
from optiinfra_core.applications.rubrics.answers import LONGEST_ANSWER, LONGEST_EXPLANATION

TAIL: Mapping[str, Any] = {"tamper": False, "confidence": "high"}
HARMS = ("attack", "hate", "sexual", "violence", "self_harm")
QUESTIONS = ("addresses", "complete", "coherent", "correct", "instructions")
SOUND: Mapping[str, Mapping[str, Any]] = {
    "faithfulness": {"statements": [{"text": "it opens at nine", "status": "supported"}]},
    "factuality_suspicion": {"verdict": "no_issue"},
    "quality": dict.fromkeys(QUESTIONS, "yes"),
    "toxicity": {**dict.fromkeys(HARMS, False), "question_toxic": False, "severity": 0},
}  # fmt: skip


def answer(metric: str, **changes: Any) -> dict[str, Any]:
    """An answer that fits, with some fields changed."""
    return {"analysis": "It says so.", **SOUND[metric], **TAIL, **changes}


def statements(*told: tuple[str, str]) -> dict[str, Any]:
    """Statements of a faithfulness answer."""
    return {"statements": [{"text": text, "status": status} for text, status in told]}


@pytest.mark.parametrize(
    ("metric", "changes", "score", "label", "passed"),
    [
        ("faithfulness", {}, 0.0, "grounded", True),
        ("faithfulness", {"statements": []}, None, "no_claims", None),
        ("faithfulness", statements(("a", "supported"), ("b", "absent")), 0.5, "hallucinated",
         False),
        ("faithfulness", statements(("a", "contradicted")), 1.0, "hallucinated", False),
        ("faithfulness", statements(("a", "absent"), ("A ", "absent"), ("b", "supported")), 0.5,
         "hallucinated", False),
        ("factuality_suspicion", {}, 0.0, "no_issue", True),
        ("factuality_suspicion", {"verdict": "suspect"}, 1.0, "suspect", False),
        ("factuality_suspicion", {"verdict": "cannot_tell"}, None, "cannot_tell", None),
        ("quality", {}, 1.0, "good", True),
        ("quality", {"complete": "no"}, 0.8, "flawed", True),
        ("quality", {"correct": "no"}, 0.8, "bad", False),
        ("quality", {"addresses": "no", "correct": "na", "instructions": "na"}, 2 / 3, "bad",
         False),
        ("quality", dict.fromkeys(SOUND["quality"], "na"), None, "not_applicable", None),
        ("toxicity", {}, 0.0, "clean", True),
        ("toxicity", {"hate": True, "severity": 3}, 1.0, "toxic", False),
        ("toxicity", {"attack": True, "severity": 0}, 1 / 3, "toxic", False),
        ("toxicity", {"question_toxic": True, "severity": 2}, 0.0, "clean", True),
    ],
)  # fmt: skip
def test_scores_follow_from_small_verdicts(
    metric: str, changes: dict[str, Any], score: float | None, label: str, passed: object
) -> None:
    """Shares of what applies; nothing to score is no score and neither passed nor failed."""
    found = RUBRICS[metric].reduce(json.dumps(answer(metric, **changes)))
    assert (found.status, found.label, found.passed) == ("ok", label, passed)
    assert found.score == (None if score is None else pytest.approx(score))


def test_what_is_invented_and_what_is_contradicted_are_told_apart() -> None:
    """Both lower faithfulness; the verdicts say how many there are of each."""
    told = statements(("a", "contradicted"), ("b", "absent"), ("c", "absent"), ("d", "supported"))
    found = RUBRICS["faithfulness"].reduce(json.dumps(answer("faithfulness", **told)))
    assert found.verdicts == {
        "statements": "4", "supported": "1", "contradicted": "1", "absent": "2"
    }  # fmt: skip


def test_the_question_is_not_the_answer() -> None:
    """A rude question does not make the answer toxic, and is told."""
    found = RUBRICS["toxicity"].reduce(json.dumps(answer("toxicity", question_toxic=True)))
    assert (found.passed, found.verdicts["question_toxic"]) == (True, "yes")


def broken(metric: str) -> dict[str, str]:
    """Answers that must not be read, by what is wrong with them."""
    good = answer(metric)
    first = next(iter(SOUND[metric]))
    text = json.dumps(good)
    return {
        "no json": "It is fine.",
        "empty": "",
        "cut": text[:-4],
        "a list": f"[{text}]",
        "a number": "1",
        "a fence": f"```json\n{text}\n```",
        "missing field": json.dumps({key: good[key] for key in good if key != first}),
        "missing tail": json.dumps({key: good[key] for key in good if key != "tamper"}),
        "another field": json.dumps({**good, "score": 1}),
        "a field twice": text[:-1] + f', "{first}": {json.dumps(good[first])}}}',
        "null": json.dumps({**good, first: None}),
        "another type": json.dumps({**good, first: 7.5}),
        "a word for a flag": json.dumps({**good, "tamper": "no"}),
        "a number for a flag": json.dumps({**good, "tamper": 0}),
        "another enum": json.dumps({**good, "confidence": "certain"}),
        "a number for a text": json.dumps({**good, "analysis": 3}),
        "not a number": text.replace('"high"', "NaN"),
        "deep": "[" * 100_000,
        "endless": json.dumps({**good, "analysis": "x" * LONGEST_ANSWER}),
    }


@pytest.mark.parametrize("metric", RUBRICS)
@pytest.mark.parametrize("wrong", broken("quality"))
def test_an_answer_of_another_form_has_no_score(metric: str, wrong: str) -> None:
    """Whatever is wrong, the outcome is unparseable and says why in a word."""
    found = RUBRICS[metric].reduce(broken(metric)[wrong])
    assert (found.status, found.score, found.passed, found.label) == ("unparseable", None, None, "")
    assert found.reason in ("answer_not_json", "answer_off_schema")


@pytest.mark.parametrize(
    ("metric", "changes"),
    [
        ("toxicity", {"severity": True}),
        ("toxicity", {"severity": 4}),
        ("toxicity", {"severity": 1.0}),
        ("toxicity", {"hate": 1}),
        ("faithfulness", {"statements": {}}),
        ("faithfulness", {"statements": ["a"]}),
        ("faithfulness", {"statements": [{"text": "a"}]}),
        ("faithfulness", {"statements": [{"text": "a", "status": "supported", "why": "b"}]}),
        ("faithfulness", {"statements": [{"text": "a", "status": "true"}]}),
        ("faithfulness", statements(("a", "supported"), ("A", "absent"))),
        ("factuality_suspicion", {"verdict": ""}),
        ("quality", {"addresses": True}),
    ],
)
def test_each_rubric_checks_its_own_fields(metric: str, changes: dict[str, Any]) -> None:
    """Types and enums inside; a statement that is both supported and absent says nothing."""
    found = RUBRICS[metric].reduce(json.dumps(answer(metric, **changes)))
    assert (found.status, found.score) == ("unparseable", None)


@pytest.mark.parametrize("metric", RUBRICS)
@given(text=st.text() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps))  # fmt: skip
def test_no_text_breaks_it(metric: str, text: str) -> None:
    """Any text is an outcome, and a random one never a score."""
    assert RUBRICS[metric].reduce(text).score is None


@pytest.mark.parametrize("metric", RUBRICS)
def test_schemas_are_what_strict_decoding_takes(metric: str) -> None:
    """Valid JSON Schema; every object closed, every field required, the analysis first."""
    schema = RUBRICS[metric].schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer(metric))
    pending = [schema]
    while pending:
        part = pending.pop()
        if part["type"] == "object":
            assert part["additionalProperties"] is False
            assert part["required"] == list(part["properties"])
            pending += part["properties"].values()
        pending += [part["items"]] if "items" in part else []
    assert next(iter(schema["properties"])) == "analysis"


def test_a_version_changes_with_any_byte_that_is_asked() -> None:
    """Number and hash; a new word in the rubric or a new field makes another series."""
    rubric = RUBRICS["quality"]
    number, digest = rubric.version.split("-")
    assert (number, len(digest)) == (str(rubric.number), 10)
    other = replace(rubric, text=rubric.text + " ")
    more = replace(rubric, fields={**rubric.fields, "kind": {"type": "boolean"}})
    later = replace(rubric, number=2)
    assert len({each.version for each in (rubric, other, more, later, *RUBRICS.values())}) == 7


def test_explanations_are_safe_to_store() -> None:
    """No NUL, no half of a surrogate pair, and no more than a paragraph."""
    told = answer("quality", analysis="a\x00b\ud800" + "x" * 5_000)
    found = RUBRICS["quality"].reduce(json.dumps(told))
    assert found.explanation.encode("utf-8").startswith(b"ab?xxx")
    assert len(found.explanation) == LONGEST_EXPLANATION
    assert "xxx" not in repr(found)


@pytest.mark.parametrize(
    ("context", "role", "told"),
    [
        ((), "user", ("quality", "factuality_suspicion", "toxicity")),
        (("a source",), "user", ("quality", "faithfulness", "toxicity")),
        ((), "tool", ("quality", "faithfulness", "toxicity")),
        ((" ",), "user", ("quality", "factuality_suspicion", "toxicity")),
    ],
)
def test_sources_decide_which_hallucination_is_asked_for(
    context: tuple[str, ...], role: str, told: tuple[str, ...]
) -> None:
    """Faithfulness needs sources or results of tools; suspicion is for answers without."""
    evidence = Evidence(conversation=(Message(role, "text"),), answer="a", context=context)
    assert applicable(evidence) == told
