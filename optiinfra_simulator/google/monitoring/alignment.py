"""Points of a series: as sampled every minute, or aligned to periods that end with the interval.

Samples and aligners after docs.cloud.google.com/monitoring/api/ref_v3/rpc (Aggregation): a period
that ends at T holds the samples in (T - period, T]; intervals exclude their start.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from optiinfra_simulator.google.world.signals import DELTA, DOUBLE, GAUGE, INT64, Measured
from optiinfra_simulator.world.series import Series
from optiinfra_simulator.world.traces import STEP

MINUTE = 60
_PER_STEP = STEP // MINUTE


class AlignmentError(ValueError):
    """The aligner does not fit the metric."""


@dataclass(frozen=True, slots=True)
class Span:
    """The interval (``start``, ``end``] in seconds since the epoch, as seen at ``now``."""

    start: float
    end: float
    now: datetime


@dataclass(frozen=True, slots=True)
class Point:
    """A value over (``start``, ``end``], or at ``end`` where both are the same."""

    start: float
    end: float
    value: float


@dataclass(frozen=True, slots=True)
class Aligner:
    """How the samples of a period become one value; of which kinds of metric, into which."""

    combine: Callable[[Sequence[float], float], float]
    kinds: tuple[str, ...]
    kind: str = ""
    values: str = ""

    def form(self, measured: Measured) -> tuple[str, str]:
        """The kind and value type of what comes out."""
        return self.kind or measured.kind, self.values or measured.values


_BOTH = (GAUGE, DELTA)
ALIGNERS: Mapping[str, Aligner] = {
    "ALIGN_MEAN": Aligner(lambda held, _: sum(held) / len(held), (GAUGE,), values=DOUBLE),
    "ALIGN_MIN": Aligner(lambda held, _: min(held), (GAUGE,)),
    "ALIGN_MAX": Aligner(lambda held, _: max(held), (GAUGE,)),
    "ALIGN_SUM": Aligner(lambda held, _: sum(held), _BOTH),
    "ALIGN_COUNT": Aligner(lambda held, _: len(held), _BOTH, values=INT64),
    "ALIGN_NEXT_OLDER": Aligner(lambda held, _: held[-1], (GAUGE,)),
    "ALIGN_DELTA": Aligner(lambda held, _: sum(held), (DELTA,), kind=DELTA),
    "ALIGN_RATE": Aligner(lambda held, period: sum(held) / period, (DELTA,), GAUGE, DOUBLE),
}


def aligner(name: str, measured: Measured) -> Aligner:
    """The aligner of that name.

    Raises:
        AlignmentError: there is none, or it does not take such metrics.
    """
    found = ALIGNERS.get(name)
    if found is None:
        raise AlignmentError(f"The aligner {name} is not simulated.")
    if measured.kind not in found.kinds:
        raise AlignmentError(
            f"The aligner {name} cannot be applied to metrics with kind {measured.kind} and value "
            f"type {measured.values}."
        )
    return found


def raw(series: Series, measured: Measured, span: Span) -> Iterator[Point]:
    """The samples of a series, one a minute, oldest first."""
    first = datetime.fromtimestamp(span.start // STEP * STEP, UTC)
    last = datetime.fromtimestamp(-(-span.end // STEP) * STEP, UTC)
    for stamp, value in series.samples(first, last, span.now):
        for minute, part in _minutes(stamp, value, measured):
            if span.start < minute <= span.end:
                yield Point(minute - MINUTE if measured.kind == DELTA else minute, minute, part)


def _minutes(stamp: int, value: float, measured: Measured) -> Iterator[tuple[int, float]]:
    """The five samples of a step: the same value, or a fifth of what was counted."""
    if measured.kind != DELTA:
        for number in range(1, _PER_STEP + 1):
            yield stamp + number * MINUTE, value
        return
    part, rest = divmod(int(value), _PER_STEP)
    for number in range(1, _PER_STEP + 1):
        yield stamp + number * MINUTE, part + (rest if number == _PER_STEP else 0)


def aligned(
    series: Series, measured: Measured, span: Span, period: float, method: Aligner
) -> Iterator[Point]:
    """One point for each period that has samples, oldest first."""
    delta = method.form(measured)[0] == DELTA
    if span.end % STEP == 0 and span.start % STEP == 0 and period == STEP:
        yield from _steps(series, measured, span, method, delta=delta)
        return
    held: list[float] = []
    at = None
    for point in raw(series, measured, span):
        number = (span.end - point.end) // period
        if at is not None and number != at:
            yield _point(span, at, period, method.combine(held, period), delta=delta)
            held = []
        at = number
        held.append(point.value)
    if at is not None:
        yield _point(span, at, period, method.combine(held, period), delta=delta)


def _steps(
    series: Series, measured: Measured, span: Span, method: Aligner, *, delta: bool
) -> Iterator[Point]:
    """The common case, in which each period is a step of the series."""
    first, last = (datetime.fromtimestamp(edge, UTC) for edge in (span.start, span.end))
    plain = method is ALIGNERS["ALIGN_MEAN"] or method is ALIGNERS["ALIGN_DELTA"]
    for stamp, value in series.samples(first, last, span.now):
        if not plain:
            held = [part for _, part in _minutes(stamp, value, measured)]
            value = method.combine(held, STEP)  # noqa: PLW2901 - the period's value from now on
        yield Point(stamp if delta else stamp + STEP, stamp + STEP, value)


def _point(span: Span, number: float, period: float, value: float, *, delta: bool) -> Point:
    end = span.end - number * period
    return Point(end - period if delta else end, end, value)
