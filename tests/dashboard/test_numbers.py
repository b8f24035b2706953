"""What the pages show is what the API answers."""

from decimal import Decimal
from typing import Any

import pytest

from tests.dashboard.conversations import SUPPORT
from tests.dashboard.figures import cents, measured, number, percent
from tests.dashboard.visitor import Visitor

WEEK = {"days": "7"}
PERFORMANCE = "/api/v2/performance/acme/all"
RESOURCES = "/api/v2/resources/acme/all"
APPLICATIONS = "/api/v2/applications/acme/all"


def test_utilisation_is_the_summarys(visitor: Visitor) -> None:
    """Every metric of every kind of resource: mean, percentiles, who is busiest and idlest."""
    visitor.enter("/performance", **WEEK)
    rows = visitor.read(f"{PERFORMANCE}/summary", **WEEK)["data"]
    shown = visitor.table(visitor.panel("Utilisation"))
    assert [cells[1] for cells in shown] == [row["resource_type"] for row in rows]
    for cells, row in zip(shown, rows, strict=True):
        for cell, name in zip(cells[2:7], ("avg", "p50", "p95", "p99", "max"), strict=True):
            assert measured(cell) == pytest.approx(row[name], rel=1e-3)
        assert number(cells[7]) == percent(row["coverage"])
        assert cells[8].startswith(f"{row['busiest']} (")
        assert cells[9].startswith(f"{row['idlest']} (")
        assert number(cells[11]) == row["samples"]


def test_the_trend_is_the_servers(visitor: Visitor) -> None:
    """Each hour's mean and percentiles, oldest first; a month is shown by day."""
    visitor.enter("/performance", metric="network_in", **WEEK)
    asked: dict[str, Any] = {"metric_name": "network_in", "limit": 1000}
    rows = visitor.read(f"{PERFORMANCE}/trends", group_by="hour", **asked, **WEEK)["data"]
    rows.sort(key=lambda row: row["period"])
    panel = visitor.panel("Trend")
    shown = visitor.table(panel)
    panel.get_by_role("button", name="Show more").click()
    shown = visitor.table(panel)
    assert [measured(cells[1]) for cells in shown] == pytest.approx(
        [row["avg"] for row in rows], rel=1e-3
    )
    assert [measured(cells[3]) for cells in shown] == pytest.approx(
        [row["p95"] for row in rows], rel=1e-3
    )
    visitor.go("/performance", customer="acme", days="30", metric="network_in")
    days = visitor.read(f"{PERFORMANCE}/trends", group_by="day", **asked, days=30)
    assert len(visitor.table(visitor.panel("Trend"))) == days["count"]


def test_the_busiest_and_the_idlest_are_ranked_by_their_means(visitor: Visitor) -> None:
    """Each mean is that which the API tells of the resource alone."""
    visitor.enter("/performance", metric="cpu_utilization", **WEEK)
    busiest = visitor.table(visitor.panel("Busiest"))
    assert busiest == visitor.table(visitor.panel("Idlest"))[::-1]
    assert busiest[0][0] == "i-train"
    for cells in busiest:
        (alone,) = visitor.read(
            f"{PERFORMANCE}/summary", resource_id=cells[0], metric_name="cpu_utilization", **WEEK
        )["data"]
        assert measured(cells[3]) == pytest.approx(alone["avg"], rel=1e-3)
        assert number(cells[5]) == alone["samples"]


def test_one_resource_is_shown_in_the_servers_steps(visitor: Visitor) -> None:
    """At most three hundred of them, each with mean, p95, max and min."""
    visitor.enter("/performance", metric="cpu_utilization", resource="db-orders", **WEEK)
    panel = visitor.panel("CPU utilization of db-orders")
    asked: dict[str, Any] = {
        "metric_name": "cpu_utilization",
        "resource_id": "db-orders",
        "limit": 1000,
    }
    rows = visitor.read(f"{PERFORMANCE}/metrics", step=3600, **asked, **WEEK)["data"][::-1]
    shown = visitor.table(panel)
    panel.get_by_role("button", name="Show more").click()
    shown = visitor.table(panel)
    assert len(shown) == len(rows) <= 300
    for cells, row in zip(shown, rows, strict=True):
        told = [row["avg"], row["p95"], row["max"], row["min"]]
        assert [measured(cell) for cell in cells[1:5]] == pytest.approx(told, rel=1e-3)


