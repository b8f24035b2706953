"""Planted truth comes out again: through the sample, a judge that errs, and a few labels."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from optiinfra_core.applications.sampling import Plan, draw
from optiinfra_core.applications.statistics.labels import CorrectedRate, corrected
from optiinfra_core.applications.statistics.weighted import Estimate, Sums, rate

SEEDS = 200
CALLS = 3000
WINDOW = 250
SHARE = 0.1
LABELS = 150
# The screen suspects this share of sound answers; one that sees no more of the bad is blind.
BLIND = 0.08
# The true rate lies in the interval in at least 92 % of worlds; 95 % is what it claims.
FEWEST = int(0.92 * SEEDS)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was judged: its probability, the truth, and what the judge said."""

    chance: float
    bad: bool
    flagged: bool


def world(seed: int, prevalence: float, judge: tuple[float, float], screen: float) -> list[Call]:
    """The judged calls of a day: windows with plans of their own, drawn by the calls' own hash.

    ``judge`` is (sensitivity, specificity); the screen sees ``screen`` of the defects.
    """
    random = Random(seed)  # noqa: S311 - a world, not a secret
    judged = []
    for window in range(CALLS // WINDOW):
        truth = [random.random() < prevalence for _ in range(WINDOW)]
        risks = [
            random.choice((0.3, 0.6, 1.0)) if random.random() < (screen if bad else BLIND) else 0.0
            for bad in truth
        ]
        plan = Plan.read(Plan.of(risks, SHARE).written())
        for number, (bad, risk) in enumerate(zip(truth, risks, strict=True)):
            if plan.stratum(risk, draw(f"customer-{seed}", f"{window}-{number}")) is not None:
                said = random.random() < (judge[0] if bad else 1 - judge[1])
                judged.append(Call(plan.probability(risk), bad, said))
    return judged


def sums(calls: list[Call], told: Callable[[Call], bool]) -> Sums:
    """What the calls say, each weighing one over its probability."""
    return Sums.of((call.chance, float(told(call))) for call in calls)


def sampled(judged: list[Call]) -> Estimate:
    """The rate of what the judge flagged."""
    found = rate(sums(judged, lambda call: call.flagged))
    assert found is not None
    return found


def labelled(seed: int, judged: list[Call]) -> CorrectedRate:
    """Half of the labels go to flagged calls and half to the others, chosen blindly."""
    random = Random(-seed)  # noqa: S311 - a world, not a secret
    random.shuffle(judged)
    strata = [[call for call in judged if call.flagged is side] for side in (True, False)]
    flagged = strata[0][: LABELS // 2]
    passed = strata[1][: LABELS - len(flagged)]
    flags = sums(judged, lambda call: call.flagged).as_rate()
    assert flags is not None
    found = corrected(
        flags, sums(flagged, lambda call: call.bad), sums(passed, lambda call: call.bad)
    )
    assert found is not None
    return found


@pytest.mark.parametrize(("prevalence", "screen"), [(0.02, 0.7), (0.1, BLIND), (0.4, 0.7)])
def test_a_perfect_judge_of_a_sample_finds_the_truth(prevalence: float, screen: float) -> None:
    """300 of 3,000 calls are judged: the rate covers, and on average it is right."""
    found = [sampled(world(seed, prevalence, (1.0, 1.0), screen)) for seed in range(SEEDS)]
    assert sum(prevalence in each.interval for each in found) >= FEWEST
    bias = sum(each.value for each in found) / SEEDS - prevalence
    error = (sum((each.value - prevalence) ** 2 for each in found) / SEEDS) ** 0.5
    assert abs(bias) < 4 * error / SEEDS**0.5


@pytest.mark.parametrize(("prevalence", "screen"), [(0.05, 0.7), (0.1, 0.7), (0.4, BLIND)])
def test_labels_correct_what_an_erring_judge_says(prevalence: float, screen: float) -> None:
    """Sensitivity .85, specificity .95, 150 labels: the corrected rate covers the truth."""
    found = [labelled(seed, world(seed, prevalence, (0.85, 0.95), screen)) for seed in range(SEEDS)]
    assert sum(prevalence in each.interval for each in found) >= FEWEST


def test_without_labels_an_erring_judge_misleads() -> None:
    """At 5 % it says 9 %, and its interval seldom holds the truth: labels are no luxury."""
    found = [sampled(world(seed, 0.05, (0.85, 0.95), BLIND)) for seed in range(SEEDS)]
    assert sum(0.05 in each.interval for each in found) < 0.75 * SEEDS
