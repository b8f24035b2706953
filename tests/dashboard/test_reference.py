"""The reference at /docs: shown by files of ours under the strict policy, and usable."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.api.house import House
from tests.dashboard.browser import Watch
from tests.dashboard.visitor import Visitor


@pytest.fixture
def visitor(profile: BrowserContext, house: House) -> Iterator[Visitor]:
    """A person with a profile whose clock goes on: the viewer waits by it.

    A clock that one tab sets stands still in all tabs of its profile.
    """
    assert profile.browser
    context = profile.browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(30_000)
    watch = Watch(page)
    try:
        yield Visitor(page, watch, house, str(house.client.base_url).rstrip("/"))
    finally:
        context.close()
    assert not watch.complaints


def test_the_reference_shows_every_operation_and_asks_nobody_else(visitor: Visitor) -> None:
    """No console message, no refused style or script, no request to another origin."""
    page = visitor.page
    page.goto(f"{visitor.url}/docs")
    page.locator(".opblock-tag").first.wait_for()
    description = visitor.house.client.get("/openapi.json").json()
    operations = [way for ways in description["paths"].values() for way in ways.values()]
    tags = {tag for operation in operations for tag in operation["tags"]}
    assert page.locator(".opblock-tag").count() == len(tags)
    expect(page.locator("h1, h2").first).to_contain_text(description["info"]["title"])
    asked = {urlsplit(request.url) for request in visitor.watch.asked}
    assert {url.netloc for url in asked if url.scheme != "data"} == {urlsplit(visitor.url).netloc}


def test_an_operation_can_be_tried_with_a_key_that_a_reload_forgets(visitor: Visitor) -> None:
    """Authorize, try it out, execute: the API's answer is there. Nothing is stored."""
    page = visitor.page
    page.goto(f"{visitor.url}/docs")
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.get_by_label("auth-bearer-value").fill(visitor.house.tokens["reader"])
    dialog.get_by_role("button", name="Apply credentials").first.click()
    dialog.get_by_role("button", name="Close").first.click()
    page.locator("#operations-tag-keys").click()
    page.locator("#operations-keys-get_me .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    stored = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert visitor.house.tokens["reader"] not in stored
    page.reload()
    page.locator(".opblock-tag").first.wait_for()
    assert page.locator("button.authorize.locked").count() == 0
