"""Samples in bins of an interval, with the aggregations of Azure Monitor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.azure.answers import bad_request
from optiinfra_simulator.azure.signals import Metric
from optiinfra_simulator.world.series import Series
from optiinfra_simulator.world.traces import STEP

INTERVALS: Mapping[str, int] = MappingProxyType(
    {
        "PT1M": 60,
        "PT5M": 300,
        "PT15M": 900,
        "PT30M": 1_800,
        "PT1H": 3_600,
        "PT6H": 21_600,
        "PT12H": 43_200,
        "P1D": 86_400,
    }
)
_MINUTES = STEP // 60

Values = list[float]

# Azure samples each minute: a total of five minutes is made of five samples, and so is the
# average of one.
_TOTALS: Mapping[str, Callable[[Values, int], float]] = MappingProxyType(
    {
        "average": lambda values, each: sum(values) / len(values) / each,
        "total": lambda values, _: sum(values),
        "minimum": lambda values, each: min(values) / each,
        "maximum": lambda values, each: max(values) / each,
        "count": lambda values, each: float(len(values) * each),
    }
)
_AVERAGES: Mapping[str, Callable[[Values, int], float]] = MappingProxyType(
    {
        "average": lambda values, _: sum(values) / len(values),
        "total": lambda values, each: sum(values) * each,
        "minimum": lambda values, _: min(values),
        "maximum": lambda values, _: max(values),
        "count": lambda values, each: float(len(values) * each),
    }
)
AGGREGATIONS = frozenset(_TOTALS)


@dataclass(frozen=True, slots=True)
class Binning:
    """A span cut into bins of ``seconds``, with the aggregations that are wanted of each."""

    span: Window
    seconds: int
    aggregations: tuple[str, ...]
    now: datetime

    def data(self, series: Series, metric: Metric) -> list[dict[str, Any]]:
        """A point for each bin; one without samples has a stamp only."""
        found: dict[int, Values] = {}
        shown = () if metric.silent else series.samples(self.span.start, self.span.end, self.now)
        for stamp, value in shown:
            for at, part in self._parts(stamp, value, metric):
                found.setdefault(at // self.seconds * self.seconds, []).append(part)
        first = int(self.span.start.timestamp()) // self.seconds * self.seconds
        last = int(self.span.end.timestamp())
        return [
            self._point(stamp, found.get(stamp), metric)
            for stamp in range(first, last, self.seconds)
        ]

    def _parts(self, stamp: int, value: float, metric: Metric) -> list[tuple[int, float]]:
        """A sample of five minutes as it is, or minute by minute where bins are that short."""
        if self.seconds >= STEP:
            return [(stamp, value)]
        share = value / _MINUTES if metric.summed else value
        return [(stamp + 60 * minute, share) for minute in range(_MINUTES)]

    def _point(self, stamp: int, values: Values | None, metric: Metric) -> dict[str, Any]:
        told: dict[str, Any] = {
            "timeStamp": f"{datetime.fromtimestamp(stamp, UTC):%Y-%m-%dT%H:%M:%SZ}"
        }
        if values:
            each = _MINUTES if self.seconds >= STEP else 1
            table = _TOTALS if metric.summed else _AVERAGES
            for name in self.aggregations or (metric.primary,):
                told[name] = table[name](values, each)
        return told


def binning(parameters: Mapping[str, str], span: Window, now: datetime) -> Binning:
    """How the parameters of a request cut a span.

    Raises:
        AzureError: an interval or an aggregation does not exist.
    """
    interval = parameters.get("interval", "PT1M")
    wanted = parameters.get("aggregation", "").lower()
    names = tuple(name.strip() for name in wanted.split(",") if name.strip())
    unknown = set(names) - AGGREGATIONS
    if unknown:
        raise bad_request(f"Requested aggregations are not valid: {', '.join(sorted(unknown))}.")
    if interval not in INTERVALS:
        told = ", ".join(INTERVALS)
        raise bad_request(f"Detected invalid time grain input: {interval}. Supported: {told}.")
    return Binning(span, INTERVALS[interval], names, now)
