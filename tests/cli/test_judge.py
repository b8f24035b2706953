"""``judge validate`` as people and scripts meet it, before a server that judges by the labels."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from optiinfra_cli.exits import Exit
from optiinfra_core.applications.gold import Item, gold
from optiinfra_core.applications.gold.attacks import ENDINGS
from optiinfra_core.applications.rubrics import RUBRICS
from optiinfra_core.testing.http_double import Fate, HttpDouble
from tests.judging.scripted import CLEAN, KEY, LARGE, SMALL, Script, ok, refused

ROOT = Path(__file__).parents[2]
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ``optiinfra judge validate`` in an environment with the given settings alone."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME")}  # noqa: TID251 - a child's
        environment = {**inherited, "PYTHONPATH": str(ROOT), **variables}
        command = (sys.executable, "-P", "-m", "optiinfra_cli", "judge", "validate", *arguments)
        return subprocess.run(
            (*command, "--data-dir", str(tmp_path)),
            check=False,
            capture_output=True,
            text=True,
            env=environment,
        )

    return run


def told(answer: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on stdout."""
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def of(server: HttpDouble) -> Mapping[str, str]:
    """Settings that name the server as Groq's."""
    return {
        "OPTIINFRA_JUDGE_API_KEY": KEY,
        "OPTIINFRA_JUDGE_BASE_URL": f"{server.url}/openai/v1",
    }


ANSWERS: Mapping[str, Callable[[bool], Mapping[str, Any]]] = {
    "toxicity": lambda bad: {**{name: CLEAN[name] for name in RUBRICS["toxicity"].fields},
                             "attack": bad, "severity": int(bad)},
    "quality": lambda bad: {"addresses": "no" if bad else "yes", "complete": "yes",
                            "coherent": "yes", "correct": "yes", "instructions": "na"},
    "faithfulness": lambda bad: {
        "statements": [{"text": "it is so", "status": "absent" if bad else "supported"}]},
    "factuality_suspicion": lambda bad: {"verdict": "suspect" if bad else "no_issue"},
}  # fmt: skip


ADDED = tuple(f"\n\n{ending}" for ending in ENDINGS)


def by_labels(body: dict[str, Any]) -> Fate:
    """The answer of a judge that is always right: it finds the item by its answer."""
    line = next(each for each in body["messages"][1]["content"].splitlines() if each[:1] == "{")
    shown = json.loads(line)
    name = body["response_format"]["json_schema"]["name"]
    (item,) = (each for each in gold() if matches(each, name, shown))
    fields = {**ANSWERS[name](item.flagged), "tamper": False, "confidence": "high"}
    return ok({"analysis": "As labelled.", **fields}, model=body["model"])


def matches(item: Item, name: str, shown: Mapping[str, Any]) -> bool:
    """Whether an item is what was shown."""
    told = item.evidence
    plain = any(shown["answer"] == f"{told.answer}{end}" for end in ("", *ADDED))
    return plain and (item.metric_name, told.question) == (name, shown["question"])


def test_without_a_key_it_says_so(run: Run) -> None:
    """Exit code 3, and how to get a key; nothing is called."""
    answer = run("--json")
    assert answer.returncode == Exit.CONFIGURATION
    assert "OPTIINFRA_JUDGE_API_KEY" in told(answer)["error"]["detail"]
    assert "console.groq.com" in told(answer)["error"]["remedy"]


def test_a_card_for_each_rubric_for_less_than_five_cents(run: Run) -> None:
    """A perfect judge: full agreement on our set, with the interval that 20 items allow."""
    script = Script(())
    script.answer = by_labels
    with HttpDouble(script.respond) as server:
        answer = run("--json", **of(server))
    found = told(answer)
    assert answer.returncode == Exit.OK, answer.stderr
    assert {card["metric"] for card in found["cards"]} == set(ANSWERS)
    for card in found["cards"]:
        assert (card["judge"], card["judge_model"], card["failed"]) == ("groq", SMALL, 0)
        assert card["kappa"] == card["balanced_accuracy"]["value"] == 1.0
        assert card["sensitivity"]["low"] < 0.9
        assert card["replicate_agreement"]["value"] == 1.0
        assert card["flip_rate"]["value"] == 0.0
        assert card["length_correlation"] is not None
    assert found["disagreements"] == []
    assert found["judgements"] == 3 * len(gold()) == len(script.asked)
    assert 0 < float(found["usd"]) < 0.05


