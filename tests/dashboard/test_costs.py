"""The page of costs: its figures are the API's, and every click is a question in the URL."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.dashboard.figures import cents, number, percent
from tests.dashboard.visitor import Visitor

COSTS = "/api/v2/costs/acme/all"
MONTH = {"days": "30"}
MADE_OF = "What it is made of"


def by_currency(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows as the page orders them: the currency with most charges first."""
    charges: dict[str, int] = {}
    for row in rows:
        charges[row["currency"]] = charges.get(row["currency"], 0) + row["rows"]
    order = sorted(charges, key=lambda currency: -charges[currency])
    return sorted(rows, key=lambda row: order.index(row["currency"]))


@pytest.mark.parametrize("basis", ["effective", "list"])
def test_the_total_is_the_apis_on_every_basis(visitor: Visitor, basis: str) -> None:
    """Each currency for itself, with the parts that are final, closing and open."""
    visitor.enter("/costs", cost=basis, **MONTH)
    rows = by_currency(visitor.read(f"{COSTS}/total", cost=basis, **MONTH)["data"])
    shown = visitor.panel("Total").locator(".total").all_inner_texts()
    for text, row in zip(shown, rows, strict=True):
        assert f"Total, {row['currency']}" in text
        if row["cost"] is None:
            assert "unknown" in text
            assert "Final" not in text
            continue
        assert number(text.split(row["currency"])[1]) == cents(row["cost"])
        for name in ("final", "closing", "open"):
            assert number(text.split(name.title())[1]) == cents(row[f"{name}_cost"])


@pytest.mark.parametrize("dimension", ["service", "region", "account", "provider"])
def test_what_cost_is_made_of_is_the_apis_ranking(visitor: Visitor, dimension: str) -> None:
    """Values, costs and shares, dearest first; what has none says so."""
    visitor.enter("/costs", by=dimension, **MONTH)
    rows = by_currency(visitor.read(f"{COSTS}/by-type", dimension=dimension, **MONTH)["data"])
    shown = visitor.table(visitor.panel(MADE_OF))
    assert len(shown) == len(rows)
    for cells, row in zip(shown, rows, strict=True):
        assert cells[0] == (row["value"] if row["present"] else f"Without {dimension}")
        assert number(cells[1]) == cents(row["cost"])
        assert number(cells[2]) == percent(row["share"])


def test_the_trend_is_the_apis_and_its_restated_days_are_marked(visitor: Visitor) -> None:
    """Each day's cost as a table, with how many of its charges changed later."""
    visitor.enter("/costs", provider="aws", **MONTH)
    rows = visitor.read("/api/v2/costs/acme/aws/trends", **MONTH)["data"]
    changes = visitor.read("/api/v2/costs/acme/aws/restatements", limit=1000, **MONTH)["data"]
    shown = visitor.table(visitor.panel("Cost over time"))
    assert [number(cells[1]) for cells in shown] == [cents(row["cost"]) for row in rows]
    marked = {cells[0]: int(cells[5]) for cells in shown if cells[5] != "0"}
    assert marked == {"Nov 5, 2026": len(changes)}


def test_restatements_tell_what_was_and_what_is(visitor: Visitor) -> None:
    """Newest finding first, to the cent; list prices are not remembered, and the page says so."""
    visitor.enter("/costs", provider="aws", **MONTH)
    rows = visitor.read("/api/v2/costs/acme/aws/restatements", limit=1000, **MONTH)["data"]
    shown = visitor.table(visitor.panel("Restatements"))
    assert len(shown) == len(rows) > 0
    for cells, row in zip(shown, rows, strict=True):
        assert [number(cell) for cell in cells[3:6]] == [
            cents(row[name]) for name in ("old", "new", "delta")
        ]
    visitor.page.get_by_role("link", name="List", exact=True).click()
    visitor.settle()
    assert "not of list cost" in visitor.panel("Restatements").inner_text()


def test_clicks_narrow_and_the_url_keeps_them(visitor: Visitor) -> None:
    """A service, then one of its resources; a reload shows the same, and filters come off again."""
    visitor.enter("/costs", **MONTH)
    panel = visitor.panel(MADE_OF)
    panel.get_by_role("link", name="Amazon EC2").click()
    visitor.settle()
    rows = visitor.read(f"{COSTS}/by-resource", service="Amazon EC2", **MONTH)["data"]
    assert [number(cells[5]) for cells in visitor.table(panel)] == [
        cents(row["cost"]) for row in rows
    ]
    panel.get_by_role("link", name="i-train").first.click()
    visitor.settle()
    asked = {"service": "Amazon EC2", "resource_id": "i-train"}
    (total,) = visitor.read(f"{COSTS}/total", **asked, **MONTH)["data"]
    assert number(visitor.panel("Total").locator("dd").first.inner_text()) == cents(total["cost"])
    visitor.page.reload()
    visitor.settle()
    assert number(visitor.panel("Total").locator("dd").first.inner_text()) == cents(total["cost"])
    visitor.page.get_by_role("link", name="Remove the filter Resource: i-train").click()
    visitor.settle()
    assert "resource_id" not in visitor.page.url
    assert "service=Amazon+EC2" in visitor.page.url


def test_charges_without_a_tag_are_shown_and_can_be_looked_into(visitor: Visitor) -> None:
    """The values of a tag, those without it last to be forgotten."""
    visitor.enter("/costs", by="tag", tag="team", **MONTH)
    asked = {"dimension": "tag", "tag": "team"}
    rows = by_currency(visitor.read(f"{COSTS}/by-type", **asked, **MONTH)["data"])
    panel = visitor.panel(MADE_OF)
    shown = visitor.table(panel)
    assert [number(cells[1]) for cells in shown] == [cents(row["cost"]) for row in rows]
    panel.get_by_role("link", name="Without this tag").first.click()
    visitor.settle()
    rows = by_currency(visitor.read(f"{COSTS}/total", untagged="team", **MONTH)["data"])
    assert number(visitor.panel("Total").locator("dd").first.inner_text()) == cents(rows[0]["cost"])


def test_the_export_is_saved_with_every_charge(visitor: Visitor) -> None:
    """A FOCUS file with a line for each charge, fetched with the key and not by a link."""
    visitor.enter("/costs", provider="aws", days="3")
    with visitor.page.expect_download() as saving:
        visitor.page.get_by_role("button", name="FOCUS 1.3 as CSV").click()
    assert saving.value.suggested_filename == "acme-aws.csv"
    lines = saving.value.path().read_text().splitlines()
    (total,) = visitor.read("/api/v2/costs/acme/aws/total", days=3)["data"]
    assert len(lines) == total["rows"] + 1
    assert "BilledCost" in lines[0]


def test_a_day_of_a_plot_can_be_opened(visitor: Visitor) -> None:
    """A click on a bar shows that day by hours; the back button undoes it."""
    visitor.enter("/costs", provider="aws", days="7")
    plot = visitor.panel("Cost over time").get_by_role("img")
    box = plot.bounding_box()
    assert box
    plot.click(position={"x": box["width"] * 0.55, "y": box["height"] * 0.8})
    visitor.page.wait_for_url("**group=hour**")
    visitor.settle()
    assert "start=2026-11-" in visitor.page.url
    assert "days=" not in visitor.page.url
    visitor.page.go_back()
    visitor.settle()
    assert "days=7" in visitor.page.url
