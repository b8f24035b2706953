"""Every page: it loads in light and dark without a complaint, and its picture is kept."""

from pathlib import Path

import pytest

from tests.dashboard.visitor import Visitor

PAGES = {
    "overview": "/",
    "performance": "/performance",
    "resources": "/resources",
    "applications": "/applications",
    "collection": "/collection",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_loads(visitor: Visitor, album: Path, name: str, theme: str) -> None:
    """No console error, no exception, no refusal by the policy, no failed request."""
    visitor.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    visitor.enter(PAGES[name], "operator", days="7")
    visitor.page.screenshot(path=album / f"{name}-{theme}.png", full_page=True)
    assert visitor.page.locator("main .panel").count() > 0
    assert visitor.page.get_by_role("alert").all_inner_texts() == []
