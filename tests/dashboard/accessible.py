"""What Axe objects to in a page: names, roles, contrast, the order of headings."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent / "vendor/axe-core-4.14.1.min.js"
# WCAG 2.2 at level AA, as far as a machine can tell.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"


@cache
def source() -> str:
    """The checker's own code."""
    return AXE.read_text()


def objections(page: Page) -> list[str]:
    """Each objection with the elements that it is about."""
    page.evaluate(source())
    found: Mapping[str, Any] = page.evaluate(RUN, RULES)
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:4]]}"
        for each in found["violations"]
    ]
