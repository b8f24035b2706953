"""Means and rates of a sample whose items were drawn with known, unequal probabilities.

Each item weighs one over its probability (Hajek's estimate, J. Hajek 1971): what was drawn more
often counts less. The interval takes Kish's effective number of items (L. Kish, 1965, 11.7).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from optiinfra_core.applications.statistics.intervals import (
    CONFIDENCE,
    Interval,
    Mean,
    Rate,
    of_rate,
)


@dataclass(frozen=True, slots=True)
class Sums:
    """All that is needed of a set of items; sets add up.

    ``weight`` is the sum of w, ``weight_squared`` of w squared, ``weighted`` of w times x,
    ``weighted_squared`` of w times x squared, where w is one over the probability.
    """

    n: int = 0
    weight: float = 0.0
    weight_squared: float = 0.0
    weighted: float = 0.0
    weighted_squared: float = 0.0

    @classmethod
    def of(cls, items: Iterable[tuple[float, float]]) -> Self:
        """The sums of items given as (probability, value)."""
        held = [(1 / probability, value) for probability, value in items]
        return cls(
            len(held),
            math.fsum(w for w, _ in held),
            math.fsum(w * w for w, _ in held),
            math.fsum(w * x for w, x in held),
            math.fsum(w * x * x for w, x in held),
        )

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n + other.n,
            self.weight + other.weight,
            self.weight_squared + other.weight_squared,
            self.weighted + other.weighted,
            self.weighted_squared + other.weighted_squared,
        )

    @property
    def mean(self) -> float | None:
        """The weighted mean; of ones and zeros the rate. None without items."""
        return self.weighted / self.weight if self.weight > 0 else None

    @property
    def effective_n(self) -> float:
        """How many equally weighted items would tell as much; at most ``n``."""
        return self.weight**2 / self.weight_squared if self.weight_squared > 0 else 0.0

    @property
    def variance(self) -> float:
        """Of a single value."""
        if self.weight <= 0:
            return 0.0
        mean = self.weighted / self.weight
        return max(0.0, self.weighted_squared / self.weight - mean * mean)

    def as_rate(self) -> Rate | None:
        """The values are ones and zeros: their rate, on the effective number."""
        return None if self.mean is None else Rate(min(1.0, max(0.0, self.mean)), self.effective_n)

    def as_mean(self) -> Mean | None:
        """The values are scores: their mean, on the effective number."""
        return None if self.mean is None else Mean(self.mean, self.variance, self.effective_n)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number to serve: its interval, the items it stands on, and how many they are worth."""

    value: float
    interval: Interval
    n: int
    effective_n: float


def score(sums: Sums, confidence: float = CONFIDENCE) -> Estimate | None:
    """The mean of scores between 0 and 1; None without items, the whole of [0, 1] with one."""
    mean = sums.as_mean()
    if mean is None:
        return None
    wide = mean.interval(confidence) or Interval(0.0, 1.0)
    cut = Interval(max(0.0, wide.low), min(1.0, wide.high))
    return Estimate(mean.value, cut, sums.n, sums.effective_n)


def rate(sums: Sums, confidence: float = CONFIDENCE) -> Estimate | None:
    """The rate of ones among ones and zeros; None without items.

    The whole sample is used at every prevalence: the uniform stratum alone was measured to cover
    no better and to be wider (docs/decisions/0007-sampling-and-alarms.md).
    """
    seen = sums.as_rate()
    if seen is None:
        return None
    interval = of_rate(seen.value, seen.n, confidence)
    return Estimate(seen.value, interval, sums.n, seen.n)
