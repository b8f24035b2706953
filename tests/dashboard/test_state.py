"""The URL says what is shown, and never who asks."""

from tests.dashboard.visitor import Visitor

STATE = {"customer": "acme", "days": "7", "kind": "aws.rds.instance", "metric": "network_in"}


def test_a_view_survives_a_reload(visitor: Visitor) -> None:
    """Filters, metric and period are in the URL; the key is still in the tab."""
    visitor.enter("/performance", **STATE)
    before = visitor.table(visitor.panel("Utilisation"))
    visitor.page.reload()
    visitor.settle()
    assert visitor.table(visitor.panel("Utilisation")) == before
    assert {cells[1] for cells in before} == {"aws.rds.instance"}
    for name, value in (("Kind of resource", "aws.rds.instance"), ("Metric", "network_in")):
        assert visitor.page.get_by_role("combobox", name=name, exact=True).input_value() == value
    assert visitor.page.get_by_label("Period").input_value() == "7"


def test_a_shared_url_shows_another_person_the_same(visitor: Visitor) -> None:
    """A new tab with a key of its own."""
    visitor.enter("/performance", **STATE)
    before = visitor.table(visitor.panel("Utilisation"))
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.enter("/performance", "both", **STATE)
    assert visitor.table(visitor.panel("Utilisation")) == before


def test_the_back_button_undoes_a_choice(visitor: Visitor) -> None:
    """Each choice is a step of the tab's history."""
    visitor.enter("/performance", customer="acme", days="7")
    visitor.page.get_by_label("Cloud").select_option("aws")
    visitor.settle()
    assert "provider=aws" in visitor.page.url
    visitor.page.go_back()
    visitor.settle()
    assert "provider" not in visitor.page.url
    assert visitor.page.get_by_label("Cloud").input_value() == "all"


def test_the_period_and_the_customer_stay_from_page_to_page(visitor: Visitor) -> None:
    """What belongs to one page alone does not."""
    visitor.enter("/performance", "both", **{**STATE, "customer": "globex"})
    visitor.page.get_by_role("link", name="Resources", exact=True).click()
    visitor.settle()
    assert visitor.page.url.endswith("#/resources?customer=globex&days=7")


def test_the_key_stands_in_no_url_and_is_not_kept(visitor: Visitor) -> None:
    """It goes out as a header alone, lives in the tab alone, and is gone after signing out."""
    token = visitor.house.tokens["reader"]
    visitor.enter("/", days="7")
    visitor.go("/collection", customer="acme", days="7")
    secret = token.rsplit("_", 1)[-1]
    assert all(secret not in request.url for request in visitor.watch.asked)
    assert secret not in visitor.page.url
    kept = visitor.page.evaluate("JSON.stringify([localStorage, document.cookie])")
    assert secret not in kept
    assert token in visitor.page.evaluate("JSON.stringify(sessionStorage)")
    visitor.page.get_by_role("button", name="Sign out").click()
    assert secret not in visitor.page.evaluate("JSON.stringify(sessionStorage)")
    visitor.page.get_by_label("API key").wait_for()


def test_theme_and_zone_are_remembered_on_this_machine(visitor: Visitor) -> None:
    """Berlin is an hour ahead of UTC in November."""
    visitor.enter("/collection", days="7")
    assert "10:07 UTC" in visitor.panel("Freshness").inner_text()
    visitor.page.get_by_role("button", name="Times: UTC").click()
    visitor.page.get_by_role("button", name="Theme: system").click()
    visitor.page.reload()
    visitor.settle()
    assert "11:07" in visitor.panel("Freshness").inner_text()
    assert visitor.page.get_by_role("button", name="Theme: light").is_visible()
    assert visitor.page.locator("html").get_attribute("data-theme") == "light"
