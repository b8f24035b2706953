"""Vultr's own figures: days and months stand where they begin, loads in the window just over."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, FixedClock, Window, day_window
from optiinfra_pipelines.providers.vultr import own_metrics
from optiinfra_pipelines.providers.vultr.performance import PerformanceCollector
from tests.providers.vultr.conftest import NOW, Connect
from tests.providers.vultr.sandbox import DATABASE, INSTANCE, MODELS, USAGE
from tests.providers.vultr.wire import Asked, VultrDouble, refused

PERFORMANCE = PerformanceCollector()
MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
FIRST = Window(MIDNIGHT, MIDNIGHT + QUARTER_HOUR)
LAST = Window(datetime(2026, 11, 22, 12, 0, tzinfo=UTC), datetime(2026, 11, 22, 12, 15, tzinfo=UTC))
HORIZON = Window(datetime(2026, 9, 1, tzinfo=UTC), NOW)
USAGE_PATH = f"databases/{DATABASE['id']}/usage"


def traffic(*days: str) -> Mapping[str, Any]:
    """Govultr's body, for these days."""
    told = {"incoming_bytes": 91571055, "outgoing_bytes": 3084731}
    return {"bandwidth": dict.fromkeys(days, told)}


def owning(cloud: VultrDouble) -> None:
    """An account with an instance and a database."""
    cloud.on("instances", {"instances": [INSTANCE]})
    cloud.on("databases", {"databases": [DATABASE]})
    cloud.on(USAGE_PATH, {"usage": USAGE})


def test_a_days_traffic_stands_where_the_day_begins(cloud: VultrDouble, connect: Connect) -> None:
    """In the window of midnight and in no other, as bytes of the whole day."""
    owning(cloud)
    path = f"instances/{INSTANCE['id']}/bandwidth"
    cloud.on(path, traffic("2026-11-20", "2026-11-21"))
    rows = [r for r in PERFORMANCE.collect(connect(), FIRST) if isinstance(r, PerformanceRow)]
    assert [(r.metric, r.statistic, r.ts, r.period_s, r.value) for r in rows] == [
        ("network_in", "sum", MIDNIGHT, 86_400, 91571055.0),
        ("network_out", "sum", MIDNIGHT, 86_400, 3084731.0),
    ]  # fmt: skip
    assert cloud.seen[-1].query == {"date_range": "3"}
    second = Window(FIRST.end, FIRST.end + QUARTER_HOUR)
    assert list(PERFORMANCE.collect(connect(), second)) == []
    assert cloud.count(path) == 1


def test_a_day_that_is_not_over_has_no_figure(cloud: VultrDouble, connect: Connect) -> None:
    """Half a day's bytes would stand as a whole day's; an hour is left for Vultr to settle."""
    owning(cloud)
    early = FixedClock(datetime(2026, 11, 21, 0, 59, tzinfo=UTC))
    assert list(PERFORMANCE.collect(connect(gate={"clock": early}), FIRST)) == []
    assert cloud.count(f"instances/{INSTANCE['id']}/bandwidth") == 0


def test_reading_again_brings_the_same(cloud: VultrDouble, connect: Connect) -> None:
    """A window holds a day's figure once, however often and late it is read."""
    owning(cloud)
    cloud.on(f"instances/{INSTANCE['id']}/bandwidth", traffic("2026-11-20"))
    later = connect(gate={"clock": FixedClock(NOW + 9 * DAY)})
    assert list(PERFORMANCE.collect(connect(), FIRST)) == list(PERFORMANCE.collect(later, FIRST))


def test_days_that_vultr_no_longer_keeps_are_not_asked_for(connect: Connect) -> None:
    """Sixty days, today's among them."""
    span = Window(NOW - 100 * DAY, NOW)
    days = own_metrics.days(span, NOW)
    assert (days[0], days[-1], len(days)) == (date(2026, 9, 24), date(2026, 11, 21), 59)
    assert own_metrics.days(LAST, NOW) == []


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, [date(2026, 11, 1), date(2026, 11, 20), date(2026, 11, 21)]),
        (date(2026, 11, 21), []),
        (date(2026, 11, 20), [date(2026, 11, 20), date(2026, 11, 21)]),
        (date(2026, 11, 18), [date(2026, 11, d) for d in (18, 19, 20, 21)]),
    ],
    ids=["first time", "nothing new", "a day on", "after a pause"],
)
def test_the_windows_of_complete_days_are_read_again(
    since: date | None, expected: list[date]
) -> None:
    """Once a day, the last two days each time, and every day of a pause."""
    spans = list(own_metrics.rereads(since, NOW, HORIZON))
    starts = [day_window(day).start for day in expected]
    assert spans == [Window(start, start + QUARTER_HOUR) for start in starts]