def test_the_inventory_and_its_counts_are_those_of_the_moment(visitor: Visitor) -> None:
    """Now, and eleven hours ago, before two things changed."""
    visitor.enter("/resources", days="1")
    for moment in ({}, {"at": "2026-11-21T23:00:00Z"}):
        visitor.go("/resources", customer="acme", **moment)
        rows = visitor.read(f"{RESOURCES}/inventory", **moment)["data"]
        shown = visitor.table(visitor.panel("Inventory"))
        assert [cells[0] for cells in shown] == [row["resource_id"] for row in rows]
        assert [cells[4] for cells in shown] == [row["sku"] for row in rows]
        groups = visitor.read(f"{RESOURCES}/summary", **moment)["data"]
        counts = visitor.table(visitor.panel("Counts"))
        assert sum(number(cells[1]) for cells in counts) == sum(row["resources"] for row in groups)


def test_a_filter_of_the_inventory_is_asked_of_the_api(visitor: Visitor) -> None:
    """What is stopped; the choice stands in the URL."""
    visitor.enter("/resources")
    visitor.page.get_by_role("combobox", name="State").select_option("stopped")
    visitor.settle()
    rows = visitor.read(f"{RESOURCES}/inventory", status="stopped")["data"]
    assert [cells[0] for cells in visitor.table(visitor.panel("Inventory"))] == ["i-batch"]
    assert [row["resource_id"] for row in rows] == ["i-batch"]
    assert "status=stopped" in visitor.page.url


def test_the_change_feed_is_newest_first(visitor: Visitor) -> None:
    """Every change the API tells, with what stood there before and after."""
    visitor.enter("/resources", **WEEK)
    rows = visitor.read(f"{RESOURCES}/changes", limit=1000, **WEEK)["data"][::-1]
    shown = visitor.table(visitor.panel("Changes"))
    assert [(cells[1], cells[2]) for cells in shown] == [
        (row["change"], row["resource_id"]) for row in rows
    ]
    sizes = [cells[4] for cells in shown if "SKU" in cells[4]]
    assert sizes == ["SKU: m7i.xlarge to m7i.2xlarge"]


def test_quality_comes_with_its_interval(visitor: Visitor) -> None:
    """Rate, both ends and the number judged; what nobody judged says so and shows no figure."""
    visitor.enter("/applications", **WEEK)
    rows = visitor.read(f"{APPLICATIONS}/quality", **WEEK)["data"]
    panel = visitor.panel("Quality")
    for cells, row in zip(visitor.table(panel), rows, strict=True):
        assert (cells[0], cells[1]) == (row["application_id"], row["model"])
        if row["pass_rate"] is None:
            assert (cells[3], cells[5]) == ("unknown", "No judge")
            continue
        low, high = percent(row["pass_rate"]["low"]), percent(row["pass_rate"]["high"])
        assert number(cells[3]) == percent(row["pass_rate"]["value"])
        assert cells[3].endswith(f"{low.normalize()}% to {high.normalize()}%, n {row['judged']}")
        assert cells[6] == f"{row['judged']} of {row['calls']}"
    assert panel.locator("svg .range").count() > 0


def test_calls_tokens_and_cost_are_the_summarys(visitor: Visitor) -> None:
    """And the share of those that cost nothing known is told, never taken for nothing."""
    visitor.enter("/applications", **WEEK)
    rows = visitor.read(f"{APPLICATIONS}/summary", **WEEK)["data"]
    for cells, row in zip(visitor.table(visitor.panel("Applications")), rows, strict=True):
        assert cells[0] == row["application_id"]
        assert number(cells[4]) == row["requests"]
        assert number(cells[10]) == row["input_tokens"]
        assert number(cells[13]) == cents(row["cost_usd"])
        assert ("unknown cost" in cells[13]) == bool(row["cost_unknown"])


