"""Has a rate got worse than its baseline? An answer that may be looked at after every window.

Against the null that items fail at the rate m, one dollar is bet on each item: it becomes
``1 + bet * weight * (failed - m)``, on average no more than it was, however the bets were chosen
before the item was seen. Wealth of 100 dollars is then seen at any time with a probability of at
most 1 % (Ville's inequality; I. Waudby-Smith and A. Ramdas, JRSS B 86 (2024) 1). Several bets run
side by side, one for each size of the worsening, and their wealth is averaged.

The baseline was itself only seen in so many items. Each null it allows is bet against, and the
wealth is the harmonic mean over its Beta distribution: the ratio of what the worse rates and what
the baseline predict. What this comes to in false alarms and delay is measured in
docs/decisions/0007-sampling-and-alarms.md.

Items that are drawn with unequal probabilities weigh ``least / probability``, at most 1: each
call, drawn or not, then moves the wealth by nothing on average while its rate is the baseline's.
Bets are fixed before the first item, so the wealth depends on the items and not on their order:
it can be computed again from counts, with late items in their place.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optiinfra_core.applications.statistics.intervals import Rate
from optiinfra_core.applications.statistics.variation import widened
from optiinfra_core.applications.statistics.weighted import Sums

FALSE_ALARMS = 0.01
FEWEST = 50
LEAST_EFFECT = 0.02

NOTHING = Sums()

# How much worse the bets expect the rate to be, in shares of all items.
WORSENINGS = (0.03, 0.06, 0.1, 0.2, 0.4)
# Points of the baseline's distribution, over so many standard deviations of its log-odds.
NULLS = 11
WIDTH = 3.0
# No bet loses more than this part of its wealth on one item.
MOST_LOST = 0.9


@dataclass(frozen=True, slots=True)
class Items:
    """``count`` judged items alike: how probable each was to be judged, and whether it failed."""

    probability: float
    failed: bool
    count: int = 1

    @property
    def sums(self) -> Sums:
        """What they add to a rate of failures."""
        weight = self.count / self.probability
        failed = weight if self.failed else 0.0
        return Sums(self.count, weight, weight / self.probability, failed, failed)


@dataclass(frozen=True, slots=True)
class State:
    """All that is kept of a series: the logarithm of each bet's wealth, and the items' sums."""

    wealth: tuple[float, ...]
    seen: Sums = NOTHING


class Watch:
    """The bets against one baseline; ``least`` is the smallest probability any call is judged with.

    A probability below ``least`` counts as ``least``: its weight is cut, never its bet enlarged.
    ``between`` is the variance by which the rate differs from the baseline's though nothing
    changed (``variation.of_a_mean``).
    """

    def __init__(self, baseline: Rate, least: float, between: float = 0.0) -> None:
        self.baseline = baseline
        self.least = least
        self._nulls, self._chances = _posterior(widened(baseline, between))
        self._bets = [_bets(null) for null in self._nulls]
        self._steps: dict[tuple[float, bool], tuple[float, ...]] = {}

    def start(self) -> State:
        """Before the first item: a dollar on each bet."""
        return State((0.0,) * (len(self._nulls) * len(WORSENINGS)))

    def after(self, state: State, items: Iterable[Items]) -> State:
        """The state when these have been seen too."""
        wealth, seen = list(state.wealth), state.seen
        for each in items:
            steps = self._step(each.probability, each.failed)
            for at, step in enumerate(steps):
                wealth[at] += each.count * step
            seen += each.sums
        return State(tuple(wealth), seen)

    def evidence(self, state: State) -> float:
        """The logarithm of the wealth: how many times likelier worse than as before."""
        size = len(WORSENINGS)
        against = [
            math.log(chance) - _log_mean(state.wealth[at * size : (at + 1) * size])
            for at, chance in enumerate(self._chances)
        ]
        return -_log_sum(against)

    def alarms(self, state: State, false_alarms: float = FALSE_ALARMS) -> bool:
        """Whether the series is worse by more than a trifle, on enough items and evidence.

        ``false_alarms`` is the most that may ever come of a series that did not change.
        """
        seen = state.seen.as_rate()
        return (
            seen is not None
            and min(seen.n, self.baseline.n) >= FEWEST
            and seen.value - self.baseline.value > LEAST_EFFECT
            and self.evidence(state) >= -math.log(false_alarms)
        )

    def _step(self, probability: float, failed: bool) -> tuple[float, ...]:  # noqa: FBT001 - a datum
        known = self._steps.get((probability, failed))
        if known is None:
            weight = min(1.0, self.least / probability)
            known = tuple(
                math.log1p(bet * weight * (failed - null))
                for null, bets in zip(self._nulls, self._bets, strict=True)
                for bet in bets
            )
            self._steps[(probability, failed)] = known
        return known


def _posterior(baseline: Rate) -> tuple[list[float], list[float]]:
    """Rates that the baseline allows, with their chances: Jeffreys' posterior on its log-odds."""
    failed = baseline.value * baseline.n + 0.5
    passed = (1 - baseline.value) * baseline.n + 0.5
    middle, spread = math.log(failed / passed), math.sqrt(1 / failed + 1 / passed)
    odds = [math.exp(middle + spread * WIDTH * (2 * at / (NULLS - 1) - 1)) for at in range(NULLS)]
    rates = [odd / (1 + odd) for odd in odds]
    logs = [failed * math.log(rate) + passed * math.log1p(-rate) for rate in rates]
    total = _log_sum(logs)
    return rates, [math.exp(log - total) for log in logs]


def _bets(null: float) -> tuple[float, ...]:
    """The bets that grow fastest if the rate is worse by each step (J. Kelly, BSTJ 35 (1956))."""
    return tuple(
        min(MOST_LOST / null, min(worse, (1 - null) / 2) / (null * (1 - null)))
        for worse in WORSENINGS
    )


def _log_sum(logs: Sequence[float]) -> float:
    """The logarithm of the sum of what the logarithms stand for."""
    most = max(logs)
    return most + math.log(math.fsum(math.exp(log - most) for log in logs))


def _log_mean(logs: Sequence[float]) -> float:
    return _log_sum(logs) - math.log(len(logs))
