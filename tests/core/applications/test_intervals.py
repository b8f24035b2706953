"""Intervals agree with published tables, and verdicts seldom speak where nothing changed."""

import math
from random import Random

import pytest

from optiinfra_core.applications.statistics.intervals import (
    Mean,
    Rate,
    exact_low,
    newcombe,
    of_rate,
    welch,
    wilson,
    z_quantile,
)
from optiinfra_core.applications.statistics.student import t_probability, t_quantile
from optiinfra_core.applications.statistics.verdict import of_means, of_rates


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),
    [
        (0.975, 1, 12.7062),
        (0.975, 5, 2.5706),
        (0.995, 10, 3.1693),
        (0.95, 30, 1.6973),
        (0.9995, 3, 12.9240),
        (0.975, 1000, 1.9623),
        (0.025, 5, -2.5706),
        (0.5, 7, 0.0),
    ],
)
def test_t_quantiles_are_those_of_the_tables(
    probability: float, freedom: float, expected: float
) -> None:
    """To the four digits that tables print, in both tails."""
    assert t_quantile(probability, freedom) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("freedom", [0.7, 2.5, 33.3, 4000.0])
def test_quantile_and_probability_undo_each_other(freedom: float) -> None:
    """Also where the degrees of freedom are no whole number."""
    for probability in (0.001, 0.2, 0.6, 0.999):
        assert t_probability(t_quantile(probability, freedom), freedom) == pytest.approx(
            probability, rel=1e-9
        )


def test_with_many_degrees_of_freedom_t_is_normal() -> None:
    """The two quantiles meet."""
    assert t_quantile(0.975, 1e7) == pytest.approx(z_quantile(0.975), abs=1e-6)


@pytest.mark.parametrize(
    ("seen", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_is_as_published(seen: int, n: int, low: float, high: float) -> None:
    """The examples of Newcombe's comparison of seven methods (1998, 857)."""
    interval = wilson(seen / n, n)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(
    ("rate", "n", "half"), [(0.9, 50, 0.085), (0.9, 200, 0.042), (0.9, 400, 0.030)]
)
def test_half_widths_are_what_a_sample_size_buys(rate: float, n: int, half: float) -> None:
    """As the documentation promises them."""
    interval = wilson(rate, n)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, abs=1e-3)


def test_without_items_everything_is_possible() -> None:
    """No number is invented."""
    assert (wilson(0.0, 0).low, wilson(0.0, 0).high) == (0.0, 1.0)
    assert Mean(0.5, 0.1, 1).interval() is None
    assert welch(Mean(0.5, 0.1, 1), Mean(0.5, 0.1, 99)) is None


def test_the_exact_bound_is_clopper_and_pearsons() -> None:
    """Of one in 14 it is known in closed form; between whole numbers it lies between."""
    assert exact_low(1, 14, 0.025) == pytest.approx(1 - 0.975 ** (1 / 14), abs=1e-12)
    assert exact_low(1, 14, 0.025) < exact_low(1.5, 14, 0.025) < exact_low(2, 14, 0.025)


def test_few_seen_widen_the_interval_and_many_leave_it() -> None:
    """One of 14 no longer excludes a prevalence of 0.01; seven of 14 is Wilson's."""
    assert wilson(1 / 14, 14).low > 0.01 > of_rate(1 / 14, 14).low
    assert wilson(13 / 14, 14).high < 0.99 < of_rate(13 / 14, 14).high
    assert of_rate(0.5, 14) == wilson(0.5, 14)
    assert of_rate(0.0, 14) == wilson(0.0, 14)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        (Rate(56 / 70, 70), Rate(48 / 80, 80), 0.0524, 0.3339),
        (Rate(9 / 10, 10), Rate(3 / 10, 10), 0.1705, 0.8090),
        (Rate(1.0, 10), Rate(0.0, 10), 0.6075, 1.0),
    ],
)
def test_differences_of_rates_are_as_published(
    one: Rate, other: Rate, low: float, high: float
) -> None:
    """The examples of Newcombe's method 10 (1998, 873)."""
    interval = newcombe(one, other).interval
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=6e-5)


def test_p_and_interval_never_disagree() -> None:
    """At the confidence of one minus p, the interval touches zero."""
    one, other = Rate(0.3, 90), Rate(0.18, 110)
    found = newcombe(one, other)
    touching = newcombe(one, other, 1 - found.p).interval
    assert min(abs(touching.low), abs(touching.high)) < 1e-9
    assert newcombe(one, one).p == pytest.approx(1.0, abs=1e-9)


def test_welch_is_what_is_computed_by_hand() -> None:
    """With variances 4 and 1 of 16 and 25 scores: error, freedom and p worked out apart."""
    found = welch(Mean(1.2, 4 * 15 / 16, 16), Mean(0.0, 1 * 24 / 25, 25))
    assert found is not None
    error = math.sqrt(4 / 16 + 1 / 25)
    freedom = (4 / 16 + 1 / 25) ** 2 / ((4 / 16) ** 2 / 15 + (1 / 25) ** 2 / 24)
    half = t_quantile(0.975, freedom) * error
    assert (found.interval.low, found.interval.high) == pytest.approx((1.2 - half, 1.2 + half))
    assert found.p == pytest.approx(2 * t_probability(-1.2 / error, freedom))


def test_scores_that_never_vary_differ_or_do_not() -> None:
    """No division by a spread of zero."""
    same, higher = Mean(0.5, 0.0, 60), Mean(0.75, 0.0, 60)
    alike, apart = welch(same, same), welch(higher, same)
    assert alike is not None
    assert apart is not None
    assert (alike.p, apart.p) == (1.0, 0.0)


def test_a_verdict_needs_items_effect_and_evidence() -> None:
    """Each of the three alone keeps it silent; the direction decides its word."""
    before = Rate(0.1, 2000)
    assert of_rates(Rate(0.5, 49), before).word == "too_few"
    assert of_rates(Rate(0.119, 1e6), Rate(0.1, 1e6)).word == "no_change"
    assert of_rates(Rate(0.16, 60), before).word == "no_change"
    assert of_rates(Rate(0.2, 400), before).word == "regression"
    assert of_rates(before, Rate(0.2, 400)).word == "improvement"
    better, worse = Mean(0.9, 0.02, 200), Mean(0.8, 0.02, 200)
    assert of_means(worse, better, higher_is_better=True).word == "regression"
    assert of_means(worse, better, higher_is_better=False).word == "improvement"


def test_verdicts_are_seldom_wrong_where_nothing_changed() -> None:
    """At most 1 % of 2,000 looks at 1,000 old and 200 new items of the same rate, either way."""
    random = Random(20261122)  # noqa: S311 - a world, not a secret

    def seen(n: int) -> Rate:
        return Rate(sum(random.random() < 0.1 for _ in range(n)) / n, n)

    words = [of_rates(seen(200), seen(1000)).word for _ in range(2000)]
    assert words.count("regression") <= 20
    assert words.count("improvement") <= 20
