"""ETags: what did not change costs no query of ClickHouse."""

from datetime import date, timedelta

import pytest

from optiinfra_core.metrics import COST
from optiinfra_core.windows import day_window
from tests.api.house import House
from tests.core.warehouse.scene import charge

READS = [
    "/api/v2/costs/acme/aws/metrics",
    "/api/v2/costs/acme/all/latest",
    "/api/v2/costs/acme/aws/trends",
    "/api/v2/costs/acme/aws/by-resource",
    "/api/v2/costs/acme/aws/by-type",
    "/api/v2/costs/acme/aws/total",
    "/api/v2/costs/acme/aws/restatements",
    "/api/v2/performance/acme/aws/metrics",
    "/api/v2/performance/acme/aws/trends",
    "/api/v2/performance/acme/aws/summary",
    "/api/v2/resources/acme/aws/inventory",
    "/api/v2/resources/acme/aws/changes",
    "/api/v2/resources/acme/aws/summary",
]


@pytest.mark.parametrize("path", READS)
def test_an_answer_that_is_held_costs_no_query(house: House, path: str) -> None:
    """304 with the same tag and an empty body; ClickHouse is not asked."""
    tag = house.get(path).headers["ETag"]
    asked = house.doors.warehouse.asked
    answer = house.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert house.doors.warehouse.asked == asked


def test_a_streamed_answer_has_a_tag_of_its_own(house: House) -> None:
    """The same question in another format is another answer."""
    path, accept = READS[0], {"Accept": "text/csv"}
    tag = house.get(path, headers=accept).headers["ETag"]
    assert house.get(path, headers={**accept, "If-None-Match": tag}).status_code == 304
    assert house.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_commit_changes_the_tag(house: House) -> None:
    """New money within a second: the held answer is stale and the new one is whole."""
    path = "/api/v2/costs/globex/aws/total"
    before = house.get(path, key="globex")
    house.clock.advance(timedelta(seconds=2))
    window = day_window(date(2026, 11, 22))
    house.rewrite("globex", COST, window, [charge("0.01", date(2026, 11, 22))])
    house.clock.advance(timedelta(seconds=2))
    after = house.get(path, key="globex", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json()["data"] != before.json()["data"]
    assert after.json()["as_of"] > before.json()["as_of"]


def test_an_answer_that_became_stale_is_told_again(house: House) -> None:
    """The data is the same; that collection has stopped is news."""
    path = "/api/v2/performance/acme/aws/summary"
    period = {"start": "2026-11-22T00:00:00Z", "end": "2026-11-22T09:00:00Z"}
    fresh = house.get(path, **period)
    assert fresh.json()["stale"] is False
    house.clock.advance(timedelta(hours=2))
    later = house.get(path, headers={"If-None-Match": fresh.headers["ETag"]}, **period)
    assert later.status_code == 200
    assert later.json()["stale"] is True
    assert later.json()["freshness_seconds"] == 7200


def test_nothing_may_be_kept_by_strangers(house: House) -> None:
    """Caches between us keep it for nobody else."""
    answer = house.get(READS[5])
    assert answer.headers["Cache-Control"].startswith("private")
    assert "Authorization" in answer.headers["Vary"]
