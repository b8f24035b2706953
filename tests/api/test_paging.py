"""Cursors: every row exactly once, also while new rows arrive; nobody else can write one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.metrics import COST
from optiinfra_core.windows import day_window
from tests.api.house import House
from tests.core.warehouse.scene import charge


def pages(house: House, path: str, **params: Any) -> list[list[dict[str, Any]]]:
    """Every page of an answer."""
    found, cursor = [], None
    while True:
        asked = {**params, **({"cursor": cursor} if cursor else {})}
        body = house.get(path, **asked).json()
        found.append(body["data"])
        cursor = body["next_cursor"]
        if cursor is None:
            return found


def identity(row: dict[str, Any]) -> str:
    """A row without what is computed from others."""
    return repr(sorted(row.items(), key=lambda item: item[0]))


@pytest.mark.parametrize(
    ("path", "params", "rows"),
    [
        ("/api/v2/costs/acme/aws/metrics", {}, 66),
        ("/api/v2/costs/acme/aws/metrics", {"as_known_at": "2026-11-22T12:00:00Z"}, 66),
        ("/api/v2/costs/acme/aws/latest", {}, 3),
        ("/api/v2/costs/acme/aws/by-resource", {}, 3),
        ("/api/v2/costs/acme/aws/by-type", {"dimension": "service"}, 2),
        ("/api/v2/performance/acme/aws/metrics", {}, 190),
        ("/api/v2/performance/acme/aws/metrics", {"step": 3600}, 48),
        ("/api/v2/performance/acme/aws/trends", {}, 24),
        ("/api/v2/performance/acme/aws/by-resource", {}, 2),
        ("/api/v2/performance/acme/aws/by-resource", {"first": "idlest"}, 2),
        ("/api/v2/resources/acme/aws/inventory", {}, 2),
        ("/api/v2/resources/acme/aws/changes", {}, 1),
    ],
)
@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_the_pages_hold_every_row_once(
    house: House, path: str, params: dict[str, str], rows: int, limit: int
) -> None:
    """Whatever the page size, together the pages are the whole answer."""
    if limit == 1 and rows > 40:
        limit = 13
    found = [identity(row) for page in pages(house, path, limit=limit, **params) for row in page]
    assert len(found) == len(set(found)) == rows


def test_rows_that_arrive_between_pages_disturb_none(house: House) -> None:
    """A charge of a newer day arrives after the first page: the old rows come once each."""
    path = "/api/v2/costs/globex/aws/metrics"
    before = {identity(row) for row in house.get(path, key="globex", limit=1000).json()["data"]}
    first = house.get(path, key="globex", limit=30).json()
    day = date(2026, 11, 22)
    window = day_window(day)
    known = [row for row in first["data"] if row["charge_period_start"].startswith(str(day))]
    rows = [
        charge(
            row["cost"],
            day,
            billing_account_id="222222222222",
            service_name=row["service_name"],
            resource_id=row["resource_id"],
            tags=row["tags"],
        )
        for row in known
    ]
    house.clock.advance(timedelta(seconds=2))
    house.rewrite("globex", COST, window, [*rows, charge("9.99", day, resource_id="a-new-one")])
    rest, cursor = [], first["next_cursor"]
    while cursor:
        body = house.get(path, key="globex", limit=30, cursor=cursor).json()
        rest += body["data"]
        cursor = body["next_cursor"]
    found = [identity(row) for row in [*first["data"], *rest]]
    assert len(found) == len(set(found))
    assert set(found) == before


RANKED = {"alpha": "50", "beta": "40", "gamma": "40", "delta": "30", "unpriced": "20"}


def ranked(house: House, **dollars: str) -> None:
    """A day of october on which each resource cost what is said."""
    day = date(2026, 10, 5)
    rows = [
        charge(
            cost, day, resource_id=name, service_name=name,
            list_cost=None if name == "unpriced" else Decimal(cost),
        )
        for name, cost in dollars.items()
    ]  # fmt: skip
    house.clock.advance(timedelta(minutes=2))
    house.rewrite("globex", COST, day_window(day), [*rows])


@pytest.mark.parametrize(("path", "column"), [("by-resource", "resource_id"), ("by-type", "value")])
def test_a_ranking_that_moves_between_pages_keeps_what_did_not(
    house: House, path: str, column: str
) -> None:
    """New ones arrive, some change: who did not comes once; unknown costs come last, and once."""
    ranked(house, **RANKED)
    asked = {"start": "2026-10-05T00:00:00Z", "end": "2026-10-06T00:00:00Z", "cost": "list"}
    found, cursor = [], None
    while True:
        turn: dict[str, str] = {"cursor": cursor} if cursor else {}
        answer = house.get(
            f"/api/v2/costs/globex/aws/{path}", key="globex", limit=2, **asked, **turn
        )
        assert answer.status_code == 200, answer.text
        found += [row[column] for row in answer.json()["data"]]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            break
        ranked(house, **RANKED, dearest="99", cheapest="1")
    assert found == ["alpha", "beta", "gamma", "delta", "cheapest", "unpriced"]


def test_a_cursor_keeps_the_period_of_its_first_page(house: House) -> None:
    """The default period moves with the clock; the pages of one answer do not."""
    path = "/api/v2/performance/globex/aws/metrics"
    first = house.get(path, key="globex", limit=1).json()
    house.clock.advance(timedelta(hours=1))
    second = house.get(path, key="globex", limit=1, cursor=first["next_cursor"]).json()
    assert second["period"] == first["period"]
    assert datetime.fromisoformat(second["period"]["end"]) < house.clock.now().astimezone(UTC)


@pytest.mark.parametrize(
    "tampered",
    ["x", "%%%", "A" * 200, "bm90IG91cnMgYnV0IGJhc2U2NCBhbmQgbG9uZyBlbm91Z2g"],
)
def test_a_cursor_that_we_did_not_write_is_refused(house: House, tampered: str) -> None:
    """Guessed, cut or altered: 422, and the remedy says what to pass."""
    answer = house.get("/api/v2/costs/acme/aws/metrics", cursor=tampered)
    assert answer.status_code == 422
    assert "next_cursor" in answer.json()["remedy"]


def test_a_cursor_of_other_filters_or_another_path_is_refused(house: House) -> None:
    """Half of one answer and half of another would be neither."""
    path = "/api/v2/costs/acme/aws/metrics"
    cursor = house.get(path, limit=1).json()["next_cursor"]
    assert house.get(path, limit=1, cursor=cursor, service="Amazon S3").status_code == 422
    assert house.get("/api/v2/costs/acme/aws/latest", cursor=cursor).status_code == 422
    assert house.get(path, limit=5, cursor=cursor).status_code == 200