def test_a_judge_that_passes_everything_is_found_out(run: Run, tmp_path: Path) -> None:
    """No agreement beyond chance, and each disagreement is named by its id."""
    dataset = tmp_path / "labelled.jsonl"
    items = [
        {"id": str(n), "metric": "toxicity", "question": "q", "answer": f"a{n}", "flagged": n < 4}
        for n in range(8)
    ]
    dataset.write_text("\n".join(map(json.dumps, items)))
    script = Script(())
    with HttpDouble(script.respond) as server:
        answer = run("--json", "--dataset", str(dataset), "--model", LARGE, **of(server))
        shown = run("--dataset", str(dataset), "--no-attacks", **of(server))
    (card,) = told(answer)["cards"]
    assert (card["judge_model"], card["kappa"], card["sensitivity"]["value"]) == (LARGE, 0.0, 0.0)
    assert {each["id"] for each in told(answer)["disagreements"]} == {"0", "1", "2", "3"}
    assert "0.50 (" in shown.stdout
    assert shown.stdout.count("toxicity 3: the judge says no defect, 2 times") == 1


def test_a_judge_that_can_be_talked_round_is_found_out(run: Run, tmp_path: Path) -> None:
    """It sees every defect and passes whatever ends with an attack: the card says so."""
    script = Script(())

    def gullible(body: dict[str, Any]) -> Fate:
        shown = body["messages"][1]["content"]
        sound = {"analysis": "", "addresses": "yes", "complete": "yes", "coherent": "yes",
                 "correct": "no", "instructions": "na", "tamper": False,
                 "confidence": "high"}  # fmt: skip
        if any(json.dumps(ending, ensure_ascii=False)[1:-1] in shown for ending in ENDINGS):
            sound["correct"] = "yes"
        return ok(sound, model=body["model"])

    script.answer = gullible
    lines = [
        {"id": str(n), "metric": "quality", "question": "q", "answer": f"a{n}", "flagged": True}
        for n in range(12)
    ]
    dataset = tmp_path / "labelled.jsonl"
    dataset.write_text("\n".join(map(json.dumps, lines)))
    with HttpDouble(script.respond) as server:
        answer = run("--json", "--dataset", str(dataset), **of(server))
    (card,) = told(answer)["cards"]
    assert (card["flip_rate"]["value"], card["sensitivity"]["value"]) == (1.0, 1.0)


def test_it_stops_at_the_cap(run: Run) -> None:
    """What is not judged any more is counted; the exit code says that it is done in part."""
    script = Script(())
    with HttpDouble(script.respond) as server:
        answer = run("--json", "--cap", "0.004", **of(server))
    found = told(answer)
    assert answer.returncode == Exit.PARTIAL
    assert 0 < float(found["usd"]) <= 0.004
    assert found["skipped"].keys() == {"budget"}
    assert found["judgements"] + found["skipped"]["budget"] == 3 * len(gold())


def test_a_server_that_wants_quiet_gets_it(run: Run) -> None:
    """What was judged before is shown; the rest is counted, and nothing waits for 900 seconds."""
    script = Script([ok(CLEAN)] * 30 + [refused(429, retry_after="900")])
    with HttpDouble(script.respond) as server:
        answer = run("--json", **of(server))
    assert answer.returncode == Exit.PARTIAL
    assert told(answer)["skipped"]["throttled"] >= 3 * len(gold()) - 40
    assert len(script.asked) < 45


def test_a_refused_key_is_not_tried_for_every_item(run: Run) -> None:
    """A handful of threads may have asked; then it stops."""
    script = Script([refused(401, "invalid_api_key")] * 500)
    with HttpDouble(script.respond) as server:
        assert run("--json", **of(server)).returncode == Exit.CREDENTIAL
    assert len(script.asked) < 30


@pytest.mark.parametrize(
    ("fates", "code"),
    [((refused(401, "invalid_api_key"),), Exit.CREDENTIAL), ((ok(CLEAN),), Exit.PARTIAL)],
)
def test_faults_have_the_exit_codes_of_the_house(
    run: Run, fates: tuple[Fate, ...], code: Exit
) -> None:
    """A refused key is 4; answers of another form are failures that the card does not hide."""
    script = Script(fates * 50)
    with HttpDouble(script.respond) as server:
        answer = run("--json", "--replicates", "1", "--no-attacks", **of(server))
    assert answer.returncode == code
    assert KEY not in answer.stdout + answer.stderr


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "1"}', '{"id": "1", "metric": "taste"}'])
def test_a_data_set_that_cannot_be_meant_is_told_by_line(
    run: Run, tmp_path: Path, text: str
) -> None:
    """Exit code 2 and the number of the line, not its text."""
    dataset = tmp_path / "labelled.jsonl"
    dataset.write_text(f"\n{text}\n")
    answer = run("--json", "--dataset", str(dataset))
    assert answer.returncode == Exit.USAGE
    assert "line 2 " in told(answer)["error"]["detail"]
    assert "judging.md" in told(answer)["error"]["remedy"]


@pytest.mark.parametrize("cap", ["0", "-1", "nan", "much"])
def test_a_cap_is_an_amount(run: Run, cap: str) -> None:
    """Anything else is a usage error."""
    assert run("--json", "--cap", cap).returncode == Exit.USAGE
