"""Instants in UTC, the windows that one write replaces, and the clock that is asked for now."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from typing_extensions import override

from optiinfra_core.errors import InvalidRequest

QUARTER_HOUR = timedelta(minutes=15)
DAY = timedelta(days=1)


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        InvalidRequest: the instant is naive; guessing its zone would move money between days.
    """
    if instant.tzinfo is None:
        raise InvalidRequest(
            f"{instant.isoformat()} has no time zone",
            remedy="Write instants as RFC 3339 with a zone, for example 2026-11-22T00:00:00Z.",
        )
    return instant.astimezone(UTC)


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span of time [start, end) in UTC that one write replaces as a whole."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", as_utc(self.start))
        object.__setattr__(self, "end", as_utc(self.end))
        if self.end <= self.start:
            raise InvalidRequest(
                f"a window must end after it starts: {self}",
                remedy="Pass an end later than the start; the end is exclusive.",
            )

    @override
    def __str__(self) -> str:
        return f"[{self.start:%Y-%m-%dT%H:%M:%SZ}, {self.end:%Y-%m-%dT%H:%M:%SZ})"

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def first_day(self) -> date:
        """The UTC day of the first instant."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The UTC day of the last instant; the end itself is excluded."""
        return (self.end - timedelta(microseconds=1)).date()

    @property
    def length(self) -> timedelta:
        """How long the window is."""
        return self.end - self.start

    def split(self, step: timedelta) -> Iterator["Window"]:
        """Consecutive windows of ``step``; the last one is cut at the end."""
        start = self.start
        while start < self.end:
            yield Window(start, min(start + step, self.end))
            start += step


def day_window(day: date) -> Window:
    """The UTC day as a window."""
    start = datetime.combine(day, time(), UTC)
    return Window(start, start + DAY)


def month_window(day: date) -> Window:
    """The UTC calendar month that holds ``day``: a billing period at every cloud we know."""
    start = datetime(day.year, day.month, 1, tzinfo=UTC)
    following = (start + timedelta(days=32)).replace(day=1)
    return Window(start, following)


def floor(instant: datetime, step: timedelta) -> datetime:
    """The last multiple of ``step`` since the epoch at or before ``instant``."""
    instant = as_utc(instant)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return instant - (instant - epoch) % step


def merge(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Adjacent and overlapping windows joined into spans, in order: fewer calls to a provider."""
    spans: list[Window] = []
    for window in sorted(windows):
        if spans and window.start <= spans[-1].end:
            spans[-1] = Window(spans[-1].start, max(spans[-1].end, window.end))
        else:
            spans.append(window)
    return tuple(spans)


class Clock(Protocol):
    """Whoever needs to know the time is handed one of these."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until someone moves it: tests and simulations."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return as_utc(self.instant)

    def advance(self, step: timedelta) -> None:
        """Move forward by ``step``."""
        self.instant += step


def milliseconds(instant: datetime) -> int:
    """Milliseconds since the epoch: the version of what a collection wrote."""
    return int(as_utc(instant).timestamp() * 1000)
