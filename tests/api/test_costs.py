"""Costs: rows, rankings, totals and trends in their envelope, to the cent."""

from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.warehouse.questions import cost
from tests.api.house import House

BASE = "/api/v2/costs/acme/aws"
TOTAL = Decimal("1.25") * 6 * 22


def test_the_total_is_exact_and_says_what_it_stands_on(house: House) -> None:
    """Money is a decimal string; the envelope tells period, freshness and completeness."""
    body: dict[str, Any] = house.get(f"{BASE}/total").json()
    (row,) = body.pop("data")
    assert row == {
        "currency": "USD",
        "cost": "165",
        "rows": 66,
        "unknown_rows": 0,
        "resources": 3,
        "first_charge": "2026-11-01T00:00:00Z",
        "last_charge": "2026-11-23T00:00:00Z",
        "open_cost": "165",
        "closing_cost": "0",
        "final_cost": "0",
    }
    assert body == {
        "customer_id": "acme",
        "provider": "aws",
        "period": {"start": "2026-10-24T00:00:00Z", "end": "2026-11-23T00:00:00Z"},
        "as_of": "2026-11-22T10:07:00Z",
        "freshness_seconds": 0,
        "stale": False,
        # Eight days before the first collection are missing; the last day is not due yet.
        "complete": False,
        "coverage": {"expected": 28, "committed": 20},
        "count": 1,
        "next_cursor": None,
        "cost": "effective",
    }


def test_a_period_whose_windows_are_all_committed_is_complete(house: House) -> None:
    """Twenty days that were collected after their end leave nothing to wait for."""
    body = house.get(f"{BASE}/total", start="2026-11-01T00:00:00Z", end="2026-11-21T00:00:00Z")
    assert body.json()["complete"] is True
    assert body.json()["coverage"] == {"expected": 20, "committed": 20}


@pytest.mark.parametrize("provider", ["aws", "all"])
def test_charges_are_rows_with_focus_names(house: House, provider: str) -> None:
    """Newest first, with tags, both costs and the one on the basis that was asked for."""
    body = house.get(f"/api/v2/costs/acme/{provider}/metrics", limit=1, cost="billed").json()
    (row,) = body["data"]
    assert body["cost"] == "billed"
    assert row["charge_period_start"] == "2026-11-22T00:00:00Z"
    assert row["cost"] == row["billed_cost"] == "1.25"
    assert row["list_cost"] is None
    assert row["tags"] == {"team": "acme"}


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({"service": "Amazon S3"}, 22),
        ({"resource_id": "acme-i-1"}, 22),
        ({"account": "111111111111"}, 66),
        ({"account": "999999999999"}, 0),
        ({"finality": "open"}, 66),
        ({"finality": "final"}, 0),
        ({"tag.team": "acme"}, 66),
        ({"tag.team": "other"}, 0),
        ({"region": "us-east-1", "charge_category": "Usage", "service": "Amazon EC2"}, 44),
    ],
)
def test_filters_choose_rows(house: House, filters: dict[str, str], rows: int) -> None:
    """Each filter narrows; together they all hold."""
    assert house.get(f"{BASE}/metrics", limit=1000, **filters).json()["count"] == rows


def test_the_dearest_resource_comes_first_with_its_share(house: House) -> None:
    """Shares add up to one; the ranking can be narrowed to a service."""
    rows = house.get(f"{BASE}/by-resource").json()["data"]
    assert [row["resource_id"] for row in rows] == ["acme-bucket", "acme-i-2", "acme-i-1"]
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert sum(Decimal(row["cost"]) for row in rows) == TOTAL
    narrowed = house.get(f"{BASE}/by-resource", service="Amazon EC2").json()
    assert narrowed["count"] == 2


@pytest.mark.parametrize("dimension", cost.DIMENSIONS)
def test_every_dimension_adds_up_to_the_total(house: House, dimension: str) -> None:
    """However it is cut, it is the same money."""
    tag = {"tag": "team"} if dimension == "tag" else {}
    rows = house.get(f"{BASE}/by-type", dimension=dimension, **tag).json()["data"]
    assert sum(Decimal(row["cost"]) for row in rows) == TOTAL


@pytest.mark.parametrize("group_by", cost.GROUPS)
def test_every_trend_adds_up_to_the_total(house: House, group_by: str) -> None:
    """Hours, days, weeks and months hold the same money."""
    rows = house.get(f"{BASE}/trends", group_by=group_by).json()["data"]
    assert sum(Decimal(row["cost"]) for row in rows) == TOTAL


def test_no_change_is_a_plain_zero(house: House) -> None:
    """Money is never written as a power of ten: 0E-12 would be no number to many readers."""
    rows = house.get(f"{BASE}/trends", days=3).json()["data"]
    assert [row["change"] for row in rows] == [None, "0", "0"]


def test_the_newest_charge_of_each_resource(house: House) -> None:
    """One row for each resource and service."""
    rows = house.get(f"{BASE}/latest").json()["data"]
    assert {(row["resource_id"], row["charge_period_start"][:10]) for row in rows} == {
        ("acme-i-1", "2026-11-22"),
        ("acme-i-2", "2026-11-22"),
        ("acme-bucket", "2026-11-22"),
    }


def test_nothing_was_known_before_the_first_collection(house: House) -> None:
    """As it was known before anything was collected, the period cost nothing."""
    known = {"as_known_at": "2026-11-22T10:00:00Z"}
    assert house.get(f"{BASE}/total", **known).json()["data"] == []
    assert house.get(f"{BASE}/metrics", **known).json()["data"] == []
    later = {"as_known_at": "2026-11-22T11:00:00Z"}
    (total,) = house.get(f"{BASE}/total", **later).json()["data"]
    assert (total["cost"], total["changes_since"]) == ("165", 0)


def test_an_unknown_cost_is_null_and_counted(house: House) -> None:
    """No list price was delivered: the total says so instead of saying zero."""
    (row,) = house.get(f"{BASE}/total", cost="list").json()["data"]
    assert row["cost"] is None
    assert row["unknown_rows"] == 66


def test_a_customer_may_be_named_by_its_uuid(house: House) -> None:
    """The answer names the slug, which never changes."""
    identity = house.doors.customers.get("acme").id
    body = house.get(f"/api/v2/costs/{identity}/aws/total").json()
    assert body["customer_id"] == "acme"
    assert body["data"][0]["cost"] == "165"
