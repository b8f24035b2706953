"""Which windows are due: time arithmetic without servers."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.collecting.contract import Rhythm
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE
from optiinfra_core.windows import QUARTER_HOUR, Window, day_window
from optiinfra_pipelines.collection.planner import Ask, look_back, plan

NOON = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
TODAY = date(2026, 11, 22)
METRICS = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=timedelta(minutes=5),
    reread=timedelta(minutes=30),
    history=timedelta(days=63),
)
BILLS = Rhythm(
    min_interval=timedelta(hours=8),
    lag=timedelta(hours=24),
    reread=timedelta(days=3),
    history=timedelta(days=395),
)
PRESENT = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)


def ask(**changes: object) -> Ask:
    """A tick at noon for today, changed as a test needs it."""
    return Ask(**({"days": (TODAY,), "now": NOON, "run_id": "run"} | changes))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A commit record."""

    window: Window
    started_at: datetime
    complete: bool = True
    run_id: str = "old"


def commit(
    window: Window, *, started: datetime, complete: bool = True, run_id: str = "old"
) -> Record:
    """A commit record."""
    return Record(window=window, started_at=started, complete=complete, run_id=run_id)


def test_a_first_tick_fills_the_day_and_the_days_before_it() -> None:
    """A new account shows its last two days at once, in one span of calls."""
    spans = plan(PERFORMANCE, METRICS, ask(), {}).spans
    assert spans == (Window(day_window(date(2026, 11, 20)).start, NOON.replace(minute=0)),)


def test_a_window_that_has_not_ended_is_left_to_a_later_tick() -> None:
    """Half a quarter of an hour of samples is not a window."""
    assert all(w.end <= NOON for w in plan(PERFORMANCE, METRICS, ask(), {}).windows)


def test_a_tick_reads_the_last_windows_again_and_no_others() -> None:
    """Samples arrive late: what was read before it settled is read once more."""
    span = look_back(PERFORMANCE, METRICS, ask())
    known = {
        w.start: commit(w, started=w.end + timedelta(minutes=1)) for w in span.split(QUARTER_HOUR)
    }
    due = plan(PERFORMANCE, METRICS, ask(), known).windows
    assert due
    assert all(w.end + METRICS.lag + METRICS.reread > known[w.start].started_at for w in due)
    settled = {
        w.start: commit(w, started=w.end + timedelta(hours=1)) for w in span.split(QUARTER_HOUR)
    }
    assert plan(PERFORMANCE, METRICS, ask(), settled).windows == ()


def test_a_gap_of_yesterday_is_found_from_the_commit_records() -> None:
    """Dagster does not catch up missed ticks; the commit records tell what is missing."""
    span = look_back(PERFORMANCE, METRICS, ask())
    gap = Window(datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 21, 3, 15, tzinfo=UTC))
    known = {
        w.start: commit(w, started=w.end + timedelta(hours=1))
        for w in span.split(QUARTER_HOUR)
        if w != gap
    }
    assert plan(PERFORMANCE, METRICS, ask(), known).windows == (gap,)


def test_an_incomplete_window_is_due_again() -> None:
    """A region that failed leaves its window incomplete; the next tick retries it."""
    window = day_window(TODAY)
    known = {window.start: commit(window, started=NOON, complete=False, run_id="run")}
    assert window in plan(COST, BILLS, ask(), known).windows


def test_a_retry_of_the_same_run_does_not_collect_what_the_run_committed() -> None:
    """The second attempt of a run takes up where the first one stopped."""
    window = day_window(TODAY)
    known = {window.start: commit(window, started=NOON, run_id="run")}
    assert window not in plan(COST, BILLS, ask(forced=True), known).windows


def test_open_days_of_cost_are_read_again_until_the_provider_stops_changing_them() -> None:
    """Restatements of the last days are found by reading them again."""
    due = plan(COST, BILLS, ask(), {}).windows
    assert due[-1] == day_window(TODAY)
    old = day_window(date(2026, 11, 1))
    known = {old.start: commit(old, started=old.end + timedelta(days=9))}
    assert plan(COST, BILLS, ask(forced=True, days=(date(2026, 11, 1),)), known).windows == (old,)


def test_an_inventory_of_the_past_cannot_be_collected_and_says_so() -> None:
    """A provider that only tells what exists now cannot fill yesterday."""
    answer = plan(RESOURCE, PRESENT, ask(days=(date(2026, 11, 1),), forced=True), {})
    assert answer.windows == ()
    assert not answer.possible
    assert "exists now" in answer.reason


def test_the_present_snapshot_is_taken_once_in_its_window() -> None:
    """Two ticks in one window leave one snapshot."""
    (window,) = plan(RESOURCE, PRESENT, ask(), {}).windows
    assert NOON in window
    known = {window.start: commit(window, started=NOON)}
    assert plan(RESOURCE, PRESENT, ask(), known).windows == ()


def test_days_older_than_the_history_are_refused_with_the_limit() -> None:
    """A backfill beyond the provider's retention says how far it reaches."""
    answer = plan(PERFORMANCE, METRICS, ask(days=(date(2026, 1, 1),), forced=True), {})
    assert answer.windows == ()
    assert "63 days" in answer.reason


@given(
    minutes=st.integers(0, 3 * 24 * 60),
    missing=st.sets(st.integers(0, 3 * 96 - 1)),
)
def test_every_missing_ended_window_of_the_look_back_is_planned(
    minutes: int, missing: set[int]
) -> None:
    """Whatever was missed, after the next tick nothing ended is missing."""
    now = NOON + timedelta(minutes=minutes)
    asked = ask(now=now, days=(now.date(),))
    windows = list(look_back(PERFORMANCE, METRICS, asked).split(QUARTER_HOUR))
    known = {
        w.start: commit(w, started=w.end + timedelta(days=1))
        for index, w in enumerate(windows)
        if index not in missing
    }
    due = set(plan(PERFORMANCE, METRICS, asked, known).windows)
    assert due == {w for w in windows if w.start not in known and w.end <= now}


def test_what_waiting_does_not_mend_is_not_asked_for_at_every_tick() -> None:
    """A missing permission would cost a request for each metric 96 times a day."""
    span = look_back(PERFORMANCE, METRICS, ask())
    known = {
        w.start: commit(w, started=w.end + timedelta(days=1), complete=False)
        for w in span.split(QUARTER_HOUR)
    }
    assert plan(PERFORMANCE, METRICS, ask(retry_incomplete=False), known).windows == ()
    assert plan(PERFORMANCE, METRICS, ask(), known).windows != ()
