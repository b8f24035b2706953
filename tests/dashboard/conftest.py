"""The furnished API and a browser, shared by all tests of the dashboard."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext

from optiinfra_core.endpoints import PostgresEndpoint, Servers
from tests.api.house import NOW, House
from tests.conftest import clickhouse_database, postgres_database
from tests.dashboard.browser import DESK, Watch, started
from tests.dashboard.furnished import furnished_house
from tests.dashboard.visitor import Visitor


@pytest.fixture(scope="session")
def house(
    tmp_path_factory: pytest.TempPathFactory, servers: Servers, postgres_template: PostgresEndpoint
) -> Iterator[House]:
    """Two customers with everything the dashboard shows, before an API on a socket."""
    from optiinfra_core.warehouse.migrate import migrate  # noqa: PLC0415 - only who needs it pays

    template = urlsplit(postgres_template.url.get_secret_value()).path.lstrip("/")
    with (
        clickhouse_database(servers.clickhouse) as warehouse,
        postgres_database(servers.postgres, template) as database,
    ):
        migrate(warehouse, raw_days=400)
        fresh = replace(servers, clickhouse=warehouse, postgres=database)
        with furnished_house(tmp_path_factory.mktemp("dashboard"), fresh) as furnished:
            yield furnished


@pytest.fixture(scope="package")
def profile() -> Iterator[BrowserContext]:
    """A Chromium's profile, whose cache all tests share; skipped only where there is no browser.

    It ends with the last test below this folder: Playwright keeps an event loop in this thread,
    beside which other tests could not start theirs.
    """
    named = os.environ.get("OPTIINFRA_BROWSER")  # noqa: TID251 - tests have no settings
    with started(named) as found:
        if found is None:
            pytest.skip("there is no Chromium on the PATH, and $OPTIINFRA_BROWSER names none")
        yield found.new_context(
            locale="en-US",
            timezone_id="Europe/Berlin",
            viewport=DESK,
            reduced_motion="reduce",
        )


@pytest.fixture
def visitor(profile: BrowserContext, house: House) -> Iterator[Visitor]:
    """A person with an empty tab; what the page complains about fails the test."""
    page = profile.new_page()
    page.set_default_timeout(15_000)
    page.clock.set_fixed_time(NOW)
    watch = Watch(page)
    try:
        yield Visitor(page, watch, house, str(house.client.base_url).rstrip("/"))
    finally:
        page.evaluate("localStorage.clear()")
        page.close()
    assert not watch.complaints


@pytest.fixture(scope="session")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for screenshots: $OPTIINFRA_SCREENSHOTS, else a temporary one."""
    named = os.environ.get("OPTIINFRA_SCREENSHOTS")  # noqa: TID251 - tests have no settings
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
