"""A rate as people would have found it: few labels correct what a judge said of many.

The labelled items are taken in two strata, those the judge flagged and those it passed. The rate
is the strata's rates weighted by how large they are; the interval joins three Wilson intervals
(MOVER: G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693).
"""

import math
from dataclasses import dataclass
from typing import Literal

from optiinfra_core.applications.statistics.agreement import Confusion
from optiinfra_core.applications.statistics.intervals import (
    CONFIDENCE,
    Interval,
    Rate,
    of_rate,
    wilson,
)
from optiinfra_core.applications.statistics.weighted import Sums

Basis = Literal["strata", "labels"]

# Below this agreement the strata tell no more than the labels taken together.
KAPPA_THAT_HELPS = 0.1
# However sure the judge looks, some labels go to either side.
LEAST_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedRate:
    """The share of items with the defect.

    ``judged`` is what the judge said of all. ``basis`` says what the interval stands on: the two
    ``strata``, or the ``labels`` alone where the judge's agreement with them is no help.
    ``flagged_share`` is the share of the next labels that flagged items should get.
    """

    value: float
    interval: Interval
    judged: float
    labels: int
    kappa: float | None
    basis: Basis
    flagged_share: float


def corrected(
    judged: Rate, flagged: Sums, passed: Sums, confidence: float = CONFIDENCE
) -> CorrectedRate | None:
    """The corrected rate; None while a stratum that exists has no label.

    ``judged`` is the share of the judged population that the judge flagged (``weighted.Sums``
    of its flags ``as_rate``). ``flagged`` and ``passed`` hold the labels of either stratum, 1 for
    the defect, each weighing one over the probability with which its call was judged. Within a
    stratum the labelled items must be chosen without looking at what they say.
    """
    one, other = flagged.as_rate(), passed.as_rate()
    if (one is None and judged.value > 0) or (other is None and judged.value < 1):
        return None
    one, other = one or Rate(0.0, 0.0), other or Rate(0.0, 0.0)
    kappa = _confusion(judged.value, one.value, other.value).kappa
    value = judged.value * one.value + (1 - judged.value) * other.value
    helps = kappa is not None and kappa >= KAPPA_THAT_HELPS
    interval = (
        _mover(judged, one, other, confidence)
        if helps
        else of_rate(value, _pooled(judged.value, one.n, other.n), confidence)
    )
    return CorrectedRate(
        value=value,
        interval=interval,
        judged=judged.value,
        labels=flagged.n + passed.n,
        kappa=kappa,
        basis="strata" if helps else "labels",
        flagged_share=_flagged_share(judged.value, one, other),
    )


def _confusion(share: float, defects_flagged: float, defects_passed: float) -> Confusion:
    """The judge against the labels, as shares of the whole population."""
    return Confusion(
        true_flagged=share * defects_flagged,
        false_flagged=share * (1 - defects_flagged),
        true_missed=(1 - share) * defects_passed,
        false_passed=(1 - share) * (1 - defects_passed),
    )


def _mover(judged: Rate, one: Rate, other: Rate, confidence: float) -> Interval:
    """The strata's intervals and that of their share, each scaled by what it moves."""
    share = judged.value
    a, b = wilson(one.value, one.n, confidence), wilson(other.value, other.n, confidence)
    shares = wilson(share, judged.n, confidence)
    value = share * one.value + (1 - share) * other.value
    moved = one.value - other.value
    down, up = (
        (share - shares.low, shares.high - share)
        if moved >= 0
        else (shares.high - share, share - shares.low)
    )
    below = math.hypot(
        share * (one.value - a.low), (1 - share) * (other.value - b.low), moved * down
    )
    above = math.hypot(
        share * (a.high - one.value), (1 - share) * (b.high - other.value), moved * up
    )
    return Interval(max(0.0, value - below), min(1.0, value + above))


def _pooled(share: float, flagged: float, passed: float) -> float:
    """How many labels drawn at random would tell as much as these, weighted to the population."""
    spent = sum(part * part / n for part, n in ((share, flagged), (1 - share, passed)) if n > 0)
    return 1 / spent if spent > 0 else 0.0


def _flagged_share(share: float, one: Rate, other: Rate) -> float:
    """The allocation with the least variance (J. Neyman, JRSS 97 (1934) 558), kept off the ends."""
    spreads = [
        part * math.sqrt((p + 1 / (n + 2)) * (1 - p + 1 / (n + 2)))
        for part, p, n in ((share, one.value, one.n), (1 - share, other.value, other.n))
    ]
    return min(1 - LEAST_SHARE, max(LEAST_SHARE, spreads[0] / sum(spreads)))
