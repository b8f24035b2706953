"""The first page: every figure is the API's, and what needs a person leads to where it is told."""

from tests.dashboard.figures import cents, number, percent
from tests.dashboard.visitor import Visitor

WEEK = {"days": "7"}
OVERVIEW = "/api/v2/overview/acme"


def test_clouds_are_compared_with_the_time_before(visitor: Visitor) -> None:
    """Cost, the time before, the change and the resources of each cloud that is connected."""
    visitor.enter("/", **WEEK)
    told = {each["title"]: each for each in visitor.read(OVERVIEW, **WEEK)["providers"]}
    shown = visitor.table(visitor.panel("Clouds"))
    assert [cells[0] for cells in shown] == [
        name for name, each in told.items() if each["connected"]
    ]
    for cells in shown:
        (cost,) = told[cells[0]]["costs"]["data"]
        assert number(cells[1]) == cents(cost["cost"])
        assert number(cells[2]) == cents(cost["previous"])
        assert number(cells[3]) == cents(cost["change"])
        owned = told[cells[0]]["resources"]
        if owned["state"] == "collected":
            assert number(cells[5]) == sum(row["resources"] for row in owned["data"])
        else:
            assert cells[5] == owned["state"].replace("-", " ")
    assert "Not connected: Google Cloud." in visitor.panel("Clouds").inner_text()


def test_days_are_the_apis_sums_over_clouds(visitor: Visitor) -> None:
    """The page adds no money up: the figure of a day is the sum that the API tells."""
    visitor.enter("/", **WEEK)
    costs = visitor.read(OVERVIEW, **WEEK)["costs"]
    dollars = next(each for each in costs if each["currency"] == "USD")
    shown = visitor.table(visitor.panel("Cost by day"))[: len(dollars["days"])]
    assert [number(cells[1]) for cells in shown] == [cents(day["cost"]) for day in dollars["days"]]


def test_what_needs_a_person_comes_with_its_remedy(visitor: Visitor) -> None:
    """The failing collection first; then what a credential lacks, what expires, what alarms."""
    visitor.enter("/", "operator", **WEEK)
    panel = visitor.panel("Needs attention")
    points = panel.locator("li").all_inner_texts()
    assert "Attach cloudwatch:GetMetricData to the role" in points[0]
    assert any("Permissions are missing: cloudwatch:GetMetricData" in point for point in points)
    assert any("It expires Dec 1, 2026, 10:07 UTC" in point for point in points)
    panel.get_by_role("link", name="Credential staging").click()
    visitor.settle()
    assert visitor.page.get_by_role("heading", level=1).inner_text() == "Credentials"


def test_a_key_of_one_scope_sees_its_part_and_what_it_lacks(visitor: Visitor) -> None:
    """Costs are there; the rest is named with its scope instead of failing the page."""
    visitor.enter("/", "costs-only", **WEEK)
    text = visitor.page.locator("main").inner_text()
    assert "Not shown: performance, resources, applications" in text
    assert "resources:read" in text
    assert visitor.table(visitor.panel("Clouds"))
    assert visitor.panel("Utilisation, last day").count() == 0


def test_one_cloud_can_be_looked_at_alone(visitor: Visitor) -> None:
    """The choice of a cloud narrows every part of the page."""
    visitor.enter("/", **WEEK)
    visitor.page.get_by_role("combobox", name="Cloud").select_option("vultr")
    visitor.settle()
    assert [cells[0] for cells in visitor.table(visitor.panel("Clouds"))] == ["Vultr"]
    (vultr,) = [
        each for each in visitor.read(OVERVIEW, **WEEK)["providers"] if each["provider"] == "vultr"
    ]
    figures = visitor.page.locator("main dl").first.inner_text()
    assert number(figures.split("Cost, USD")[1]) == cents(vultr["costs"]["data"][0]["cost"])


def test_applications_show_the_interval_of_their_quality(visitor: Visitor) -> None:
    """A rate never stands alone; what nobody judged says so."""
    visitor.enter("/", **WEEK)
    told = visitor.read(OVERVIEW, **WEEK)["applications"]["data"]
    shown = visitor.table(visitor.panel("Applications, last 7 days"))
    for cells, each in zip(shown, told, strict=True):
        assert number(cells[1]) == each["requests"]
        rate = each["pass_rate"]
        if rate is None:
            assert cells[4] == "not judged"
        else:
            assert number(cells[4]) == percent(rate["value"])
            assert f"{percent(rate['high']).normalize()}%" in cells[4]
