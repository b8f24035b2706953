"""A Prometheus query API over the machines of an account; answers as its HTTP API documents them.

Facts: prometheus.io/docs/prometheus/latest/querying/api: matrix results of [seconds, "value"], at
most 11,000 points a series, errors as {"status":"error","errorType","error"}.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.vultr import promql
from optiinfra_simulator.vultr.exporters import Exported, shown
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.vultr.things import Machine
from optiinfra_simulator.world.world import World

MOST_POINTS = 11_000
STEP = 300
_LATEST = 10**11

_JOINED: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": lambda values: math.fsum(values) / len(values),
    "min": min,
    "max": max,
    "": lambda values: values[0],
}
Points = dict[int, list[float]]


class Refused(Exception):
    """A question that Prometheus refuses as bad data."""


@dataclass(frozen=True, slots=True)
class Range:
    """Instants from ``start`` to ``end``, both included, ``step`` seconds apart."""

    start: int
    end: int
    step: int

    def instants(self, now: datetime) -> range:
        """Those that are not in the future."""
        return range(self.start, min(self.end, int(now.timestamp())) + 1, self.step)


@dataclass
class Prometheus:
    """Evaluates queries over what an account's machines export."""

    world: World

    def query_range(self, fleet: Fleet, form: Mapping[str, str]) -> dict[str, Any]:
        """The data of a range query.

        Raises:
            Refused: the question is not valid.
        """
        try:
            asked = Range(_stamp(form["start"]), _stamp(form["end"]), int(float(form["step"])))
        except (KeyError, ValueError) as error:
            raise Refused(f'invalid parameter "step": {error}') from None
        if asked.step <= 0 or asked.end < asked.start:
            raise Refused('invalid parameter "end": end timestamp must not be before start time')
        if (asked.end - asked.start) // asked.step >= MOST_POINTS:
            raise Refused(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        return {"resultType": "matrix", "result": list(self._matrix(fleet, form["query"], asked))}

    def query(self, fleet: Fleet, form: Mapping[str, str]) -> dict[str, Any]:
        """The data of an instant query."""
        at = int(self.world.clock.now().timestamp())
        asked = Range(_stamp(form.get("time", str(at))), _stamp(form.get("time", str(at))), 1)
        found = [
            {"metric": one["metric"], "value": one["values"][-1]}
            for one in self._matrix(fleet, form.get("query", ""), asked)
        ]
        return {"resultType": "vector", "result": found}

    def labels(self, fleet: Fleet) -> list[str]:
        """The names of all labels."""
        return sorted(
            {
                name
                for machine in fleet.of(Machine, self.world.clock.now())
                for _, labels in shown(machine)
                for name in labels
            }
        )

    def _matrix(self, fleet: Fleet, text: str, asked: Range) -> Iterator[dict[str, Any]]:
        try:
            query = promql.parse(text)
        except promql.BadQuery as error:
            raise Refused(f'invalid parameter "query": 1:1: {error}') from None
        groups: dict[tuple[tuple[str, str], ...], Points] = {}
        for exported, labels, machine in self._selected(fleet, query, asked):
            points = groups.setdefault(query.grouped(labels), {})
            for at, value in self._values(exported, machine, query.function, asked):
                points.setdefault(at, []).append(value)
        joined = _JOINED[query.aggregation]
        for group, points in groups.items():
            if points:
                values = [[at, repr(joined(told))] for at, told in sorted(points.items())]
                yield {"metric": dict(group), "values": values}

    def _selected(
        self, fleet: Fleet, query: promql.Query, asked: Range
    ) -> Iterator[tuple[Exported, Mapping[str, str], Machine]]:
        span = _span(asked)
        for machine in (thing for thing in fleet.things(span) if isinstance(thing, Machine)):
            for exported, labels in shown(machine):
                if query.wants(labels):
                    yield exported, labels, machine

    def _values(
        self, exported: Exported, machine: Machine, function: str, asked: Range
    ) -> Iterator[tuple[int, float]]:
        """Values of the five minutes before each instant, where the machine ran in them."""
        if exported.counter and function not in ("rate", "increase"):
            raise Refused(f"{exported.name} is a counter: ask for its rate or increase")
        divisor = STEP if function == "rate" else 1
        read = self._reader(exported, machine, asked)
        for at in asked.instants(self.world.clock.now()):
            value = read((at - STEP) // STEP * STEP)
            if value is not None:
                yield at, exported.reading(machine, value) / divisor

    def _reader(
        self, exported: Exported, machine: Machine, asked: Range
    ) -> Callable[[int], float | None]:
        if exported.signal is None:
            return lambda stamp: (
                1.0 if machine.life.runs(datetime.fromtimestamp(stamp, UTC)) else None
            )
        span = _span(asked)
        series = self.world.series(machine, exported.signal)
        samples = dict(series.samples(span.start, span.end))
        return samples.get


def _span(asked: Range) -> Window:
    first = (asked.start - STEP) // STEP * STEP
    return Window(
        datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(max(asked.end, first + 1), UTC)
    )


def _stamp(text: str) -> int:
    """Seconds, written as a number or as RFC 3339."""
    try:
        stamp = float(text)
    except ValueError:
        stamp = datetime.fromisoformat(text).timestamp()
    if not 0 <= stamp < _LATEST:
        raise Refused(f'invalid parameter: cannot parse "{text}" to a valid timestamp')
    return int(stamp)
