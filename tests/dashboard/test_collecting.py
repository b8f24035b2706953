"""Who may collect starts a collection from the page and follows it."""

from collections.abc import Iterator

import pytest

from tests.api.house import House
from tests.dashboard.conversations import TEXT
from tests.dashboard.visitor import Visitor


@pytest.fixture
def idle(house: House) -> Iterator[House]:
    """Dagster runs nothing, before and after."""
    dagster = house.dagster.state
    dagster.runs.clear()
    dagster.launched.clear()
    yield house
    dagster.runs.clear()
    dagster.launched.clear()
    dagster.refuse_launch_as = None


def test_a_collection_is_started_and_followed_to_its_end(visitor: Visitor, idle: House) -> None:
    """What was chosen is what Dagster is asked for; its run is linked."""
    visitor.enter("/collection", "operator", days="7")
    panel = visitor.panel("Collect now")
    panel.get_by_label("Collect from").select_option("aws")
    panel.get_by_label("Cost").check()
    panel.get_by_role("button", name="Collect", exact=True).click()
    panel.get_by_text("queued").wait_for()
    (launched,) = idle.dagster.state.launched
    assert launched["selector"]["assetSelection"] == [{"path": ["aws", "cost"]}]
    link = panel.get_by_role("link", name="The run in Dagster")
    assert link.get_attribute("href") == "https://dagster.example/runs/run-1"
    idle.dagster.state.runs["run-1"] = "FAILURE"
    panel.get_by_text("failed").wait_for()


def test_a_collection_that_cannot_start_is_told(visitor: Visitor, idle: House) -> None:
    """The problem's detail and remedy under the form."""
    visitor.watch.expected.add(503)
    idle.dagster.state.refuse_launch_as = "PythonError"
    visitor.enter("/collection", "operator", days="7")
    panel = visitor.panel("Collect now")
    panel.get_by_label("Collect from").select_option("vultr")
    panel.get_by_role("button", name="Collect", exact=True).click()
    panel.get_by_role("alert").wait_for()
    assert panel.locator(".remedy").inner_text()


def test_texts_are_shown_on_demand_to_who_may_see_them(visitor: Visitor, house: House) -> None:
    """They are not even asked for before."""
    visitor.enter("/applications", "operator", days="7")
    panel = visitor.panel("Worst answers")
    assert TEXT not in visitor.page.content()
    assert all("texts=true" not in request.url for request in visitor.watch.asked)
    panel.get_by_role("button", name="Show texts").click()
    visitor.settle()
    assert TEXT in panel.inner_text()


@pytest.fixture
def alarmed(house: House) -> Iterator[House]:
    """The alarm is open again afterwards."""
    yield house
    with house.database.operator() as connection:
        connection.execute("UPDATE optiinfra.quality_alarms SET cleared_at = NULL")


def test_who_may_write_ends_an_alarm(visitor: Visitor, alarmed: House) -> None:
    """It stays in the list as ended; who may only read is not offered to end it."""
    visitor.enter("/applications", "reader", days="7")
    assert visitor.panel("Alarms").get_by_role("button", name="End").count() == 0
    visitor.page.get_by_role("button", name="Sign out").click()
    visitor.enter("/applications", "operator", days="7")
    panel = visitor.panel("Alarms")
    panel.get_by_role("button", name="End").click()
    panel.get_by_text("ended").wait_for()
    assert panel.get_by_text("open", exact=True).count() == 0
