"""How the points of a request are made: aligned one series at a time, then reduced to groups.

Aligners and reducers after google.monitoring.v3.Aggregation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optiinfra_simulator.google.monitoring.alignment import (
    Aligner,
    AlignmentError,
    Point,
    Span,
    aligned,
    aligner,
    raw,
)
from optiinfra_simulator.google.monitoring.streams import Stream
from optiinfra_simulator.google.state import State
from optiinfra_simulator.google.world.signals import DOUBLE, INT64, Measured

_LEAST_PERIOD = 60
# Aligners by number; gaps are numbers that are no aligner.
_ALIGNERS = (
    "ALIGN_NONE", "ALIGN_DELTA", "ALIGN_RATE", "ALIGN_INTERPOLATE", "ALIGN_NEXT_OLDER", "", "", "",
    "", "", "ALIGN_MIN", "ALIGN_MAX", "ALIGN_MEAN", "ALIGN_COUNT", "ALIGN_SUM", "ALIGN_STDDEV",
    "ALIGN_COUNT_TRUE", "ALIGN_FRACTION_TRUE", "ALIGN_PERCENTILE_99", "ALIGN_PERCENTILE_95",
    "ALIGN_PERCENTILE_50", "ALIGN_PERCENTILE_05", "", "ALIGN_PERCENT_CHANGE", "ALIGN_COUNT_FALSE",
)  # fmt: skip


class Refused(Exception):
    """The request cannot be meant: INVALID_ARGUMENT."""


@dataclass(frozen=True, slots=True)
class Reducer:
    """How the values of one instant become one, and of which type that is ("" for the same)."""

    combine: Callable[[Sequence[float]], float]
    values: str = ""


# By number: REDUCE_MEAN, MIN, MAX, SUM, COUNT.
_REDUCERS: Mapping[int, Reducer] = {
    1: Reducer(lambda held: sum(held) / len(held), DOUBLE),
    2: Reducer(min),
    3: Reducer(max),
    4: Reducer(sum),
    6: Reducer(len, INT64),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A series of an answer: its labels, and the series of things that it is made of."""

    metric: Mapping[str, str]
    resource: Mapping[str, str]
    streams: tuple[Stream, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Method:
    """What a request wants done; without an aligner the points are as sampled."""

    period: float = 0.0
    aligner: Aligner | None = None
    reducer: Reducer | None = None
    group_by: tuple[str, ...] = ()

    def form(self, measured: Measured) -> tuple[str, str]:
        """The kind and value type of the points."""
        kind, values = (
            self.aligner.form(measured) if self.aligner else (measured.kind, measured.values)
        )
        return kind, (self.reducer.values if self.reducer else "") or values

    def rows(self, found: Sequence[Stream]) -> list[Row]:
        """The series of the answer, in the order of the first thing of each."""
        if self.reducer is None:
            return [Row(one.metric, one.resource, (one,), self._whole(one)) for one in found]
        groups: dict[tuple[str, ...], list[Stream]] = {}
        for one in found:
            selectors = one.selectors
            key = tuple(selectors.get(name, "") for name in self.group_by)
            groups.setdefault(key, []).append(one)
        return [self._group(held) for held in groups.values()]

    def _whole(self, stream: Stream) -> bool:
        return self.form(stream.measured)[1] == INT64

    def _group(self, held: list[Stream]) -> Row:
        """Of the labels only those stay that make the group."""
        first = held[0]
        kept = [
            {
                name: value
                for name, value in labels.items()
                if f"{prefix}.labels.{name}" in self.group_by
            }
            for prefix, labels in (("metric", first.metric), ("resource", first.resource))
        ]
        return Row(kept[0], kept[1], tuple(held), self._whole(first))

    def points(self, state: State, row: Row, span: Span) -> list[Point]:
        """The points of a series, newest first."""
        if self.reducer is None:
            return self._aligned(state, row.streams[0], span)[::-1]
        held: dict[tuple[float, float], list[float]] = {}
        for stream in row.streams:
            for point in self._aligned(state, stream, span):
                held.setdefault((point.end, point.start), []).append(point.value)
        return [
            Point(start, end, self.reducer.combine(held[end, start]))
            for end, start in sorted(held, reverse=True)
        ]

    def _aligned(self, state: State, stream: Stream, span: Span) -> list[Point]:
        measured = stream.measured
        series = state.world.series(stream.thing, measured.signal)
        made = (
            raw(series, measured, span)
            if self.aligner is None
            else aligned(series, measured, span, self.period, self.aligner)
        )
        if stream.turned is None:
            return list(made)
        return [replace(point, value=stream.turned(point.value)) for point in made]


def asked(aggregation: Any, measured: Measured) -> Method:
    """What an aggregation asks for.

    Raises:
        Refused: it does not fit the metric, or is not simulated.
    """
    reducer = _reducer(aggregation)
    number = aggregation.per_series_aligner
    name = _ALIGNERS[number] if number < len(_ALIGNERS) else ""
    if name == "ALIGN_NONE":
        if reducer is not None:
            raise Refused("Field aggregation.per_series_aligner must be set to reduce series.")
        return Method()
    period = aggregation.alignment_period.seconds
    if period < _LEAST_PERIOD:
        raise Refused("Field aggregation.alignment_period must be at least 60 seconds.")
    fields = tuple(one.replace(".label.", ".labels.") for one in aggregation.group_by_fields)
    try:
        return Method(period, aligner(name, measured), reducer, fields)
    except AlignmentError as error:
        raise Refused(str(error)) from None


def _reducer(aggregation: Any) -> Reducer | None:
    number = aggregation.cross_series_reducer
    if number == 0:
        return None
    if number not in _REDUCERS:
        raise Refused("This reducer is not simulated.")
    return _REDUCERS[number]
