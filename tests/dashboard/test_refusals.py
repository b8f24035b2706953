"""What is refused or fails is told with what to do, and never as emptiness."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from optiinfra_api.app import create_app
from optiinfra_core.tenancy.api_keys import ApiKeys
from optiinfra_core.vault.keyring import KeyRing
from tests.api.house import CANARY, NOW, House
from tests.dashboard.accounts import NO_SAMPLES
from tests.dashboard.served import served
from tests.dashboard.visitor import Visitor


def alerts(page: Page) -> str:
    """Everything that is told as a problem."""
    return "\n".join(page.get_by_role("alert").all_inner_texts())


def test_an_unknown_key_is_told_and_not_kept(visitor: Visitor) -> None:
    """The sign-in stays, with the API's remedy."""
    visitor.watch.expected.add(401)
    visitor.page.goto(visitor.address())
    visitor.page.get_by_label("API key").fill("oi_test_nobody_nothing")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("alert").wait_for()
    refusal = visitor.house.client.get("/api/v1/me", headers={"Authorization": "Bearer x"}).json()
    assert refusal["remedy"] in alerts(visitor.page)
    assert visitor.page.get_by_label("API key").is_visible()
    assert visitor.page.evaluate("sessionStorage.length") == 0


def test_a_key_that_is_revoked_leads_back_to_the_sign_in(visitor: Visitor, house: House) -> None:
    """At the next question the API refuses it."""
    visitor.watch.expected.add(401)
    identity = house.key("short-lived", ("performance:read",), ("acme",))
    visitor.enter("/performance", "short-lived", days="7")
    ring = KeyRing.load(house.settings)
    ApiKeys(house.database, ring.pepper, "test", house.clock).revoke(identity)
    house.clock.advance(timedelta(minutes=5))
    try:
        visitor.page.get_by_role("button", name="Refresh").click()
        visitor.page.get_by_label("API key").wait_for()
    finally:
        house.clock.instant = NOW
    assert alerts(visitor.page)


def test_a_key_without_the_scope_sees_which_one_is_missing(visitor: Visitor) -> None:
    """No request is made that would be refused."""
    visitor.enter("/costs", "costs-only")
    for kind in ("performance", "resources", "applications"):
        visitor.go(f"/{kind}", customer="acme")
        assert f"{kind}:read" in visitor.page.locator("main").inner_text()


def test_parts_of_a_page_that_a_key_may_not_see_are_named(visitor: Visitor) -> None:
    """Credentials and texts; nobody without the scope is offered to collect."""
    visitor.enter("/collection", "reader")
    assert "credentials:write" in visitor.panel("Credentials").inner_text()
    assert visitor.panel("Collect now").count() == 0
    visitor.go("/applications", customer="acme", days="7")
    worst = visitor.panel("Worst answers")
    assert "applications:text" in worst.inner_text()
    assert worst.get_by_role("button", name="Show texts").count() == 0


def test_the_overview_names_what_the_key_does_not_open(visitor: Visitor) -> None:
    """Its other parts are there."""
    visitor.enter("/", "costs-only", days="7")
    told = visitor.page.locator("main").inner_text()
    assert "performance:read" in told
    assert "$" in told


def test_another_customers_name_shows_that_there_is_none(visitor: Visitor) -> None:
    """The API's 404 on every page; nothing of theirs is there."""
    visitor.watch.expected.add(404)
    problem = visitor.house.get("/api/v2/costs/globex/all/total", "reader").json()
    visitor.enter("/", customer="globex")
    for path in ("/", "/costs", "/performance", "/resources", "/applications", "/collection"):
        visitor.go(path, customer="globex", days="7")
        assert problem["remedy"] in alerts(visitor.page), path
        assert CANARY not in visitor.page.content()


def test_a_period_that_is_not_accepted_is_told(visitor: Visitor) -> None:
    """The API's 422, with what it accepts."""
    visitor.watch.expected.add(422)
    visitor.enter("/performance", days="99999")
    problem = visitor.house.get("/api/v2/performance/acme/all/summary", "reader", days=99999)
    assert problem.json()["detail"] in alerts(visitor.page)
    assert problem.json()["remedy"] in alerts(visitor.page)


def test_what_a_cloud_does_not_supply_is_told_as_that(visitor: Visitor) -> None:
    """Its own reason, instead of an empty plot."""
    answer = visitor.house.get("/api/v2/performance/acme/vultr/summary", "reader")
    visitor.watch.expected.add(answer.status_code)
    visitor.enter("/performance", provider="vultr")
    assert NO_SAMPLES in alerts(visitor.page)


def test_a_cloud_without_data_says_that_nothing_was_collected(visitor: Visitor) -> None:
    """Installed, never connected."""
    visitor.enter("/resources", provider="gcp")
    assert "Nothing was collected yet" in visitor.panel("Inventory").inner_text()


@pytest.fixture(scope="module")
def broken(house: House) -> Iterator[str]:
    """The same API, whose ClickHouse is away."""
    gone = replace(house.servers.clickhouse, url="http://127.0.0.1:9")
    app = create_app(house.settings, replace(house.servers, clickhouse=gone), house.clock)
    with served(app) as url:
        yield url


def test_an_api_that_fails_is_told_with_its_remedy(visitor: Visitor, broken: str) -> None:
    """503 in the panels that need ClickHouse; the frame of the page stays."""
    visitor.watch.expected.add(503)
    visitor.url = broken
    visitor.enter("/collection", days="7")
    for path in ("/costs", "/performance", "/resources", "/applications", "/collection"):
        visitor.go(path, customer="acme", days="7")
        assert visitor.page.get_by_role("heading", level=1).is_visible()
        assert "ClickHouse" in alerts(visitor.page), path
        assert visitor.page.locator(".failure .remedy").first.inner_text()


def test_an_api_that_is_away_is_told(visitor: Visitor) -> None:
    """No answer at all: what was shown stays until asked again, then the panels say so."""
    visitor.enter("/performance", days="7")
    visitor.page.context.set_offline(True)
    visitor.page.get_by_role("button", name="Refresh").click()
    visitor.page.get_by_role("alert").first.wait_for()
    assert "did not reach the API" in alerts(visitor.page)
    visitor.page.context.set_offline(False)
    visitor.watch.complaints.clear()