def test_an_alarm_says_what_changed_with_it(visitor: Visitor) -> None:
    """Rates before and since, and the model that came."""
    visitor.enter("/applications", **WEEK)
    ((application, metric, state, _, _, rates, changed),) = visitor.table(visitor.panel("Alarms"))
    assert (application, metric, state) == (SUPPORT, "Quality", "open")
    assert (rates, changed) == ("4% before, 16% since", "Model is now claude-haiku")


def test_freshness_tells_every_source(visitor: Visitor) -> None:
    """Fresh, failing, with gaps, the worst first; what fails stands with its remedy."""
    visitor.enter("/collection", **WEEK)
    body = visitor.read("/api/v1/collect/freshness", customer_id="acme")
    shown = visitor.table(visitor.panel("Freshness"))
    assert (shown[0][2], shown[1][7]) == ("failing", "8 windows")
    told = {(cells[0], cells[1].lower()): (cells[2], cells[7]) for cells in shown}
    assert told == {
        (f"{row['provider']} {row['account_id']}", row["data_type"]): (
            "failing" if row["last_error"] else "fresh",
            f"{row['gaps']} windows" if row["gaps"] else "none",
        )
        for row in body["data"]
    }
    failing = next(row for row in body["data"] if row["last_error"])
    errors = visitor.panel("Errors and remedies").inner_text()
    assert failing["last_error"]["detail"] in errors
    assert failing["last_error"]["remedy"] in errors
    assert body["not_supported"]["vultr"]["performance"] in visitor.panel("Freshness").inner_text()


def test_the_history_and_the_cost_of_collecting_are_the_apis(visitor: Visitor) -> None:
    """Runs newest first with links to Dagster; dollars to the cent."""
    visitor.enter("/collection", **WEEK)
    history = visitor.read("/api/v1/collect/history", customer_id="acme", limit=15)["data"]
    panel = visitor.panel("History")
    assert [cells[3] for cells in visitor.table(panel)] == [row["status"] for row in history]
    links = panel.get_by_role("link", name="Dagster")
    assert links.first.get_attribute("href") == history[0]["link"]
    cost = visitor.read("/api/v1/collect/cost", customer_id="acme", **WEEK)
    spent = visitor.panel("Cost of collecting")
    assert number(spent.locator("dd").first.inner_text()) == cents(cost["total"]["usd"])
    spent.get_by_role("button", name="Show as table").click()
    days = spent.get_by_role("table", name="Cost of collecting by day").locator("tbody tr")
    shown = [number(row.locator("td").first.inner_text()) for row in days.all()]
    assert shown == [cents(row["usd"]) for row in cost["data"]]


def test_what_expires_soon_stands_out(visitor: Visitor) -> None:
    """Nine days before the end; a permission that is missing is named."""
    visitor.enter("/collection", "operator")
    shown = visitor.table(visitor.panel("Credentials"))
    by_label = {cells[0]: cells for cells in shown}
    assert by_label["small cloud"][3].startswith("expires in 9 days")
    assert by_label["staging"][4] == "cloudwatch:GetMetricData"
    assert by_label["production"][3] == "no end known"


def test_the_first_page_tells_the_total_of_each_currency(visitor: Visitor) -> None:
    """Dollars and euros side by side, never added."""
    visitor.enter("/", **WEEK)
    overview = visitor.read("/api/v2/overview/acme", **WEEK)
    figures = visitor.page.locator("main dl").first.inner_text()
    for row in overview["costs"]:
        assert f"Cost, {row['currency']}" in figures
        shown = figures.split(f"Cost, {row['currency']}")[1]
        assert number(shown) == cents(row["cost"])
    assert {row["currency"] for row in overview["costs"]} == {"USD", "EUR"}
    assert all(Decimal(row["cost"]) > 0 for row in overview["costs"])
