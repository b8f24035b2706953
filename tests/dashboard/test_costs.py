"""The page of costs: its figures are the API's, and every click is a question in the URL."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from optiinfra_core.metrics import COST, ControlTotal, Row
from tests.core.warehouse.scene import charge, day_span
from tests.dashboard.accounts import Account
from tests.dashboard.figures import cents, number, percent
from tests.dashboard.money import whole
from tests.dashboard.visitor import Visitor

COSTS = "/api/v2/costs/acme/all"
MONTH = {"days": "30"}
MADE_OF = "What it is made of"
INVOICES = "Invoices against charges"
INVOICED = Account("globex", "hetzner", "k-globex")
THIRD, FOURTH = date(2026, 10, 3), date(2026, 10, 4)
BILLED = day_span(THIRD, 2)


def by_currency(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows as the page orders them: the currency with most charges first."""
    charges: dict[str, int] = {}
    for row in rows:
        charges[row["currency"]] = charges.get(row["currency"], 0) + row["rows"]
    order = sorted(charges, key=lambda currency: -charges[currency])
    return sorted(rows, key=lambda row: order.index(row["currency"]))


def test_the_total_is_the_apis_with_its_parts(visitor: Visitor) -> None:
    """Each currency for itself, with the parts that are final, closing and open."""
    visitor.enter("/costs", cost="billed", **MONTH)
    rows = by_currency(visitor.read(f"{COSTS}/total", cost="billed", **MONTH)["data"])
    shown = visitor.panel("Total").locator(".total").all_inner_texts()
    for text, row in zip(shown, rows, strict=True):
        assert f"Total, {row['currency']}" in text
        assert number(text.split(row["currency"])[1]) == cents(row["cost"])
        for name in ("final", "closing", "open"):
            assert number(text.split(name.title())[1]) == cents(row[f"{name}_cost"])


def test_what_cost_is_made_of_is_the_apis_ranking(visitor: Visitor) -> None:
    """By service, region, account: values, costs and shares; what has none says so."""
    visitor.enter("/costs", **MONTH)
    for dimension in ("service", "region", "account"):
        visitor.go("/costs", customer="acme", by=dimension, **MONTH)
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


def test_what_is_not_known_is_never_nothing(visitor: Visitor) -> None:
    """Charges without list prices: the total is unknown, not 0, and its changes are not kept."""
    visitor.enter("/costs", cost="list", provider="aws", **MONTH)
    (row,) = visitor.read("/api/v2/costs/acme/aws/total", cost="list", **MONTH)["data"]
    assert row["cost"] is None
    text = visitor.panel("Total").inner_text()
    assert "unknown" in text
    assert "$" not in text
    assert f"{row['unknown_rows']} of unknown cost" in text
    assert "not of list cost" in visitor.panel("Restatements").inner_text()


def test_dates_can_be_chosen_and_their_end_is_included(visitor: Visitor) -> None:
    """The last day that a person names belongs to the period; the URL has the API's own end."""
    visitor.enter("/costs", provider="aws", **MONTH)
    visitor.page.get_by_role("combobox", name="Period").select_option("dates")
    visitor.page.get_by_label("From").fill("2026-11-02")
    visitor.page.get_by_label("To", exact=True).fill("2026-11-04")
    visitor.settle()
    asked = {"start": "2026-11-02T00:00:00Z", "end": "2026-11-05T00:00:00Z"}
    (total,) = visitor.read("/api/v2/costs/acme/aws/total", **asked)["data"]
    assert number(visitor.panel("Total").locator("dd").first.inner_text()) == cents(total["cost"])
    assert len(visitor.table(visitor.panel("Cost over time"))) == 3


def charged(second: str) -> list[Row]:
    """Three charges, each on an invoice of its own; what the second one amounts to."""
    return [
        charge(dollars, day, billing_account_id=INVOICED.id, invoice_id=name, finality="final")
        for day, name, dollars in (
            (THIRD, "inv-10", "30.25"),
            (FOURTH, "inv-11", second),
            (FOURTH, "inv-12", "5"),
        )
    ]


def test_invoices_are_held_against_the_charges(visitor: Visitor) -> None:
    """Two agreed with their charges; then the provider restated one charge, not its invoice."""
    invoices = [
        ControlTotal(name="invoice", invoice_id=name, span=BILLED, amount=Decimal(amount))
        for name, amount in (("inv-10", "30.25"), ("inv-11", "9.75"))
    ]
    INVOICED.commit(visitor.house, COST, whole(), [*charged("9.75"), *invoices])  # type: ignore[list-item]
    visitor.house.writing.advance(timedelta(minutes=1))
    INVOICED.commit(visitor.house, COST, day_span(FOURTH, 1), charged("8.5")[1:])
    visitor.enter("/costs", "globex", provider="hetzner", days="60")
    told = {
        each["invoice_id"]: each
        for each in visitor.read("/api/v2/costs/globex/hetzner/invoices", "globex", days=60)["data"]
    }
    shown = {cells[0].split()[0]: cells for cells in visitor.table(visitor.panel(INVOICES))}
    assert set(shown) == set(told) == {"inv-10", "inv-11", "inv-12"}
    assert number(shown["inv-11"][2]) == cents(told["inv-11"]["stated"])
    assert number(shown["inv-11"][3]) == cents(told["inv-11"]["served"])
    assert number(shown["inv-11"][4]) == cents(told["inv-11"]["difference"]) == Decimal("-1.25")
    assert [shown[name][5] for name in ("inv-10", "inv-11", "inv-12")] == [
        "agrees",
        "differs",
        "not yet known",
    ]


def test_clicks_narrow_and_the_url_keeps_them(visitor: Visitor) -> None:
    """A service, then one of its resources; a reload shows the same, and filters come off again."""
    visitor.enter("/costs", **MONTH)
    panel = visitor.panel(MADE_OF)
    panel.get_by_role("link", name="Amazon EC2").click()
    visitor.settle()
    rows = visitor.read(f"{COSTS}/by-resource", service="Amazon EC2", **MONTH)["data"]
    assert [number(cells[1]) for cells in visitor.table(panel)] == [
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
