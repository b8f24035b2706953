"""Every page loads in light and dark without a complaint, and is accessible."""

from pathlib import Path

import pytest

from tests.dashboard.accessible import objections
from tests.dashboard.browser import PHONE
from tests.dashboard.visitor import Visitor

PAGES = {
    "overview": "/",
    "costs": "/costs",
    "performance": "/performance",
    "resources": "/resources",
    "applications": "/applications",
    "collection": "/collection",
    "credentials": "/credentials",
}
WIDTHS = "() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
# Links in running text and in tables are as high as their line.
SMALL = """() => [...document.querySelectorAll("button, select, input:not([type=checkbox]), nav a")]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 24)
    .map(each => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("name", PAGES)
def test_every_page_loads(visitor: Visitor, album: Path, name: str) -> None:
    """No console error, no exception, nothing refused by the policy, nothing Axe objects to.

    In light, and in dark as soon as the machine is switched.
    """
    visitor.enter(PAGES[name], "operator", days="7")
    for theme in ("light", "dark"):
        visitor.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
        visitor.settle()
        visitor.page.screenshot(path=album / f"{name}-{theme}.png", full_page=True)
        assert objections(visitor.page) == []
    assert visitor.page.locator("main .panel").count() > 0
    assert visitor.page.get_by_role("alert").all_inner_texts() == []


def test_no_page_scrolls_sideways_on_a_phone(visitor: Visitor, album: Path) -> None:
    """390 px: what is wide scrolls by itself; every control is at least 24 px high."""
    visitor.page.set_viewport_size(PHONE)
    visitor.enter("/", "operator", days="7")
    for name, path in PAGES.items():
        visitor.go(path, customer="acme", days="7")
        visitor.page.screenshot(path=album / f"{name}-phone.png", full_page=True)
        wide, seen = visitor.page.evaluate(WIDTHS)
        assert wide <= seen, name
        assert visitor.page.evaluate(SMALL) == [], name


def test_the_way_in_is_accessible(visitor: Visitor, album: Path) -> None:
    """The field has a name, and the refusal is announced."""
    visitor.watch.expected.add(401)
    visitor.page.goto(visitor.address())
    visitor.page.screenshot(path=album / "sign-in-light.png")
    visitor.page.get_by_label("API key").fill("oi_test_nobody_nothing")
    visitor.page.keyboard.press("Enter")
    visitor.page.get_by_role("alert").wait_for()
    assert objections(visitor.page) == []


def test_axe_objects_where_something_is_wrong(visitor: Visitor) -> None:
    """A picture without words: so the tests above can fail."""
    visitor.enter("/collection")
    visitor.page.evaluate("document.querySelector('main').append(new Image(10, 10))")
    assert any(each.startswith("image-alt") for each in objections(visitor.page))
