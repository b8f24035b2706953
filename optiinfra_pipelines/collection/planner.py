"""Which windows of an account are due: pure arithmetic on time and commit records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from optiinfra_core.collecting.contract import Rhythm
from optiinfra_core.metrics import Metric
from optiinfra_core.windows import Window, day_window, floor, merge


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a run was asked for: these days of a metric, at this instant.

    ``forced`` collects what is committed already (a backfill, a trigger by hand); a tick is not
    forced and looks ``gap_days`` back for windows that were missed. ``retry_incomplete`` is False
    where waiting does not mend what was missing last time, so that asking again only costs money.
    """

    days: tuple[date, ...]
    now: datetime
    run_id: str
    forced: bool = False
    gap_days: int = 2
    retry_incomplete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The windows to collect, in order, and why the others of the days asked for are not."""

    windows: tuple[Window, ...]
    reason: str = ""
    possible: bool = True

    @property
    def spans(self) -> tuple[Window, ...]:
        """The windows joined where they touch: one span costs one sequence of calls."""
        return merge(self.windows)


def plan(metric: Metric, rhythm: Rhythm, ask: Ask, committed: Mapping[datetime, Committed]) -> Plan:
    """The windows of ``metric`` that are due.

    ``committed`` maps window starts to their commit records over ``look_back``.
    """
    opened = [w for w in _candidates(metric, rhythm, ask) if _open(metric, ask, w)]
    reachable = [w for w in opened if _in_history(rhythm, ask, w)]
    if opened and not reachable:
        return Plan(windows=(), reason=_history_reason(rhythm), possible=False)
    due = [w for w in reachable if _due(rhythm, ask, w, committed.get(w.start))]
    if due:
        return Plan(windows=tuple(due))
    reason = "every window is committed" if reachable else "no window of these days has ended yet"
    return Plan(windows=(), reason=reason)


def look_back(metric: Metric, rhythm: Rhythm, ask: Ask) -> Window:
    """The span whose commit records ``plan`` needs."""
    first = min(ask.days)
    start = day_window(first).start
    if not ask.forced:
        start = min(start - timedelta(days=ask.gap_days), ask.now - rhythm.reread - rhythm.lag)
    end = max(day_window(max(ask.days)).end, ask.now + metric.window)
    return Window(floor(start, metric.window), end)


def _candidates(metric: Metric, rhythm: Rhythm, ask: Ask) -> Iterator[Window]:
    if ask.forced or rhythm.history is None:
        for day in ask.days:
            yield from day_window(day).split(metric.window)
        return
    yield from look_back(metric, rhythm, ask).split(metric.window)


def _open(metric: Metric, ask: Ask, window: Window) -> bool:
    """Whether the window can be collected yet: started if partial, else ended."""
    return (window.start if metric.partial else window.end) <= ask.now


def _in_history(rhythm: Rhythm, ask: Ask, window: Window) -> bool:
    if rhythm.history is None:
        return ask.now < window.end
    return window.end > ask.now - rhythm.history


def _due(rhythm: Rhythm, ask: Ask, window: Window, record: Committed | None) -> bool:
    if record is None:
        return True
    if not record.complete and (ask.retry_incomplete or ask.forced):
        return True
    if record.run_id == ask.run_id or rhythm.history is None:
        return False
    return ask.forced or record.started_at < window.end + rhythm.lag + rhythm.reread


def _history_reason(rhythm: Rhythm) -> str:
    if rhythm.history is None:
        return "the provider only tells what exists now; past days cannot be collected"
    return f"the provider keeps {rhythm.history.days} days; these days are older"
