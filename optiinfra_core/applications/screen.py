"""A judge without a model: words on lists and words that two texts share. A screen, no more.

It is not calibrated on anything and its scores are compared with no other judge's. What it is good
for is the question which calls a better judge should look at first.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from optiinfra_core.applications.judgement import Evidence, Judgement, MetricType
from optiinfra_core.applications.risk import risk
from optiinfra_core.applications.screen_text import clipped, content_words, shared
from optiinfra_core.applications.screen_words import FOUND_AT, WORDS_TEXT, toxicity

__all__ = ["RELEVANCE", "TOXICITY", "LexicalScreen", "risk", "rubric_version"]

JUDGE = "lexical-1"
TOXICITY = "toxicity_screen"
RELEVANCE = "relevance_screen"
FLAGGED = "screen_flagged"
CLEAR = "screen_clear"
NOTHING = "screen_not_applicable"
NUMBER = 1


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a screen makes of an exchange; no score where there is nothing to read."""

    score: float | None
    flagged: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Screen:
    """One metric of this judge; ``told`` is what its answers depend on besides this code."""

    metric_type: MetricType
    read: Callable[[Evidence], _Reading]
    told: str


def _toxic(evidence: Evidence) -> _Reading:
    if not evidence.answer.strip():
        return _Reading(None, reason="no_answer")
    score = toxicity(clipped(evidence.answer))
    return _Reading(score, score >= FOUND_AT)


def _relevant(evidence: Evidence) -> _Reading:
    asked = content_words(clipped(evidence.question))
    if not asked:
        return _Reading(None, reason="no_question")
    if not evidence.answer.strip():
        return _Reading(None, reason="no_answer")
    recall = shared(asked, content_words(clipped(evidence.answer)))
    return _Reading(recall, recall == 0)


_SCREENS: Mapping[str, _Screen] = {
    TOXICITY: _Screen("toxicity", _toxic, WORDS_TEXT),
    RELEVANCE: _Screen("quality", _relevant, "recall of the question's words by six letters"),
}


class LexicalScreen:
    """The judge ``lexical-1``: costs nothing, knows no meaning, never fails. Safe for threads.

    ``toxicity_screen``: 0 to 1, more is worse; ``relevance_screen``: the share of the question's
    words that the answer takes up. Labels begin with ``screen``: never the same series as a model.
    """

    @property
    def name(self) -> str:
        """``lexical-1``."""
        return JUDGE

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of both screens."""
        return tuple(_SCREENS)

    def judge(self, metric_name: str, evidence: Evidence, replicate: int = 0) -> Judgement:
        """One judgement; an exchange without question or answer has no score and says why."""
        screen = _SCREENS[metric_name]
        reading = screen.read(evidence)
        label = NOTHING
        if reading.score is not None:
            label = FLAGGED if reading.flagged else CLEAR
        return Judgement(
            metric_type=screen.metric_type,
            metric_name=metric_name,
            rubric_version=rubric_version(metric_name),
            judge=JUDGE,
            judge_model="",
            status="ok",
            score=reading.score,
            label=label,
            passed=None if reading.score is None else not reading.flagged,
            reason=reading.reason,
            replicate=replicate,
        )


@cache
def rubric_version(metric_name: str) -> str:
    """``<number>-<10 hex digits>``: changes with the word list, as scores then mean something else.

    The number goes up by hand with the code.
    """
    digest = hashlib.sha256(_SCREENS[metric_name].told.encode()).hexdigest()
    return f"{NUMBER}-{digest[:10]}"
