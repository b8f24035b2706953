"""What days differ by beyond chance is measured, and widens what a baseline allows."""

from random import Random

import pytest

from optiinfra_core.applications.statistics.intervals import Rate
from optiinfra_core.applications.statistics.sequential import Items, Watch
from optiinfra_core.applications.statistics.variation import between_days, of_a_mean, widened


def days(seed: int, spread: float, count: int = 14, judged: int = 400) -> list[Rate]:
    """Days around 20 % whose own rates differ by ``spread`` (standard deviation)."""
    random = Random(seed)  # noqa: S311 - a world, not a secret
    told = []
    for _ in range(count):
        own = min(0.9, max(0.01, random.gauss(0.2, spread)))
        told.append(Rate(sum(random.random() < own for _ in range(judged)) / judged, judged))
    return told


@pytest.mark.parametrize("spread", [0.0, 0.03, 0.08])
def test_the_variation_of_days_is_found(spread: float) -> None:
    """On average over 60 worlds the planted standard deviation comes out, within a point."""
    found = sum(between_days(days(seed, spread)) for seed in range(60)) / 60
    assert found**0.5 == pytest.approx(spread, abs=0.01)


def test_days_that_chance_explains_do_not_vary() -> None:
    """Equal rates, days without items, a rate of none or all, and fewer than three days."""
    assert between_days([Rate(0.2, 100)] * 9) == 0
    assert between_days([Rate(0.0, 100)] * 9) == between_days([Rate(1.0, 100)] * 9) == 0
    assert between_days([Rate(0.0, 100), Rate(1.0, 100)]) == 0
    assert between_days([Rate(0.5, 0.0)] * 9) == between_days([]) == 0


def test_a_mean_of_days_varies_less() -> None:
    """Seven days against one, and against seven."""
    assert of_a_mean(0.0007, 7, 1) == pytest.approx(0.0008)
    assert of_a_mean(0.0007, 7, 7) == pytest.approx(0.0002)
    assert of_a_mean(0.0007, 7, 0) == pytest.approx(0.0001)


def test_a_widened_rate_is_worth_fewer_items() -> None:
    """As many as leave it that uncertain; without variation all of them."""
    rate = Rate(0.2, 1000)
    assert widened(rate, 0.0).n == pytest.approx(1000)
    fewer = widened(rate, 0.0016)
    assert fewer.value == 0.2
    assert fewer.value * (1 - fewer.value) / fewer.n == pytest.approx(0.00176, rel=1e-2)


def test_a_watch_over_days_that_vary_asks_for_more() -> None:
    """The same items are evidence against a steady baseline and none against an uneven one."""
    items = [Items(1.0, True, 70), Items(1.0, False, 130)]  # noqa: FBT003
    steady, uneven = Watch(Rate(0.2, 3000), 1.0), Watch(Rate(0.2, 3000), 1.0, 0.06**2)
    assert steady.alarms(steady.after(steady.start(), items))
    assert not uneven.alarms(uneven.after(uneven.start(), items))
