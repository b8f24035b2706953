"""A series may be looked at after every window: false alarms stay rare, drops are found soon."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import median

import pytest

from optiinfra_core.applications.sampling import Plan
from optiinfra_core.applications.statistics.intervals import Rate
from optiinfra_core.applications.statistics.sequential import Items, State, Watch
from optiinfra_core.applications.statistics.weighted import Sums

LOOKS = 96
DAYS = 300


def failures(random: Random, rate: float, count: int) -> int:
    """How many of ``count`` items fail."""
    return sum(random.random() < rate for _ in range(count))


def counted(failed: int, count: int, probability: float = 1.0) -> list[Items]:
    """A window whose calls were all as likely to be judged."""
    return [Items(probability, True, failed), Items(probability, False, count - failed)]  # noqa: FBT003


def judged_until_alarm(
    random: Random, baseline: Rate, rate: float, looks: int = LOOKS, each: int = 10
) -> int | None:
    """Items judged when the alarm is raised, looking after each ``each``; None: it never is."""
    watch = Watch(baseline, 1.0)
    state = watch.start()
    for look in range(1, looks + 1):
        state = watch.after(state, counted(failures(random, rate, each), each))
        if watch.alarms(state):
            return look * each
    return None


@pytest.mark.parametrize(("rate", "before"), [(0.02, 1000), (0.1, 300), (0.1, 1000), (0.3, 1000)])
def test_a_day_of_96_looks_alarms_in_one_of_100_at_most(rate: float, before: int) -> None:
    """Nothing changed, and the baseline too was only estimated: three in 300 days at most."""
    random = Random(20261122)  # noqa: S311 - a world, not a secret
    alarms = [
        judged_until_alarm(random, Rate(failures(random, rate, before) / before, before), rate)
        for _ in range(DAYS)
    ]
    assert sum(each is not None for each in alarms) <= 0.01 * DAYS


@pytest.mark.parametrize(
    ("rate", "worse", "within"), [(0.02, 0.12, 100), (0.1, 0.2, 250), (0.1, 0.3, 100)]
)
def test_a_drop_of_ten_points_is_found_within_250_judged(
    rate: float, worse: float, within: int
) -> None:
    """In the median of 100 series, the baseline estimated from 1,000 items; nearly all by 960."""
    random = Random(7)  # noqa: S311 - a world, not a secret
    found = [
        judged_until_alarm(random, Rate(failures(random, rate, 1000) / 1000, 1000), worse)
        for _ in range(100)
    ]
    assert median(each or 10_000 for each in found) <= within
    assert sum(each is None for each in found) <= 3


def screened(random: Random, count: int, rate: float) -> list[tuple[float, bool]]:
    """(probability, failed) of the calls that a risk-weighted plan judged of ``count``."""
    failed = [random.random() < rate for _ in range(count)]
    risks = [
        random.choice((0.5, 1.0)) if random.random() < (0.6 if bad else 0.08) else 0.0
        for bad in failed
    ]
    plan = Plan.of(risks, 0.1)
    chances = [plan.probability(risk) for risk in risks]
    return [
        (chance, bad)
        for chance, bad in zip(chances, failed, strict=True)
        if random.random() < chance
    ]


def weighted_day(seed: int, rate: float, later: float, looks: int) -> float | None:
    """Judged items until the alarm under risk-weighted sampling, or None."""
    random = Random(seed)  # noqa: S311 - a world, not a secret
    before = [one for _ in range(30) for one in screened(random, 1000, rate)]
    seen = Sums.of((chance, float(bad)) for chance, bad in before).as_rate()
    assert seen is not None
    watch = Watch(seen, min(chance for chance, _ in before))
    state, judged = watch.start(), 0
    for _ in range(looks):
        window = screened(random, 100, later)
        judged += len(window)
        alike = Counter(window).items()
        state = watch.after(state, [Items(chance, bad, n) for (chance, bad), n in alike])
        if watch.alarms(state):
            return judged
    return None


def test_a_risk_weighted_sample_raises_no_more_false_alarms() -> None:
    """Weights keep the bets fair: at most one in 60 short days, though risky calls prevail."""
    assert sum(weighted_day(seed, 0.1, 0.1, 30) is not None for seed in range(60)) <= 1


def test_a_risk_weighted_sample_finds_the_drop_too() -> None:
    """Where the screen sees some of the defects: within 250 judged items in the median."""
    found = [weighted_day(seed, 0.1, 0.2, 60) for seed in range(30)]
    assert median(each or 10_000 for each in found) <= 250


def shuffled(watch: Watch, windows: Sequence[Sequence[Items]], seed: int) -> State:
    """The state after the windows in some order."""
    order = list(windows)
    Random(seed).shuffle(order)  # noqa: S311 - a world, not a secret
    state = watch.start()
    for window in order:
        state = watch.after(state, window)
    return state


def test_the_evidence_does_not_depend_on_the_order() -> None:
    """Late items find their place: counts alone give the same answer as the windows did."""
    watch = Watch(Rate(0.1, 800), 0.03)
    windows = [counted(n % 4, 9, (0.03, 0.1, 1.0)[n % 3]) for n in range(30)]
    together: Counter[tuple[float, bool]] = Counter()
    for window in windows:
        for each in window:
            together[(each.probability, each.failed)] += each.count
    at_once = watch.after(watch.start(), [Items(p, bad, n) for (p, bad), n in together.items()])
    expected = watch.evidence(at_once)
    for seed in range(3):
        assert watch.evidence(shuffled(watch, windows, seed)) == pytest.approx(expected)


def test_an_item_that_was_drawn_surely_weighs_least() -> None:
    """A failure among the rarely drawn moves the evidence more than one among the certain."""
    watch = Watch(Rate(0.1, 800), 0.03)
    rare = watch.after(watch.start(), [Items(0.03, True, 3)])  # noqa: FBT003
    certain = watch.after(watch.start(), [Items(1.0, True, 3)])  # noqa: FBT003
    assert watch.evidence(rare) > watch.evidence(certain) > 0


def test_too_few_items_or_too_small_an_effect_stay_silent() -> None:
    """However strong the evidence is; a baseline of few items is no baseline."""
    strong = Watch(Rate(0.01, 100_000), 1.0)
    state = strong.after(strong.start(), counted(40, 49))
    assert strong.evidence(state) > 20
    assert not strong.alarms(state)
    assert strong.alarms(strong.after(state, counted(0, 1)))
    trifle = strong.after(strong.start(), counted(2900, 100_000))
    assert strong.evidence(trifle) > 20
    assert not strong.alarms(trifle)
    unknown = Watch(Rate(0.0, 49), 1.0)
    assert not unknown.alarms(unknown.after(unknown.start(), counted(90, 100)))


def test_an_improvement_is_no_alarm() -> None:
    """The bets are on worse; better loses them."""
    watch = Watch(Rate(0.3, 1000), 1.0)
    state = watch.after(watch.start(), counted(10, 500))
    assert watch.evidence(state) < 0
