"""docs/first-ten-minutes.md as a new user follows it: commands, dashboard, a key that breaks."""

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from optiinfra_cli.supervisor.ports import first_free
from tests.cli.walked import Done, Shell, sections
from tests.dashboard.browser import Watch, started
from tests.dashboard.figures import cents, number

PAGE = "first-ten-minutes.md"
MINUTES = 10
REMEDY = "Create a new key at the provider and run `optiinfra credentials rotate`."
FAULT = "SignatureDoesNotMatch"
REGION = "Errors and remedies"


@dataclass
class Person:
    """Who follows the page: a shell, and a browser where the machine has one."""

    shell: Shell
    page: Page | None
    signed_in: bool = False
    told: dict[str, list[Done]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the API and the dashboard are."""
        return f"http://127.0.0.1:{self.shell.port}"

    def key(self) -> str:
        """The key that the page has made."""
        _, echoed, _ = self.told["Look at the cost"]
        return echoed.output.strip()

    def ask(self, path: str, **asked: str) -> Mapping[str, Any]:
        """What the API answers to the key."""
        headers = {"Authorization": f"Bearer {self.key()}"}
        answer = httpx.get(f"{self.url}{path}", headers=headers, params=asked, timeout=30)
        answer.raise_for_status()
        body: Mapping[str, Any] = answer.json()
        return body

    def look(self, path: str) -> Page | None:
        """Open a page of the dashboard, as a person does who reloads it; sign in the first time."""
        page = self.page
        if page is None:
            return None
        page.goto("about:blank")  # the address alone, with another #, loads nothing anew
        page.goto(f"{self.url}/dashboard/#{path}")
        if not self.signed_in:
            page.get_by_label("API key").fill(self.key())
            page.keyboard.press("Enter")
            self.signed_in = True
        return page


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """Somebody with an empty folder; whatever they start is stopped afterwards."""
    home = tmp_path / "checkout"
    home.mkdir()
    shell = Shell(home, (tmp_path / "data").resolve(), first_free(24000).api)
    with started(None) as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900}) if browser else None
        watch = Watch(page) if page else None
        try:
            yield Person(shell, page)
        finally:
            (stop,) = sections(PAGE)["Stop"]
            shell.run("Stop", stop)
            shutil.rmtree(shell.data_dir)
        assert watch is None or not watch.complaints


def connected(person: Person) -> None:
    """The credential is verified for the account that the page names."""
    assert "verified  account 111111111111" in person.told["Connect the account"][-1].output


def collected(person: Person) -> None:
    """All three kinds of data are told; one that a tick collected a moment before is skipped."""
    (done,) = person.told["Collect"]
    rows = [line.split() for line in done.output.splitlines()[1:]]
    assert [words[0] for words in rows] == ["cost", "performance", "resource"]
    assert {words[1] for words in rows} <= {"succeeded", "skipped"}


def found(person: Person) -> None:
    """The cost that curl prints is what the dashboard shows, to the cent."""
    _, _, printed = person.told["Look at the cost"]
    (row,) = json.loads(printed.output)["data"]
    assert Decimal(row["cost"]) > 0
    freshness = person.ask("/api/v1/collect/freshness", customer_id="acme")["data"]
    assert [bool(row["last_success_at"]) for row in freshness] == [True] * 3
    page = person.look("/costs?customer=acme&provider=aws&days=30")
    if page is not None:
        panel = page.get_by_role("region", name="Total", exact=True)
        figure = panel.locator("dd").first
        figure.wait_for()
        assert number(figure.inner_text()) == cents(row["cost"])


def broken(person: Person) -> None:
    """Command line, API and dashboard tell one error with its remedy; the cost is still served."""
    _, rotated, collecting, asked = person.told["Break the credential"]
    for done in (rotated, collecting):
        assert FAULT in done.output
        assert f"Remedy: {REMEDY}" in done.output
    failing = [row for row in json.loads(asked.output)["data"] if row["last_error"]]
    assert "cost" in {row["data_type"] for row in failing}
    assert {row["last_error"]["code"] for row in failing} == {"credential-rejected"}
    assert all(FAULT in row["last_error"]["detail"] for row in failing)
    assert {row["last_error"]["remedy"] for row in failing} == {REMEDY}
    served = person.ask("/api/v2/costs/acme/aws/total", days="30")
    assert Decimal(served["data"][0]["cost"]) > 0
    page = person.look("/collection?customer=acme&provider=aws")
    if page is not None:
        panel = page.get_by_role("region", name=REGION, exact=True)
        panel.locator(".failure").first.wait_for()
        assert FAULT in panel.inner_text()
        assert panel.locator(".remedy").first.inner_text() == REMEDY


def repaired(person: Person) -> None:
    """Every source succeeds again, and the dashboard has no error left."""
    freshness = person.ask("/api/v1/collect/freshness", customer_id="acme")
    assert [row["last_error"] for row in freshness["data"]] == [None] * len(freshness["data"])
    page = person.look("/collection?customer=acme&provider=aws")
    if page is not None:
        panel = page.get_by_role("region", name=REGION, exact=True)
        panel.get_by_text("The last attempt of every source succeeded.").wait_for()


LOOKS: Mapping[str, Callable[[Person], None]] = {
    "Connect the account": connected,
    "Collect": collected,
    "Look at the cost": found,
    "Break the credential": broken,
    "Repair it": repaired,
}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_new_user_gets_through_in_ten_minutes(person: Person) -> None:
    """Each command ends as the page says, and what the page promises is there to be seen."""
    began = time.monotonic()
    walk = sections(PAGE)
    assert LOOKS.keys() <= walk.keys()
    for section, commands in walk.items():
        done = [person.shell.run(section, command) for command in commands]
        person.told[section] = done
        for each in done:
            assert each.code == each.command.exits, (each, person.shell.seconds)
        LOOKS.get(section, lambda _: None)(person)
    took = time.monotonic() - began
    told = ", ".join(f"{name} {spent:.1f} s" for name, spent in person.shell.seconds.items())
    sys.stderr.write(f"the first ten minutes took {took:.0f} s: {told}\n")
    assert took < MINUTES * 60
