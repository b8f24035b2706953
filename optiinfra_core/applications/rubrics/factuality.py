"""Suspicion of invented facts where no source was given: weaker than faithfulness, kept apart."""

from collections.abc import Mapping
from typing import Any

from optiinfra_core.applications.rubrics.rubric import Finding, Rubric, choice

_SCORES: Mapping[str, float | None] = {"no_issue": 0.0, "suspect": 1.0, "cannot_tell": None}

_TEXT = """\
No source came with this answer, so that it can only be held against what is widely known, against \
the person's own words, and against itself. Look for assertions of fact: names, numbers, dates, \
quotations, citations, links, functions of software, events. Set `verdict`:
- suspect: at least one assertion is one you firmly hold to be false or made up, or two assertions \
exclude each other. Name it in the analysis.
- no_issue: what is asserted is widely known to be so, or nothing is asserted as a fact (opinion, \
fiction that was asked for, rephrasing, a refusal).
- cannot_tell: it depends on facts you do not know for sure: private data, local or recent events, \
details that no general reader could know. Prefer this to a guess."""


def _settle(answer: Mapping[str, Any]) -> Finding:
    verdict = answer["verdict"]
    score = _SCORES[verdict]
    return Finding(
        score=score,
        label=verdict,
        passed=None if score is None else not score,
        verdicts={"verdict": verdict},
    )


FACTUALITY_SUSPICION = Rubric(
    name="factuality_suspicion",
    metric_type="hallucination",
    number=1,
    text=_TEXT,
    fields={"verdict": choice(*_SCORES)},
    settle=_settle,
    shows=("earlier", "question", "answer"),
    sourced=False,
)
