"""Which windows of an account are due: pure arithmetic on time, commit records and changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Protocol

from optiinfra_core.collecting.contract import Changes, Rhythm
from optiinfra_core.metrics import Metric
from optiinfra_core.windows import DAY, Window, day_window, floor, merge


class Committed(Protocol):
    """What planning needs to know of a window that was written before."""

    @property
    def started_at(self) -> datetime:
        """When the collection that wrote it began."""
        ...

    @property
    def complete(self) -> bool:
        """Whether no part failed."""
        ...

    @property
    def run_id(self) -> str:
        """The run that wrote it."""
        ...

    @property
    def source(self) -> str:
        """The data set it came from."""
        ...

    @property
    def source_version(self) -> str:
        """What that source called its own state then; empty where it has no such name."""
        ...


Records = Mapping[datetime, Committed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run was asked for: these days of a metric, at this instant.

    ``forced`` collects what is committed already (a backfill, a trigger by hand); a tick is not
    forced and looks ``gap_days`` back for windows that were missed. ``retry_incomplete`` is False
    where waiting does not mend what was missing last time, so that asking again only costs money.
    ``source`` is the data set that answers; ``covered_at`` when the last tick began that left
    nothing undone, None where there was none.
    """

    days: tuple[date, ...]
    now: datetime
    run_id: str
    forced: bool = False
    gap_days: int = 2
    retry_incomplete: bool = True
    source: str = ""
    covered_at: datetime | None = None

    @property
    def rechecks(self) -> bool:
        """Whether this is the day's first tick that looks at settled windows once more."""
        return not self.forced and (
            self.covered_at is None or self.covered_at < floor(self.now, DAY)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The windows to collect, in order, and why the others of the days asked for are not.

    ``lacking`` holds the starts of those that are due for nothing but the parts they lack;
    ``waiting`` says that others lack parts too, which are not asked for now. ``beyond`` are days
    that were asked for and that the source cannot tell any more, ``limit`` says why and what then.
    """

    windows: tuple[Window, ...]
    reason: str = ""
    possible: bool = True
    beyond: frozenset[date] = frozenset()
    limit: str = ""
    lacking: frozenset[datetime] = frozenset()
    waiting: bool = False

    @property
    def spans(self) -> tuple[Window, ...]:
        """The windows joined where they touch: one span costs one sequence of calls."""
        return merge(self.windows)


class _Need(Enum):
    """What a window needs."""

    NOTHING = "nothing"
    PARTS = "the parts that failed"
    PATIENCE = "parts that are not asked for now"
    ALL = "everything"


def plan(
    metric: Metric,
    rhythm: Rhythm,
    ask: Ask,
    committed: Records,
    changes: Changes | None = None,
) -> Plan:
    """The windows of ``metric`` that are due.

    ``committed`` maps window starts to their commit records over ``look_back``. With ``changes``
    the source decides what is read again, else time does.
    """
    named = _named(metric, ask, changes)
    opened = [w for w in _candidates(metric, rhythm, ask, changes) if _open(metric, ask, w)]
    reachable = [w for w in opened if _in_history(rhythm, ask, w)]
    beyond = _beyond(ask, opened, reachable)
    limit = _limit(rhythm, ask) if beyond else ""
    if opened and not reachable:
        return Plan(windows=(), reason=limit, possible=False, beyond=beyond, limit=limit)
    near = reach(metric, rhythm, ask)
    judge = _Judge(rhythm=rhythm, ask=ask, near=near, changes=changes, named=named)
    needs = {window: judge.need(window, committed.get(window.start)) for window in reachable}
    due = tuple(w for w, need in needs.items() if need in (_Need.ALL, _Need.PARTS))
    return Plan(
        windows=due,
        reason="" if due else _reason(reachable, changes),
        lacking=frozenset(w.start for w, need in needs.items() if need is _Need.PARTS),
        waiting=_Need.PATIENCE in needs.values(),
        beyond=beyond,
        limit=limit,
    )


def reach(metric: Metric, rhythm: Rhythm, ask: Ask) -> Window:
    """The span in which a tick leaves no window out: gaps, late data, periods not yet settled."""
    start = day_window(min(ask.days)).start
    if not ask.forced:
        start = min(start - timedelta(days=ask.gap_days), ask.now - rhythm.reread - rhythm.lag)
        if rhythm.closing:
            # What was unsettled when last looked at may have become settled meanwhile.
            seen = min(ask.covered_at or ask.now, ask.now)
            start = min(start, rhythm.closing.unsettled(seen).start)
    end = max(day_window(max(ask.days)).end, ask.now + metric.window)
    return Window(floor(start, metric.window), end)


def horizon(metric: Metric, rhythm: Rhythm, ask: Ask) -> Window:
    """The span in which a source is asked for its changes: ``reach`` and as far as ``recheck``."""
    near = reach(metric, rhythm, ask)
    return Window(min(near.start, floor(ask.now - rhythm.recheck, metric.window)), near.end)


def look_back(metric: Metric, rhythm: Rhythm, ask: Ask, changes: Changes | None = None) -> Window:
    """The span whose commit records ``plan`` needs.

    Until a first tick left nothing undone that is the whole history: a tick that died half way may
    have committed days that were open then and are settled by now.
    """
    near = reach(metric, rhythm, ask)
    starts = [near.start, *(window.start for window in _named(metric, ask, changes))]
    if changes is None and ask.rechecks:
        starts.append(horizon(metric, rhythm, ask).start)
    if rhythm.closing and rhythm.history and ask.covered_at is None and not ask.forced:
        starts.append(floor(ask.now - rhythm.history, metric.window))
    return Window(min(starts), near.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Says of each window what it needs."""

    rhythm: Rhythm
    ask: Ask
    near: Window
    changes: Changes | None
    named: frozenset[Window]

    def need(self, window: Window, record: Committed | None) -> _Need:
        if record is None:
            wanted = window.start >= self.near.start or window in self.named
            return _Need.ALL if wanted else _Need.NOTHING
        if record.run_id != self.ask.run_id and self._changed(window, record):
            return _Need.ALL
        if record.complete:
            return _Need.NOTHING
        return _Need.PARTS if self.ask.retry_incomplete or self.ask.forced else _Need.PATIENCE

    def _changed(self, window: Window, record: Committed) -> bool:
        if self.rhythm.history is None:
            return False
        if self.ask.forced or relabelled(self.rhythm, window, record, self.ask.now):
            return True
        if self.changes is not None:
            return window in self.named and not self._holds(record, self.changes.version)
        return self._still_moves(window, record) or self._rechecked(window, record)

    def _holds(self, record: Committed, version: str) -> bool:
        """Whether an earlier attempt committed the window in this very state of the source."""
        told = (record.source, record.source_version)
        return bool(version) and told == (self.ask.source, version)

    def _still_moves(self, window: Window, record: Committed) -> bool:
        closing, now = self.rhythm.closing, self.ask.now
        if closing and window.start >= closing.unsettled(now).start:
            return True
        return record.started_at < window.end + self.rhythm.lag + self.rhythm.reread

    def _rechecked(self, window: Window, record: Committed) -> bool:
        inside = window.end > self.ask.now - self.rhythm.recheck
        return inside and self.ask.rechecks and record.started_at < floor(self.ask.now, DAY)


def relabelled(rhythm: Rhythm, window: Window, record: Committed, now: datetime) -> bool:
    """Whether the window's charges are called open or closing and have moved on since."""
    if rhythm.closing is None:
        return False
    day = window.first_day
    return rhythm.closing.finality(day, record.started_at) != rhythm.closing.finality(day, now)


def _named(metric: Metric, ask: Ask, changes: Changes | None) -> frozenset[Window]:
    """The windows on the metric's grid that the changed spans touch, the future left out."""
    spans = changes.spans if changes else ()
    return frozenset(
        window for span in spans for window in _grid(span, metric.window) if window.start <= ask.now
    )


def _candidates(
    metric: Metric, rhythm: Rhythm, ask: Ask, changes: Changes | None
) -> Iterator[Window]:
    if ask.forced or rhythm.history is None:
        for day in ask.days:
            yield from day_window(day).split(metric.window)
        return
    yield from _grid(look_back(metric, rhythm, ask, changes), metric.window)


def _grid(span: Window, step: timedelta) -> Iterator[Window]:
    """The windows of the grid that ``span`` touches, each of its full length."""
    start = floor(span.start, step)
    while start < span.end:
        yield Window(start, start + step)
        start += step


def _open(metric: Metric, ask: Ask, window: Window) -> bool:
    """Whether the window can be collected yet: started if partial, else ended."""
    return (window.start if metric.partial else window.end) <= ask.now


def _in_history(rhythm: Rhythm, ask: Ask, window: Window) -> bool:
    if rhythm.history is None:
        return ask.now < window.end
    return window.end > ask.now - rhythm.history


def _reason(reachable: list[Window], changes: Changes | None) -> str:
    if not reachable:
        return "no window of these days has ended yet"
    return "the source is unchanged" if changes else "every window is committed"


def _beyond(ask: Ask, opened: list[Window], reachable: list[Window]) -> frozenset[date]:
    """Days asked for of which the source tells nothing any more."""
    told = {window.first_day for window in reachable}
    return frozenset({window.first_day for window in opened} & set(ask.days) - told)


def _limit(rhythm: Rhythm, ask: Ask) -> str:
    """Why days are out of reach, and what to ask for instead."""
    if rhythm.history is None:
        return "the provider only tells what exists now; past days cannot be collected"
    oldest = floor(ask.now - rhythm.history, DAY) + DAY
    return (
        f"the provider keeps {rhythm.history.days} days; these days are older:"
        f" ask for {oldest:%Y-%m-%d} and later"
    )
