"""Is a difference between two spans worth a word? One look at numbers that were asked for.

A drop of 5 % of the mean, taken for a regression, was one in up to 26 % of looks at series that
had not changed. Here three things must hold at once.
"""

from dataclasses import dataclass
from typing import Literal

from optiinfra_core.applications.statistics.intervals import (
    Difference,
    Mean,
    Rate,
    newcombe,
    welch,
)

Word = Literal["regression", "improvement", "no_change", "too_few"]

FEWEST = 50
LEAST_EFFECT = 0.02
LARGEST_P = 0.01


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison says; ``difference`` is the current minus the baseline, with its 95 %."""

    word: Word
    difference: Difference | None


def of_rates(current: Rate, baseline: Rate) -> Verdict:
    """The verdict on two failure rates: a rising one is the regression."""
    return _verdict(newcombe(current, baseline), min(current.n, baseline.n), worse=1)


def of_means(current: Mean, baseline: Mean, *, higher_is_better: bool) -> Verdict:
    """The verdict on two mean scores between 0 and 1."""
    fewest = min(current.n, baseline.n)
    return _verdict(welch(current, baseline), fewest, worse=-1 if higher_is_better else 1)


def _verdict(difference: Difference | None, fewest: float, worse: int) -> Verdict:
    if difference is None or fewest < FEWEST:
        return Verdict("too_few", difference)
    if difference.p >= LARGEST_P or abs(difference.value) <= LEAST_EFFECT:
        return Verdict("no_change", difference)
    return Verdict("regression" if difference.value * worse > 0 else "improvement", difference)
