"""Which windows are due when sources tell their changes and periods close: no servers needed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.contract import Changes, Rhythm
from optiinfra_core.metrics import COST, PERFORMANCE
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window, floor, month_window
from optiinfra_pipelines.collection.planner import Ask, horizon, look_back, plan

NOON = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
MONTHS = Closing(settles=timedelta(days=7))
TOLD = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=DAY,
    reread=timedelta(0),
    history=400 * DAY,
    closing=MONTHS,
    recheck=60 * DAY,
)
BY_TIME = replace(TOLD, min_interval=timedelta(hours=8), reread=2 * DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A commit record."""

    started_at: datetime
    complete: bool = True
    run_id: str = "old"
    source: str = "bill"
    source_version: str = ""


def ask(now: datetime = NOON, **changes: object) -> Ask:
    """A tick, changed as a test needs it."""
    given = {"days": (now.date(),), "now": now, "run_id": f"run-{now}", "source": "bill"}
    return Ask(**(given | changes))  # type: ignore[arg-type]


def everything(now: datetime, first: date, **fields: object) -> dict[datetime, Record]:
    """Every day from ``first`` until ``now``, committed just then."""
    span = Window(day_window(first).start, now)
    record = Record(**({"started_at": now - timedelta(minutes=15)} | fields))  # type: ignore[arg-type]
    return {window.start: record for window in span.split(DAY)}


def test_a_source_that_tells_is_read_where_it_changed_and_nowhere_else() -> None:
    """A refund of August is replaced though August was settled long ago."""
    refunded = day_window(date(2026, 8, 3))
    known = everything(NOON, date(2026, 7, 1), source_version="v1")
    told = Changes(version="v2", spans=(refunded,))
    assert plan(COST, TOLD, ask(covered_at=NOON), known, told).windows == (refunded,)
    unchanged = plan(COST, TOLD, ask(covered_at=NOON), known, Changes(version="v2", spans=()))
    assert unchanged.windows == ()
    assert unchanged.reason == "the source is unchanged"


def test_a_change_within_a_window_replaces_the_whole_window() -> None:
    """Sources speak of hours; what is replaced is a day."""
    hour = Window(NOON - timedelta(hours=30), NOON - timedelta(hours=29))
    told = Changes(version="v2", spans=(hour,))
    due = plan(COST, TOLD, ask(covered_at=NOON), everything(NOON, date(2026, 9, 1)), told)
    assert due.windows == (day_window(date(2026, 11, 21)),)


def test_what_an_attempt_committed_in_this_state_of_the_source_is_not_read_twice() -> None:
    """The run died half way: the next one names both days and reads the one that is left."""
    two = Window(day_window(date(2026, 11, 3)).start, day_window(date(2026, 11, 4)).end)
    known = everything(NOON, date(2026, 9, 1), source_version="v1")
    known[two.start] = Record(started_at=NOON, source_version="v2")
    due = plan(COST, TOLD, ask(covered_at=NOON), known, Changes(version="v2", spans=(two,)))
    assert due.windows == (day_window(date(2026, 11, 4)),)


def test_another_source_replaces_what_the_one_before_it_said() -> None:
    """Its versions mean nothing to the other's, even where they look the same."""
    day = day_window(date(2026, 11, 3))
    known = everything(NOON, date(2026, 9, 1), source="other", source_version="v1")
    told = Changes(version="v1", spans=(day,))
    assert plan(COST, TOLD, ask(covered_at=NOON), known, told).windows == (day,)


def test_a_part_that_failed_is_retried_alone_only_where_nothing_else_changed() -> None:
    """A new state of the source replaces every part; the same state only what is missing."""
    day = day_window(date(2026, 11, 21))
    known = everything(NOON, date(2026, 9, 1), source_version="v2")
    known[day.start] = Record(started_at=NOON, source_version="v2", complete=False)
    told = Changes(version="v2", spans=(day,))
    assert plan(COST, TOLD, ask(covered_at=NOON), known, told).lacking == {day.start}
    newer = plan(COST, TOLD, ask(covered_at=NOON), known, replace(told, version="v3"))
    assert (newer.windows, newer.lacking) == ((day,), frozenset())


