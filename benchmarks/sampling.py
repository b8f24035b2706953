"""How many more defects does a sample find that looks where risk is, and does its rate stay true?

Calls with a known truth (the simulator's, or a labelled data set) are drawn many times by the plan
that the product uses, with the risk that the product computes, and by chance alone with the same
expected count. Both estimate the rate; the errors say what looking where risk is costs.
"""

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.figures import load, show
from optiinfra_core.applications.gold import read
from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.risk import risk
from optiinfra_core.applications.sampling import Plan
from optiinfra_core.applications.statistics.weighted import Sums, rate
from optiinfra_core.windows import Window
from optiinfra_simulator.applications.traffic import Traffic

DAY = datetime(2026, 11, 19, tzinfo=UTC)
WINDOW = 250


@dataclass(frozen=True, slots=True)
class Draws:
    """How calls are drawn: the share, the part of it that is left to chance, how often."""

    share: float
    floor: float
    repeats: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One draw of one metric: defects found, the estimate, whether its interval has the truth."""

    found: int
    estimate: float
    covers: bool


def simulated(application: str, hours: int) -> Mapping[str, list[tuple[float, bool]]]:
    """(risk, defect) of each call of an application, by metric."""
    window = Window(DAY, DAY + timedelta(hours=hours))
    held: dict[str, list[tuple[float, bool]]] = {}
    for call in Traffic(scale=4).calls(application, window):
        if call.error_type:
            continue
        exchange = call.exchange
        evidence = Evidence(
            conversation=tuple(Message(role, text) for role, text in exchange.turns),
            answer=exchange.answer,
            context=tuple(exchange.documents),
        )
        guessed = risk(evidence)
        for metric, defect in exchange.planted.defects().items():
            held.setdefault(f"{application} {metric}", []).append((guessed, defect))
    return held


def labelled(path: Path) -> Mapping[str, list[tuple[float, bool]]]:
    """The same of labelled JSON lines."""
    held: dict[str, list[tuple[float, bool]]] = {}
    for item in read(path.read_text("utf-8").splitlines()):
        told = (risk(item.evidence), item.flagged)
        held.setdefault(f"{path.name} {item.metric_name}", []).append(told)
    return held


def draws(calls: Sequence[tuple[float, bool]], asked: Draws) -> Iterator[tuple[Drawn, Drawn]]:
    """Each time by risk and by chance."""
    truth = sum(bad for _, bad in calls) / len(calls)
    for seed in range(asked.repeats):
        dice = random.Random(seed)  # noqa: S311 - draws that can be repeated
        order = list(calls)
        dice.shuffle(order)
        chances = [chance for begin in range(0, len(order), WINDOW)
                   for chance in planned(order[begin : begin + WINDOW], asked)]  # fmt: skip
        plain = [asked.share] * len(order)
        yield drawn(order, chances, truth, dice), drawn(order, plain, truth, dice)


def planned(window: Sequence[tuple[float, bool]], asked: Draws) -> list[float]:
    """The probabilities of one window's calls."""
    plan = Plan.of([guessed for guessed, _ in window], asked.share, asked.floor)
    return [plan.probability(guessed) for guessed, _ in window]


def drawn(
    calls: Sequence[tuple[float, bool]],
    chances: Sequence[float],
    truth: float,
    dice: random.Random,
) -> Drawn:
    """One sample, judged without error."""
    taken = [
        (chance, float(bad))
        for chance, (_, bad) in zip(chances, calls, strict=True)
        if dice.random() < chance
    ]
    found = rate(Sums.of(taken))
    assert found is not None, "the sample is empty: take more calls or a larger share"
    return Drawn(int(sum(bad for _, bad in taken)), found.value, truth in found.interval)


def figures(calls: Sequence[tuple[float, bool]], asked: Draws) -> dict[str, object]:
    """What the draws come to."""
    truth = sum(bad for _, bad in calls) / len(calls)
    pairs, repeats = list(draws(calls, asked)), asked.repeats
    by_risk, by_chance = ([pair[side] for pair in pairs] for side in (0, 1))
    found = [sum(each.found for each in side) / repeats for side in (by_risk, by_chance)]
    errors = [
        (sum((each.estimate - truth) ** 2 for each in side) / repeats) ** 0.5
        for side in (by_risk, by_chance)
    ]
    return {
        "calls": len(calls),
        "rate": round(truth, 4),
        "found": round(found[0], 1),
        "found_by_chance": round(found[1], 1),
        "times": round(found[0] / found[1], 2) if found[1] else None,
        "bias": round(sum(each.estimate for each in by_risk) / repeats - truth, 4),
        "rmse": round(errors[0], 4),
        "rmse_by_chance": round(errors[1], 4),
        "covered": round(sum(each.covers for each in by_risk) / repeats, 3),
    }


def main() -> None:
    """Print a line for each application and metric, or for each metric of the data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1, help="share of the calls judged")
    parser.add_argument("--floor", type=float, default=0.3, help="part of it drawn by chance")
    parser.add_argument("--repeats", type=int, default=300, help="draws of each")
    parser.add_argument("--hours", type=int, default=6, help="of simulated traffic")
    parser.add_argument("--dataset", type=Path, help="labelled JSON lines instead")
    asked = parser.parse_args()
    if asked.dataset:
        worlds = dict(labelled(asked.dataset))
    else:
        worlds = {
            name: calls
            for application in Traffic().applications
            for name, calls in simulated(application.id, asked.hours).items()
        }
    plan = {"share": asked.share, "floor": asked.floor, "repeats": asked.repeats, "load": load()}
    show("sampling", [
        {"of": name, **figures(calls, Draws(asked.share, asked.floor, asked.repeats)), **plan}
        for name, calls in worlds.items()
    ])  # fmt: skip


if __name__ == "__main__":
    main()
