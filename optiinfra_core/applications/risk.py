"""How much a call deserves a judge's look: hints of this machine, joined into one number.

The number decides with what probability a call is judged, and nothing else: the estimates weigh
by that probability, so a poor guess costs precision and no honesty.
"""

import re
from collections.abc import Callable, Mapping

from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.screen_text import clipped, content_words, shared
from optiinfra_core.applications.screen_words import toxicity
from optiinfra_core.applications.tampering import suspicion

_NUMBER = re.compile(r"\d[\d.,]{0,20}")
_WORD = re.compile(r"\w+")
_ENDS = re.compile(r"[.!?:;)\]}\"'`*|>\u2026\u3002\uff01\uff1f]\s*$")
SHORT_WORDS = 3
LONG_CHARS = 8000
CUT_CHARS = 200
LOOP_WORDS = 60
# Sources are read further than answers: what is cut off counts as beyond them.
MOST_SOURCES = 200_000
LOOP_SHARE = 0.3


def risk(evidence: Evidence) -> float:
    """0 to 1; 0 where nothing stands out. Each hint adds as an independent one would."""
    calm = 1.0
    for weight, hint in _HINTS.items():
        calm *= 1 - weight * hint(evidence)
    return 1 - calm


def _toxic_answer(evidence: Evidence) -> float:
    return toxicity(clipped(evidence.answer))


def _toxic_question(evidence: Evidence) -> float:
    return toxicity(clipped(evidence.question))


def _tampered(evidence: Evidence) -> float:
    told = (evidence.answer, evidence.question, "\n".join(evidence.context))
    return float(any(suspicion(clipped(text)).suspected for text in told))


def _off_subject(evidence: Evidence) -> float:
    asked = content_words(clipped(evidence.question))
    return 1 - shared(asked, content_words(clipped(evidence.answer))) if asked else 0.0


def _beyond_sources(evidence: Evidence) -> float:
    """The share of the answer's words and numbers that neither sources nor question hold."""
    if not evidence.context:
        return 0.0
    told = (*evidence.context, *(each.text for each in evidence.conversation))
    known = "\n".join(told)[:MOST_SOURCES]
    answer = clipped(evidence.answer)
    said = content_words(answer) | frozenset(_NUMBER.findall(answer))
    return 1 - shared(said, content_words(known) | frozenset(_NUMBER.findall(known))) if said else 0


def _malformed(evidence: Evidence) -> float:
    """Empty, broken off, with a code block left open, or going round in circles."""
    answer = clipped(evidence.answer)
    if not answer.strip():
        return 1.0
    broken_off = len(answer) >= CUT_CHARS and not _ENDS.search(answer)
    return float(broken_off or answer.count("```") % 2 == 1 or _loops(answer))


def _loops(answer: str) -> bool:
    words = _WORD.findall(answer.casefold())
    if len(words) < LOOP_WORDS:
        return False
    return len(set(zip(words, words[1:], words[2:], strict=False))) < LOOP_SHARE * len(words)


def _extreme_length(evidence: Evidence) -> float:
    short = len(_WORD.findall(evidence.answer[:CUT_CHARS])) < SHORT_WORDS
    return float(short or len(evidence.answer) > LONG_CHARS)


# Weights are judged by eye, not fitted: see the module's note on what a poor guess costs.
_HINTS: Mapping[float, Callable[[Evidence], float]] = {
    0.6: _toxic_answer,
    0.15: _toxic_question,
    0.5: _tampered,
    0.25: _off_subject,
    0.4: _beyond_sources,
    0.3: _malformed,
    0.1: _extreme_length,
}
