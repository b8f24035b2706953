"""A person at the dashboard: signs in, goes to a page, waits until everything is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page

from tests.api.house import House
from tests.dashboard.browser import Watch

# Two frames let a change of the URL reach the components; then nothing may be under way.
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
AT_REST = """() => document.querySelector("#content, [role=alert]")
    && !document.querySelector('[aria-busy="true"], [data-ready="false"], .skeleton')"""

ROWS = """panel => [...panel.querySelectorAll("tbody tr")]
    .map(row => [...row.cells].map(cell => cell.innerText.trim()))"""


@dataclass
class Visitor:
    """One tab of one person."""

    page: Page
    watch: Watch
    house: House
    url: str

    def enter(self, path: str = "/", key: str = "reader", **state: str) -> None:
        """Open a page and sign in there."""
        self.page.goto(self.address(path, **state))
        self.page.get_by_label("API key").fill(self.house.tokens[key])
        self.page.keyboard.press("Enter")
        self.page.get_by_role("heading", level=1).wait_for()
        self.settle()

    def go(self, path: str, **state: str) -> None:
        """Go to another page of the same tab."""
        self.page.goto(self.address(path, **state))
        self.settle()

    def address(self, path: str = "/", **state: str) -> str:
        """The URL of a page in a state."""
        query = f"?{urlencode(state)}" if state else ""
        return f"{self.url}/dashboard/#{path}{query}"

    def settle(self) -> None:
        """Wait until every panel has its answer and every plot is drawn."""
        self.page.evaluate(TWO_FRAMES)
        self.page.wait_for_function(AT_REST)

    def panel(self, title: str) -> Locator:
        """The panel with this title."""
        return self.page.get_by_role("region", name=title, exact=True)

    def table(self, panel: Locator) -> list[list[str]]:
        """The rows of a panel's table, as a person reads them; plots are turned into theirs."""
        turn = panel.get_by_role("button", name="Show as table")
        if turn.count():
            turn.first.click()
        rows: list[list[str]] = panel.evaluate(ROWS)
        return rows

    def read(self, path: str, key: str = "reader", **params: Any) -> Mapping[str, Any]:
        """What the API itself answers to the same question."""
        answer = self.house.get(path, key, **params)
        assert answer.status_code == 200, answer.text
        told: Mapping[str, Any] = answer.json()
        return told
