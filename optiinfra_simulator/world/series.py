"""The value of any metric of any resource at any time: always the same when asked again."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import Life
from optiinfra_simulator.world.signals import Signal
from optiinfra_simulator.world.things import Thing
from optiinfra_simulator.world.traces import STEP, Trace

_DAY_STEPS = 86_400 // STEP
_TURN = 2 * math.pi / _DAY_STEPS
_WAVE = tuple(math.sin(_TURN * step) for step in range(_DAY_STEPS))
_MASK = (1 << 64) - 1
_RARE = 0.03

# CloudWatch shows a sample two to five minutes after its interval has ended.
_LEAST_LAG = 120
_LAG_SPREAD = 180


def _noise(seed: int, step: int) -> float:
    """A number in [0, 1) for a step; the mixing function is SplitMix64."""
    mixed = (seed + step * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return (mixed ^ (mixed >> 31)) / 18446744073709551616.0


@dataclass(frozen=True, slots=True)
class Series:
    """One metric of one resource, at 5-minute steps from the epoch."""

    signal: Signal
    life: Life
    seed: int
    base: float
    swing: float
    phase: int
    lag: int
    trace: Trace | None
    scale: float

    def value(self, step: int) -> float | None:
        """The value at a step; None where a trace has a gap. Whether it runs is not asked."""
        signal = self.signal
        if self.trace is not None:
            measured = self.trace.at(step + self.phase)
            if measured is None:
                return None
            return self._rounded(min(signal.high, max(signal.low, measured * self.scale)))
        noise = _noise(self.seed, step)
        if signal.rare:
            if noise >= _RARE:
                return 0.0
            return self._rounded(signal.low + (signal.high - signal.low) * noise / _RARE)
        wave = _WAVE[(step + self.phase) % _DAY_STEPS]
        share = self.base + self.swing * wave + 0.08 * (noise - 0.5)
        share = 0.0 if share < 0.0 else min(share, 1.0)
        return self._rounded(signal.low + (signal.high - signal.low) * share)

    def _rounded(self, value: float) -> float:
        return float(round(value)) if self.signal.whole else round(value, 4)

    def visible_before(self, now: datetime) -> datetime:
        """The instant from which on samples are not shown yet."""
        return now - timedelta(seconds=STEP + self.lag - 1)

    def samples(
        self, start: datetime, end: datetime, now: datetime | None = None
    ) -> Iterator[tuple[int, float]]:
        """Stamps (seconds) and values in [start, end) while it runs; shown at ``now`` if given."""
        for steps in self._runs(start, end, now):
            for step in steps:
                value = self.value(step)
                if value is not None:
                    yield step * STEP, value

    def count(self, start: datetime, end: datetime, now: datetime | None = None) -> int:
        """How many samples there are; counted without working out their values."""
        trace = self.trace
        return sum(
            len(steps)
            if trace is None
            else sum(trace.at(step + self.phase) is not None for step in steps)
            for steps in self._runs(start, end, now)
        )

    def _runs(self, start: datetime, end: datetime, now: datetime | None) -> Iterator[range]:
        """The steps in [start, end) while it runs, shown at ``now`` if given."""
        if now is not None:
            end = min(end, self.visible_before(now))
        if end <= start:
            return
        for first, last in self.life.running(start, end):
            from_step = -(-math.ceil(first.timestamp()) // STEP)
            to_step = -(-math.ceil(last.timestamp()) // STEP)
            yield range(from_step, to_step)


@dataclass(slots=True)
class SeriesBook:
    """Makes series and keeps those already made; ``traces`` by family."""

    seed: int
    traces: Mapping[str, tuple[Trace, ...]]
    _made: dict[tuple[str, str], Series] = field(default_factory=dict)

    def series(self, thing: Thing, signal: Signal) -> Series:
        """The series of a metric of a resource."""
        key = (thing.id, signal.name)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._make(thing, signal)
        return found

    def _make(self, thing: Thing, signal: Signal) -> Series:
        names = (self.seed, thing.id, signal.name)
        traces = self.traces.get(signal.family, ())
        trace = dice.choice(traces, *names, "trace") if traces else None
        steps = len(trace.values) if trace else _DAY_STEPS
        # Every fifth resource idles, whatever the metric: waste that a report should find.
        idle = dice.whole(0, 4, self.seed, thing.id, "idle") == 0
        base = 0.02 if idle else 0.1 + 0.5 * dice.fraction(*names, "base")
        return Series(
            signal=signal,
            life=thing.life,
            seed=dice.number(*names, "noise"),
            base=base,
            swing=base * 0.6,
            phase=dice.whole(0, steps - 1, *names, "phase"),
            lag=_LEAST_LAG + dice.whole(0, _LAG_SPREAD, *names, "lag"),
            trace=trace,
            scale=_scale(signal, trace, dice.fraction(*names, "scale")),
        )


def _scale(signal: Signal, trace: Trace | None, draw: float) -> float:
    """Percentages are used as measured; the rest is stretched to the metric's own bounds."""
    if trace is None or signal.unit == "Percent":
        return 1.0
    return signal.high * (0.2 + 0.7 * draw) / trace.peak
