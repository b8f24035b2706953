"""What a billing export changed: nothing is asked while its table stands, and no day is missed."""

from datetime import date, datetime, timedelta

import pytest

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.cost import CostCollector
from tests.providers.gcp.bigquery import BigQuery
from tests.providers.gcp.conftest import EXPORT, NOW, Connect
from tests.providers.gcp.exports import DAY, export_of, focus, usage
from tests.providers.gcp.wire import GoogleDouble

COST = CostCollector()
HORIZON = Window(NOW - timedelta(days=396), NOW + timedelta(days=1))


@pytest.fixture
def export(cloud: GoogleDouble) -> BigQuery:
    """An export with one row of the day before yesterday."""
    cloud.bigquery = export_of("detailed")
    cloud.bigquery.insert([usage()])
    return cloud.bigquery


@pytest.fixture
def gcp(connect: Connect, export: BigQuery) -> Gcp:
    """A connection to it."""
    return connect(billing_export=EXPORT)


def asked(gcp: Gcp, since: str | None) -> Changes:
    """What changed since."""
    told = COST.changes(gcp, since, HORIZON)
    assert told is not None
    return told


def days(changes: Changes) -> list[date]:
    """The days that are named."""
    return [day.first_day for span in changes.spans for day in span.split(timedelta(days=1))]


def test_the_first_time_everything_that_still_changes_is_named(gcp: Gcp) -> None:
    """On 22 November that is November; October is settled."""
    [span] = asked(gcp, None).spans
    assert span.first_day == date(2026, 11, 1)
    assert span.end == HORIZON.end


def test_an_unchanged_table_is_not_asked(gcp: Gcp, export: BigQuery, cloud: GoogleDouble) -> None:
    """One free call, no query, no dollar."""
    first = asked(gcp, None)
    export.asked.clear()
    gcp.gate.ledger.drain()
    again = asked(gcp, first.version)
    assert again == Changes(version=first.version, spans=())
    assert export.asked == []
    calls = gcp.gate.ledger.calls
    assert [call.operation for call in calls] == ["bigquery.tables.get"]
    assert sum(call.usd for call in calls) == 0


@pytest.mark.parametrize("age", [0, 3, 40, 200])
def test_a_late_row_names_its_usage_day_whatever_its_age(
    age: int, gcp: Gcp, export: BigQuery
) -> None:
    """And no other; the partitions since the last look are all that is read."""
    first = asked(gcp, None)
    late = DAY - timedelta(days=age)
    export.insert([usage(at=late, export_time=NOW)])
    export.asked.clear()
    later = asked(gcp, first.version)
    assert days(later) == [late.date()]
    assert later.version != first.version
    [question] = export.asked
    bound = {one["name"]: one["parameterValue"]["value"] for one in question["queryParameters"]}
    assert bound["partition"].startswith("2026-11-18")
    assert asked(gcp, later.version).spans == ()


def test_rows_of_the_append_that_was_read_are_not_named_again(gcp: Gcp, export: BigQuery) -> None:
    """The table changed, but nothing newer than the mark is in it."""
    first = asked(gcp, None)
    export.modified += 1
    again = asked(gcp, first.version)
    assert again.spans == ()
    assert again.version != first.version


def test_a_table_that_changed_between_two_answers_is_looked_at_again(
    gcp: Gcp, export: BigQuery
) -> None:
    """The mark holds the time of change that was read first, so that nothing falls between."""
    first = asked(gcp, None)
    export.insert([usage(at=DAY, export_time=NOW - timedelta(hours=2))])
    second = asked(gcp, first.version)
    export.insert([usage(at=DAY - timedelta(days=1), export_time=NOW - timedelta(hours=1))])
    assert days(second) == [DAY.date()]
    assert days(asked(gcp, second.version)) == [(DAY - timedelta(days=1)).date()]


def test_a_view_is_asked_every_time(connect: Connect, cloud: GoogleDouble) -> None:
    """Its own time of change tells nothing of the table behind it; export_time is its filter."""
    cloud.bigquery = export = export_of("detailed", view=True, by_ingestion=False)
    export.insert([usage()])
    gcp = connect(billing_export=EXPORT)
    first = asked(gcp, None)
    export.insert([usage(export_time=NOW)])
    export.modified -= 1
    assert days(asked(gcp, first.version)) == [DAY.date()]
    assert all("_PARTITIONTIME" not in one["query"] for one in export.asked)
    assert "t.export_time >= @partition" in export.asked[-1]["query"]


def test_the_focus_export_has_its_own_words(connect: Connect, cloud: GoogleDouble) -> None:
    """x_ExportTime and ChargePeriodStart."""
    cloud.bigquery = export = export_of("focus")
    export.insert([focus()])
    gcp = connect(billing_export={**EXPORT, "kind": "focus"})
    first = asked(gcp, None)
    export.insert([focus(at=DAY - timedelta(days=2), x_ExportTime=NOW)])
    assert days(asked(gcp, first.version)) == [(DAY - timedelta(days=2)).date()]


@pytest.mark.parametrize("told", ["", "garbage", "5@not a time", "7"])
def test_a_mark_that_is_not_ours_is_no_mark(told: str, gcp: Gcp) -> None:
    """Another source's version, for one."""
    assert asked(gcp, told) == asked(gcp, None)


def test_the_mark_is_the_newest_append_not_the_clock(gcp: Gcp, export: BigQuery) -> None:
    """Rows that were appended before now and arrive after our question are met the next time."""
    version = asked(gcp, None).version
    newest = datetime.fromisoformat(version.partition("@")[2])
    assert newest == DAY + timedelta(hours=6)
