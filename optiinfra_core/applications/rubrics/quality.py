"""Quality: five small questions about whether the answer serves who asked."""

from collections.abc import Mapping
from typing import Any

from optiinfra_core.applications.rubrics.rubric import Finding, Rubric, choice

QUESTIONS = ("addresses", "complete", "coherent", "correct", "instructions")
# Without these two an answer does not serve, however well it reads.
DECISIVE = ("addresses", "correct")

_TEXT = """\
Answer each field with yes, no, or na (it does not apply, or cannot be told from the material):
- addresses: the reply is about what the person wants with `question`, not something nearby. A \
refusal addresses the question only where refusing is right or what is needed is missing and the \
reply says so.
- complete: each thing that was asked for is dealt with. Brevity is no fault.
- coherent: the reply makes sense from start to end and does not contradict itself.
- correct: nothing in it is certainly wrong (arithmetic, logic, widely known facts, what the \
person said). Say na where you would have to guess.
- instructions: what `instructions` or the person laid down about language, form, length or scope \
is kept; na where nothing was laid down."""


def _settle(answer: Mapping[str, Any]) -> Finding:
    """Share of yes among what applies."""
    verdicts = {name: answer[name] for name in QUESTIONS}
    told = [verdict for verdict in verdicts.values() if verdict != "na"]
    if not told:
        return Finding(score=None, label="not_applicable", passed=None, verdicts=verdicts)
    score = told.count("yes") / len(told)
    passed = all(verdicts[name] != "no" for name in DECISIVE)
    return Finding(
        score=score,
        label=("good" if score == 1 else "flawed") if passed else "bad",
        passed=passed,
        verdicts=verdicts,
    )


QUALITY = Rubric(
    name="quality",
    metric_type="quality",
    number=1,
    text=_TEXT,
    fields={name: choice("yes", "no", "na") for name in QUESTIONS},
    settle=_settle,
    shows=("instructions", "earlier", "question", "answer"),
)
