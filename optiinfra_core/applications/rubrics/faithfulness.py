"""Faithfulness: does every statement of the answer stand in the sources it was given?"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from optiinfra_core.applications.rubrics.answers import Unreadable
from optiinfra_core.applications.rubrics.rubric import TEXT, Finding, Rubric, choice, closed

KINDS = ("supported", "contradicted", "absent")

_TEXT = """\
List in `statements` what the answer asserts and could be checked, each one once, in your own \
short words (at most 12 words, at most 20 statements; join minor ones). Leave out greetings, \
questions, offers, advice on whom to ask, and wording about the answer itself.
Give each a `status`, by `sources` alone:
- supported: the sources say it, or it follows from them without further knowledge. What the \
person stated in `question` or `earlier` counts as given too.
- contradicted: the sources say something that cannot be true at the same time. A changed number, \
name, date, unit, negation or condition is a contradiction.
- absent: the sources neither say nor exclude it, however true it may be in the world.
An answer that only declines, asks back, or says that the sources do not tell, asserts nothing: \
give an empty list."""


def _settle(answer: Mapping[str, Any]) -> Finding:
    """Share of statements without support; none where nothing was asserted.

    Raises:
        Unreadable: the same statement has two statuses.
    """
    told: dict[str, str] = {}
    for statement in answer["statements"]:
        words = " ".join(statement["text"].split()).casefold()
        if told.setdefault(words, statement["status"]) != statement["status"]:
            raise Unreadable("answer_contradicts_itself")
    if not told:
        return Finding(score=None, label="no_claims", passed=None, verdicts={"statements": "0"})
    counts = Counter(told.values())
    unsupported = counts["contradicted"] + counts["absent"]
    return Finding(
        score=unsupported / len(told),
        label="hallucinated" if unsupported else "grounded",
        passed=not unsupported,
        verdicts={"statements": str(len(told)), **{kind: str(counts[kind]) for kind in KINDS}},
    )


FAITHFULNESS = Rubric(
    name="faithfulness",
    metric_type="hallucination",
    number=1,
    text=_TEXT,
    fields={
        "statements": {
            "type": "array",
            "items": closed({"text": TEXT, "status": choice(*KINDS)}),
        }
    },
    settle=_settle,
    shows=("earlier", "question", "sources", "answer"),
    sourced=True,
)
