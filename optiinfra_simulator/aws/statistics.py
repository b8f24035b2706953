"""Statistics of CloudWatch: what a period's value is made of."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby

from optiinfra_simulator.world.signals import Signal
from optiinfra_simulator.world.traces import STEP

_PERCENTILE = re.compile(r"p(\d{1,2}(\.\d{1,10})?|100)$")

Values = list[float]


def _samples(values: Values, signal: Signal) -> float:
    """Counted metrics are sent once per event; others once in five minutes."""
    return sum(values) if signal.counted else float(len(values))


def _average(values: Values, signal: Signal) -> float:
    count = _samples(values, signal)
    return sum(values) / count if count else 0.0


_STATISTICS: Mapping[str, Callable[[Values, Signal], float]] = {
    "Average": _average,
    "Sum": lambda values, _: sum(values),
    "Minimum": lambda values, _: min(values),
    "Maximum": lambda values, _: max(values),
    "SampleCount": _samples,
}


def known_statistic(name: str) -> bool:
    """Whether CloudWatch has a statistic of that name (of those simulated)."""
    return name in _STATISTICS or _PERCENTILE.match(name) is not None


def aggregate(
    samples: Iterable[tuple[int, float]], signal: Signal, period: int, statistic: str
) -> Iterator[tuple[int, float]]:
    """Stamps of periods and their values; a period without samples has no point.

    Periods shorter than five minutes show the samples as they are: basic monitoring.
    """
    step = max(period, STEP)
    for stamp, group in groupby(samples, key=lambda sample: sample[0] // step * step):
        yield stamp, _value([value for _, value in group], signal, statistic)


def _value(values: Values, signal: Signal, statistic: str) -> float:
    if len(values) == 1 and not signal.counted and statistic != "SampleCount":
        return values[0]
    plain = _STATISTICS.get(statistic)
    if plain is not None:
        return plain(values, signal)
    ordered = sorted(values)
    rank = math.ceil(float(statistic[1:]) / 100 * len(ordered))
    return ordered[max(0, rank - 1)]
