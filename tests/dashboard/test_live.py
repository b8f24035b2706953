"""Pages follow the API's events: what is collected appears without a reload."""

from datetime import timedelta

from playwright.sync_api import expect

from optiinfra_core.database import events
from optiinfra_core.metrics import COST
from tests.api.house import NOW
from tests.core.warehouse.scene import charge
from tests.dashboard.accounts import Account
from tests.dashboard.money import TODAY, whole
from tests.dashboard.visitor import Visitor

NEW = Account("globex", "vultr", "vultr-globex")


def test_new_charges_appear_by_themselves(visitor: Visitor) -> None:
    """An event tells of data; the page asks again, and the total is the API's new one."""
    with visitor.page.expect_response("**/api/v1/events"):
        visitor.enter("/costs", "globex", provider="vultr", days="7")
    assert "No charges in this period." in visitor.panel("Total").inner_text()
    rows = [charge("12.34", TODAY, billing_account_id=NEW.id, service_name="Cloud Compute")]
    NEW.commit(visitor.house, COST, whole(), rows)
    told = events.NewEvent(
        customer_id="globex", kind=events.UPDATED, provider="vultr", data_type="cost"
    )
    # The API remembers for a second how collections stand.
    visitor.house.clock.advance(timedelta(seconds=2))
    with visitor.house.database.customer("globex") as connection:
        events.append(connection, told)
    expect(visitor.panel("Total")).to_contain_text("$12.34")
    visitor.house.clock.instant = NOW
