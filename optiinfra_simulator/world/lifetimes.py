"""When a resource exists and when it runs: births, deaths, and office hours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from optiinfra_core.windows import DAY, Window

# The first instant of this world; nothing is older and nothing was charged before.
EPOCH = datetime(2025, 1, 1, tzinfo=UTC)

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Runs on working days from ``opens`` to ``closes``, in UTC hours."""

    opens: int
    closes: int

    def windows(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans of [start, end) in which it runs, in order."""
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        while midnight < end:
            if midnight.weekday() < _SATURDAY:
                opens = max(start, midnight + timedelta(hours=self.opens))
                closes = min(end, midnight + timedelta(hours=self.closes))
                if opens < closes:
                    yield opens, closes
            midnight += DAY


@dataclass(frozen=True, slots=True)
class Life:
    """From ``born`` (inclusive) to ``gone`` (exclusive; None: still there)."""

    born: datetime
    gone: datetime | None = None
    hours: OfficeHours | None = None

    def alive(self, at: datetime) -> bool:
        """Whether it exists."""
        return self.born <= at and (self.gone is None or at < self.gone)

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """Whether it exists at any instant of [start, end)."""
        return self.born < end and (self.gone is None or start < self.gone)

    def existing(self, start: datetime, end: datetime) -> tuple[datetime, datetime] | None:
        """The part of [start, end) in which it exists."""
        first = max(start, self.born)
        last = end if self.gone is None else min(end, self.gone)
        return (first, last) if first < last else None

    def running(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The parts of [start, end) in which it runs, in order."""
        span = self.existing(start, end)
        if span is None:
            return
        if self.hours is None:
            yield span
        else:
            yield from self.hours.windows(*span)

    def runs(self, at: datetime) -> bool:
        """Whether it runs."""
        return next(self.running(at, at + timedelta(microseconds=1)), None) is not None

    def last_start(self, at: datetime) -> datetime:
        """When it was last started, at or before ``at``; a week holds at least one start."""
        if self.hours is None:
            return self.born
        ends = at if self.gone is None else min(at, self.gone)
        spans = list(self.hours.windows(max(self.born, ends - 8 * DAY), ends))
        return spans[-1][0] if spans else self.born

    def last_stop(self, at: datetime) -> datetime | None:
        """When it last stopped, None where it never did."""
        if self.hours is None or self.runs(at):
            return None
        spans = list(self.running(max(self.born, at - 8 * DAY), at))
        return spans[-1][1] if spans else None


@dataclass(frozen=True, slots=True)
class Rota:
    """A place that is filled again and again: number k is born at ``first`` + k x ``every``."""

    first: datetime
    every: timedelta
    lasting: timedelta

    def life(self, index: int) -> Life:
        """The life of an incarnation."""
        born = self.first + index * self.every
        return Life(born, born + self.lasting)

    def indexes(self, span: Window) -> range:
        """The incarnations that exist at some instant of ``span``."""
        since = span.start - self.first - self.lasting
        first = since // self.every + 1
        last = -((self.first - span.end) // self.every)
        return range(max(0, first), max(0, last))