def test_parts_that_are_not_asked_for_now_keep_the_plan_from_being_whole() -> None:
    """What is left undone must not be remembered as done."""
    day = day_window(date(2026, 11, 21))
    known = everything(NOON, date(2026, 9, 1))
    known[day.start] = Record(started_at=NOON, complete=False)
    left = plan(COST, TOLD, ask(retry_incomplete=False), known, Changes(version="v", spans=()))
    assert left.waiting
    assert left.windows == ()


def test_a_first_tick_reads_every_period_that_is_not_settled() -> None:
    """On the third of a month both the month before and this one are open."""
    third = datetime(2026, 11, 3, 9, tzinfo=UTC)
    for rhythm, told in ((BY_TIME, None), (TOLD, Changes(version="v1", spans=()))):
        (span,) = plan(COST, rhythm, ask(third), {}, told).spans
        assert span == Window(datetime(2026, 10, 1, tzinfo=UTC), day_window(third.date()).end)


def test_a_source_that_cannot_tell_is_read_again_until_its_period_is_settled() -> None:
    """Every day of the open month, and of the month before until the seventh."""
    known = everything(NOON, date(2026, 9, 1))
    (span,) = plan(COST, BY_TIME, ask(covered_at=NOON), known).spans
    assert span.start == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_period_that_settled_is_read_once_more_to_say_so() -> None:
    """Its rows said closing; on the eighth they say final, and are left alone afterwards."""
    october = month_window(date(2026, 10, 1))
    eighth = datetime(2026, 11, 8, 0, 1, tzinfo=UTC)
    before = eighth - timedelta(hours=1)
    known = everything(eighth, date(2026, 9, 1), started_at=before)
    told = Changes(version="v1", spans=())
    due = plan(COST, TOLD, ask(eighth, covered_at=before), known, told)
    assert due.spans == (october,)
    known |= everything(october.end, date(2026, 10, 1), started_at=eighth)
    assert plan(COST, TOLD, ask(eighth, covered_at=before), known, told).windows == ()


def test_settled_days_are_looked_at_once_a_day_as_far_back_as_refunds_come() -> None:
    """Sixty days back at the first tick of a day, and at no other."""
    known = everything(NOON, date(2026, 8, 1), started_at=NOON - DAY)
    yesterday = ask(covered_at=NOON - DAY)
    (span,) = plan(COST, BY_TIME, yesterday, known).spans
    assert span.start == floor(NOON - 60 * DAY, DAY)
    (again,) = plan(COST, BY_TIME, ask(covered_at=NOON - timedelta(hours=8)), known).spans
    assert again.start == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_recheck_looks_at_what_is_there_and_fills_nothing_in() -> None:
    """An account that was connected this month gets no history that nobody asked for."""
    known = everything(NOON, date(2026, 11, 1), started_at=NOON - DAY)
    (span,) = plan(COST, BY_TIME, ask(covered_at=NOON - DAY), known).spans
    assert span.start == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_source_is_asked_for_its_changes_as_far_back_as_it_is_rechecked() -> None:
    """The same span at every tick, so that no change falls between two questions."""
    spans = [horizon(COST, TOLD, ask(covered_at=at)) for at in (None, NOON - DAY, NOON)]
    assert {span.start for span in spans} == {floor(NOON - 60 * DAY, DAY)}


def test_a_longer_interval_is_collected_in_one_span() -> None:
    """Asking once an hour instead of four times takes one request for all four windows."""
    samples = Rhythm(
        min_interval=timedelta(hours=1), lag=timedelta(0), reread=timedelta(0), history=60 * DAY
    )
    now = datetime(2026, 11, 22, 12, 0, 40, tzinfo=UTC)
    hour = timedelta(hours=1)
    span = look_back(PERFORMANCE, samples, ask(now))
    known = {
        w.start: Record(started_at=now - hour)
        for w in span.split(QUARTER_HOUR)
        if w.end <= now - hour
    }
    (due,) = plan(PERFORMANCE, samples, ask(now), known).spans
    assert due == Window(floor(now - hour, QUARTER_HOUR), floor(now, QUARTER_HOUR))


