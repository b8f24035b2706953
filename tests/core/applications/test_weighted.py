"""What was drawn more often counts less, and the interval knows what that costs."""

from random import Random

import pytest

from optiinfra_core.applications.sampling import Plan
from optiinfra_core.applications.statistics.weighted import Sums, rate, score


def test_equal_probabilities_are_the_plain_mean() -> None:
    """The effective number is the number."""
    found = Sums.of([(0.25, x) for x in (0.0, 1.0, 1.0, 0.5)])
    assert (found.n, found.mean, found.effective_n) == (4, 0.625, 4.0)
    assert found.variance == pytest.approx(0.171875)


def test_a_rarely_drawn_item_speaks_for_many() -> None:
    """One that had a chance in ten weighs as much as ten that were certain."""
    found = Sums.of([(0.1, 1.0)] + [(1.0, 0.0)] * 10)
    assert found.mean == pytest.approx(0.5)
    assert found.effective_n == pytest.approx(20**2 / 110)


def test_sums_add_up() -> None:
    """Windows of a day are the day."""
    items = [(0.1 + n / 50, n % 3 / 2) for n in range(40)]
    whole, parts = Sums.of(items), Sums.of(items[:17]) + Sums.of(items[17:])
    assert parts.n == whole.n
    assert (parts.mean, parts.effective_n) == pytest.approx((whole.mean, whole.effective_n))


def test_nothing_judged_has_no_number() -> None:
    """None, and never a zero."""
    assert (Sums().mean, rate(Sums()), score(Sums())) == (None, None, None)


def test_one_score_tells_no_spread() -> None:
    """Its interval is all that is possible."""
    found = score(Sums.of([(0.5, 0.75)]))
    assert found is not None
    assert (found.value, found.interval.low, found.interval.high) == (0.75, 0.0, 1.0)


def test_intervals_stay_inside_what_is_possible() -> None:
    """However few and however extreme."""
    for values in ((1.0, 1.0, 0.9), (0.0, 0.0, 0.1)):
        found = score(Sums.of([(0.1, x) for x in values]))
        assert found is not None
        assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1


@pytest.mark.parametrize("prevalence", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("seen_by_the_screen", [0.0, 0.08, 0.9])
def test_a_weighted_rate_covers_the_truth(prevalence: float, seen_by_the_screen: float) -> None:
    """In at least 92 % of 200 samples of 60 calls, whether or not the screen sees the defects.

    With the screen blind to them the risk weighting is of no use; it must do no harm.
    """
    covered = 0
    for seed in range(200):
        random = Random(seed)  # noqa: S311 - a world, not a secret
        truth = [random.random() < prevalence for _ in range(600)]
        risks = [
            random.choice((0.5, 1.0))
            if random.random() < (seen_by_the_screen if bad else 0.08)
            else 0.0
            for bad in truth
        ]
        plan = Plan.of(risks, 0.1)
        chances = [plan.probability(risk) for risk in risks]
        drawn = [
            (chance, float(bad))
            for chance, bad in zip(chances, truth, strict=True)
            if random.random() < chance
        ]
        found = rate(Sums.of(drawn))
        assert found is not None
        covered += prevalence in found.interval
    assert covered >= 184