def test_a_month_that_is_over_has_its_first_window_read_again() -> None:
    """For the tokens of the month, which are all told on the first of the next."""
    now = datetime(2026, 12, 1, 1, 5, tzinfo=UTC)
    spans = list(own_metrics.rereads(date(2026, 11, 29), now, Window(HORIZON.start, now)))
    assert [span.start.date() for span in spans] == [date(2026, 11, d) for d in (1, 29, 30)]


def test_changes_cost_no_call(cloud: VultrDouble, connect: Connect) -> None:
    """The clock alone tells which days are complete."""
    vultr = connect()
    first = PERFORMANCE.changes(vultr, None, HORIZON)
    assert first is not None
    assert first.version == "2026-11-21"
    again = PERFORMANCE.changes(vultr, first.version, HORIZON)
    assert again is not None
    assert again.spans == ()
    assert cloud.seen == []


def test_a_databases_load_stands_in_the_window_that_has_ended(
    cloud: VultrDouble, connect: Connect
) -> None:
    """It is told for now only; older windows have none, and are not asked about."""
    owning(cloud)
    rows = [row for row in PERFORMANCE.collect(connect(), LAST) if isinstance(row, PerformanceRow)]
    assert {(row.metric, row.value) for row in rows} == {
        ("cpu_utilization", 3.0),
        ("memory_utilization", 30.5),
        ("storage_utilization", 12.0),
    }
    assert {(row.ts, row.region) for row in rows} == {(LAST.start, "ewr")}
    earlier = Window(LAST.start - QUARTER_HOUR, LAST.start)
    assert list(PERFORMANCE.collect(connect(), earlier)) == []
    assert cloud.count(USAGE_PATH) == 1


def test_no_load_is_taken_where_it_would_be_lost() -> None:
    """The window of midnight is read again a day later, when the load cannot be asked for."""
    now = MIDNIGHT + timedelta(minutes=16)
    assert own_metrics.present(FIRST, now) is None
    assert own_metrics.present(LAST, NOW) == LAST.start


def test_a_months_tokens_stand_where_it_begins(cloud: VultrDouble, connect: Connect) -> None:
    """What all models read and wrote, once the month is over."""
    cloud.on("inference", {"subscriptions": [{"id": "inf-1", "label": "chat"}]})
    cloud.on("inference/inf-1/usage", {"usage": {"chat_by_model": {"previous_month": MODELS}}})
    start = datetime(2026, 10, 1, tzinfo=UTC)
    (row,) = PERFORMANCE.collect(connect(), Window(start, start + QUARTER_HOUR))
    assert isinstance(row, PerformanceRow)
    assert (row.metric, row.value, row.ts, row.period_s) == ("tokens", 12.0, start, 31 * 86_400)
    assert (row.region, row.resource_id) == ("global", "inf-1")


def test_a_subscription_of_the_old_kind_tells_no_models(
    cloud: VultrDouble, connect: Connect
) -> None:
    """Govultr's body has none: no figure is better than a wrong one."""
    cloud.on("inference", {"subscriptions": [{"id": "inf-1"}]})
    chat = {"current_tokens": 654732, "monthly_allotment": 50000000, "overage": 0}
    cloud.on("inference/inf-1/usage", {"usage": {"chat": chat}})
    start = datetime(2026, 10, 1, tzinfo=UTC)
    assert list(PERFORMANCE.collect(connect(), Window(start, start + QUARTER_HOUR))) == []


def test_a_call_that_fails_is_its_regions_failure(cloud: VultrDouble, connect: Connect) -> None:
    """The other regions are collected."""
    far = {**DATABASE, "id": "far", "region": "LAX"}
    cloud.on("databases", {"databases": [DATABASE, far]})
    cloud.on(USAGE_PATH, {"usage": USAGE})
    cloud.on("databases/far/usage", {"usage": {"cpu": {}}})
    *rows, failure = PERFORMANCE.collect(connect(), LAST)
    assert {row.region for row in rows if isinstance(row, PerformanceRow)} == {"ewr"}
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.code) == ("lax", "malformed")


def test_a_listing_that_fails_fails_the_collection(cloud: VultrDouble, connect: Connect) -> None:
    """Which instances there are is not known then, and no window is committed without them."""

    def broken(_asked: Asked) -> Any:
        return refused(400, "no")

    cloud.script["instances"] = broken
    with pytest.raises(Exception, match="/v2/instances"):
        list(PERFORMANCE.collect(connect(), LAST))


def test_the_source_is_asked_about_windows_as_old_as_a_month(connect: Connect) -> None:
    """Else the window of the month's tokens would lie outside what ``changes`` may name."""
    rhythm = PERFORMANCE.rhythm(connect())
    assert 32 * DAY < rhythm.recheck <= (rhythm.history or DAY)