@dataclass
class Cloud:
    """A bill whose days change at instants that a test chooses; it tells what changed."""

    changed: list[tuple[datetime, date]] = field(default_factory=list)

    def version(self, now: datetime) -> str:
        """How many changes there were by then."""
        return str(sum(at <= now for at, _ in self.changed))

    def state(self, day: date, now: datetime) -> int:
        """How often the day had changed by then."""
        return sum(at <= now and of == day for at, of in self.changed)

    def changes(self, since: str | None, within: Window, now: datetime) -> Changes:
        """The days that changed since a version, inside the horizon."""
        known = sorted(self.changed)[int(since or 0) :]
        days = {of for at, of in known if at <= now}
        spans = tuple(w for day in sorted(days) if (w := day_window(day)).start in within)
        return Changes(version=self.version(now), spans=spans)


days_back = st.integers(0, 55)
hours = st.integers(1, 1500)


@given(
    changes=st.lists(st.tuples(hours, days_back), max_size=12),
    ticks=st.lists(
        st.tuples(st.integers(1, 600), st.none() | st.integers(0, 3)), min_size=1, max_size=12
    ),
)
def test_no_change_and_no_window_is_forgotten_whatever_fails(
    changes: list[tuple[int, int]], ticks: list[tuple[int, int | None]]
) -> None:
    """After each tick that ends well every window says what its source says, and how final it is.

    ``ticks`` are (hours since the one before, after how many windows the run dies). Nothing is
    collected twice in one tick, and a tick right after a good one has nothing to do.
    """
    begin = NOON
    cloud = Cloud(
        sorted((begin + timedelta(hours=h), (begin + timedelta(hours=h) - b * DAY).date())
               for h, b in changes)
    )  # fmt: skip
    records: dict[datetime, Record] = {}
    held: dict[datetime, int] = {}
    since, covered, now = None, None, begin
    for gap, dies in ticks:
        now += timedelta(hours=gap)
        asked = ask(now, covered_at=covered)
        told = cloud.changes(since, horizon(COST, TOLD, asked), now)
        due = plan(COST, TOLD, asked, records, told)
        assert len(set(due.windows)) == len(due.windows)
        for window in due.windows[:dies]:
            records[window.start] = Record(
                started_at=now, run_id=asked.run_id, source_version=told.version
            )
            held[window.start] = cloud.state(window.first_day, now)
        if dies is not None and dies < len(due.windows):
            continue
        since, covered = told.version, now
        reach = horizon(COST, TOLD, asked)
        for start, record in records.items():
            day = start.date()
            if start in reach:
                assert held[start] == cloud.state(day, now)
            assert MONTHS.finality(day, record.started_at) == MONTHS.finality(day, now)
        again = ask(now, covered_at=covered, run_id="again")
        same = cloud.changes(since, horizon(COST, TOLD, again), now)
        assert plan(COST, TOLD, again, records, same).windows == ()
        assert all(w.start in records for w in month_to_date(now))


def month_to_date(now: datetime) -> list[Window]:
    """The days of the open month that have begun."""
    return list(Window(month_window(now.date()).start, now).split(DAY))


@given(
    gaps=st.lists(st.integers(1, 40 * 24), min_size=1, max_size=10),
    lost=st.sets(st.integers(0, 60)),
)
def test_a_source_that_cannot_tell_misses_no_open_day_either(
    gaps: list[int], lost: set[int]
) -> None:
    """Whatever was missing or old, a tick leaves each unsettled day read at that tick."""
    records: dict[datetime, Record] = {}
    covered, now = None, NOON
    for gap in gaps:
        now += timedelta(hours=gap)
        asked = ask(now, covered_at=covered)
        seen = look_back(COST, BY_TIME, asked)
        shown = {start: record for start, record in records.items() if start in seen}
        due = plan(COST, BY_TIME, asked, shown)
        assert len(set(due.windows)) == len(due.windows)
        for window in due.windows:
            records[window.start] = Record(started_at=now, run_id=asked.run_id)
        covered = now
        unsettled = MONTHS.unsettled(now)
        open_days = Window(unsettled.start, now).split(DAY)
        assert all(records[w.start].started_at == now for w in open_days)
        for start, record in records.items():
            day = start.date()
            assert MONTHS.finality(day, record.started_at) == MONTHS.finality(day, now)
        for index, start in enumerate(sorted(records)):
            if index in lost:
                del records[start]
