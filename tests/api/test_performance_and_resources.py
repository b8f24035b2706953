"""Performance and resources: samples, steps, summaries, inventory and changes."""

import csv
import io
from datetime import timedelta

import orjson
import pyarrow as pa
import pytest

from optiinfra_core.metrics import RESOURCE, Row
from optiinfra_core.windows import Window, floor
from tests.api.house import House
from tests.core.warehouse.scene import machine

PERFORMANCE = "/api/v2/performance/acme/aws"
RESOURCES = "/api/v2/resources/acme/aws"
# The default period starts after the two oldest samples.
SAMPLES = 190


def test_samples_are_newest_first_with_their_unit(house: House) -> None:
    """The default period is the last 24 hours, up to the end of the running quarter."""
    body = house.get(f"{PERFORMANCE}/metrics", limit=1).json()
    assert body["period"] == {"start": "2026-11-21T10:15:00Z", "end": "2026-11-22T10:15:00Z"}
    assert body["complete"] is True
    (row,) = body["data"]
    assert row["timestamp"] == "2026-11-22T09:45:00Z"
    assert (row["metric_name"], row["value"], row["unit"]) == ("cpu_utilization", 1.0, "%")


def test_samples_are_averaged_over_steps_by_the_server(house: House) -> None:
    """Four quarters make an hour."""
    rows = house.get(f"{PERFORMANCE}/metrics", step=3600, resource_id="acme-i-2").json()["data"]
    assert rows[0]["timestamp"] == "2026-11-22T09:00:00Z"
    assert (rows[0]["avg"], rows[0]["samples"]) == (2.0, 4)


def test_trends_and_summary_say_who_works_hard(house: House) -> None:
    """Percentiles by period, and the busiest and idlest by kind of resource."""
    trend = house.get(f"{PERFORMANCE}/trends", metric_name="cpu_utilization").json()["data"]
    assert {row["metric_name"] for row in trend} == {"cpu_utilization"}
    (row,) = house.get(f"{PERFORMANCE}/summary").json()["data"]
    assert (row["busiest"], row["idlest"]) == ("acme-i-2", "acme-i-1")
    assert (row["samples"], row["resources"]) == (SAMPLES, 2)


def test_a_stream_of_lines_is_every_row_at_once(house: House) -> None:
    """ClickHouse's own bytes, with what the envelope says in headers."""
    answer = house.get(
        f"{PERFORMANCE}/metrics", limit=100_000, headers={"Accept": "application/x-ndjson"}
    )
    rows = [orjson.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == SAMPLES
    assert rows[0]["metric_name"] == "cpu_utilization"
    assert answer.headers["X-As-Of"] == "2026-11-22T10:07:00+00:00"
    assert answer.headers["X-Complete"] == "true"
    assert answer.headers["X-Row-Limit"] == "100000"


def test_the_three_streams_hold_the_same_rows(house: House) -> None:
    """Lines, CSV and Arrow differ in their bytes only; money is exact in each."""
    path = "/api/v2/costs/acme/aws/metrics"
    lines = house.get(path, limit=1000, headers={"Accept": "application/x-ndjson"}).text
    from_lines = [orjson.loads(line)["cost"] for line in lines.splitlines()]
    text = house.get(path, limit=1000, headers={"Accept": "text/csv"}).text
    from_csv = [row["cost"] for row in csv.DictReader(io.StringIO(text))]
    accept = {"Accept": "application/vnd.apache.arrow.stream"}
    table = pa.ipc.open_stream(house.get(path, limit=1000, headers=accept).content).read_all()
    assert len(from_lines) == 66
    assert from_lines == from_csv
    assert len(table) == 66
    assert str(sum(table["cost"].to_pylist())).rstrip("0").rstrip(".") == "165"


def test_the_inventory_is_that_of_the_moment(house: House) -> None:
    """A machine that was there a quarter of an hour ago is in the snapshot of then."""
    now = house.get(f"{RESOURCES}/inventory").json()
    assert [row["resource_id"] for row in now["data"]] == ["acme-i-1", "acme-i-2"]
    assert now["complete"] is True
    then = house.get(f"{RESOURCES}/inventory", at="2026-11-22T09:50:00Z").json()
    assert len(then["data"]) == 3


@pytest.mark.parametrize(("status", "count"), [("running", 2), ("stopped", 0)])
def test_the_inventory_can_be_narrowed(house: House, status: str, count: int) -> None:
    """By state, kind and region."""
    assert house.get(f"{RESOURCES}/inventory", status=status).json()["count"] == count


def test_changes_and_summary(house: House) -> None:
    """What vanished is told, and what is there is counted."""
    (change,) = house.get(f"{RESOURCES}/changes").json()["data"]
    assert (change["change"], change["resource_id"]) == ("removed", "acme-i-3")
    (group,) = house.get(f"{RESOURCES}/summary").json()["data"]
    assert (group["status"], group["resources"]) == ("running", 2)


def test_resources_are_ranked_by_how_hard_they_work(house: House) -> None:
    """The busiest first, or the idlest; with percentiles, and how much of the period is known."""
    path = f"{PERFORMANCE}/by-resource"
    busiest, idlest = house.get(path, metric_name="cpu_utilization").json()["data"]
    assert (busiest["resource_id"], busiest["avg"], busiest["p95"]) == ("acme-i-2", 2, 2)
    assert (idlest["resource_id"], idlest["samples"]) == ("acme-i-1", 95)
    assert 0 < idlest["coverage"] <= 1
    turned = house.get(path, metric_name="cpu_utilization", first="idlest").json()["data"]
    assert [row["resource_id"] for row in turned] == ["acme-i-1", "acme-i-2"]
    assert house.get(path, metric_name="no_such_metric").json()["data"] == []


def test_resources_are_found_by_their_tags(house: House) -> None:
    """With a tag, without a key, of an account: inventory and summary tell the same."""
    now = floor(house.clock.now(), RESOURCE.window)
    rows: list[Row] = [
        machine("tagged", now, tags={"team": "web"}),
        machine("other", now, tags={"team": "data", "env": "prod"}),
        machine("bare", now),
    ]
    house.rewrite("globex", RESOURCE, Window(now, now + RESOURCE.window), rows)
    house.clock.advance(timedelta(minutes=2))
    base = "/api/v2/resources/globex/aws"
    for asked, names in (
        ({"tag.team": "web"}, ["tagged"]),
        ({"untagged": "env"}, ["bare", "tagged"]),
        ({"untagged": ["env", "team"]}, ["bare"]),
        ({"account": "222222222222"}, ["bare", "other", "tagged"]),
        ({"account": "another"}, []),
        ({"resource_id": "other"}, ["other"]),
    ):
        found = house.get(f"{base}/inventory", key="globex", **asked).json()["data"]
        assert [row["resource_id"] for row in found] == names
        groups = house.get(f"{base}/summary", key="globex", **asked).json()["data"]
        assert sum(row["resources"] for row in groups) == len(names)
