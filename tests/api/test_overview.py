"""The overview: every cloud in one answer, nothing shown that the key may not read."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.metrics import COST
from optiinfra_core.windows import DAY, Window
from tests.api.applications import NAME, applications, furnish_applications, note
from tests.api.house import CANARY, NOW, House
from tests.core.warehouse.scene import charge

PATH = "/api/v2/overview/acme"


@pytest.fixture(scope="module")
def filled(furnished: House) -> House:
    """The house with applications."""
    furnish_applications(furnished)
    applications(furnished).scores(dict.fromkeys(range(60), 0.9))
    note(furnished)
    return furnished


def overview(house: House, key: str = "acme", **params: Any) -> dict[str, Any]:
    """The answer."""
    answer = house.get(PATH, key=key, **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def of(body: dict[str, Any], slug: str) -> dict[str, Any]:
    """One provider's part of it."""
    [provider] = [each for each in body["providers"] if each["provider"] == slug]
    return dict(provider)


@pytest.mark.usefixtures("filled")
def test_it_holds_the_period_and_the_one_before(house: House) -> None:
    """Sums are those of the read of totals, of either period."""
    body = overview(house, start="2026-11-15T00:00:00Z", end="2026-11-22T00:00:00Z")
    [costs] = of(body, "aws")["costs"]["data"]
    assert body["previous"] == {"start": "2026-11-08T00:00:00Z", "end": "2026-11-15T00:00:00Z"}
    assert (costs["cost"], costs["previous"], costs["change"]) == ("52.5", "52.5", "0")
    assert [day["cost"] for day in costs["days"]] == ["7.5"] * 7
    [total] = house.get(
        "/api/v2/costs/acme/aws/total", start="2026-11-15T00:00:00Z", end="2026-11-22T00:00:00Z"
    ).json()["data"]
    assert total["cost"] == costs["cost"]
    assert body["costs"] == of(body, "aws")["costs"]["data"]
    assert of(body, "aws")["costs"]["previous_complete"]


@pytest.mark.usefixtures("filled")
def test_what_is_not_known_of_the_period_before_is_not_nothing(house: House) -> None:
    """Before the first charge there is no previous cost, no change, and it is not complete."""
    body = overview(house, days=22)
    [costs] = of(body, "aws")["costs"]["data"]
    assert costs["cost"] == "165"
    assert costs["previous"] is costs["change"] is None
    assert not of(body, "aws")["costs"]["previous_complete"]


@pytest.mark.usefixtures("filled")
def test_utilisation_resources_and_applications_are_in_it(house: House) -> None:
    """The same numbers as the reads of their own tell."""
    body = overview(house)
    [cpu] = of(body, "aws")["performance"]["data"]
    assert (cpu["metric_name"], cpu["unit"], cpu["avg"], cpu["resources"]) == (
        "cpu_utilization", "%", 1.5, 2,
    )  # fmt: skip
    assert of(body, "aws")["resources"]["data"] == [
        {"resource_type": "aws.ec2.instance", "status": "running", "resources": 2}
    ]
    [support] = body["applications"]["data"]
    assert (support["application_id"], support["requests"]) == (NAME, 100)
    assert support["pass_rate"]["n"] == 60


@pytest.mark.usefixtures("filled")
def test_a_part_without_data_says_why(house: House) -> None:
    """Not supported and not collected are two things, and neither is an empty list alone."""
    hetzner = of(overview(house), "hetzner")
    assert not hetzner["connected"]
    assert hetzner["costs"]["state"] == "not-collected"
    assert "Connect" in hetzner["costs"]["remedy"]
    assert hetzner["performance"]["state"] == "not-supported"
    assert hetzner["performance"]["reason"]


@pytest.mark.usefixtures("filled")
def test_parts_beyond_the_scopes_are_named_and_not_asked_for(house: House) -> None:
    """A key for costs sees costs; the others are null, with the scope that opens them."""
    body = overview(house, key="costs-only", days=3)
    assert {each["part"]: each["scope"] for each in body["withheld"]} == {
        "performance": "performance:read",
        "resources": "resources:read",
        "applications": "applications:read",
    }
    aws = of(body, "aws")
    assert aws["costs"]["data"]
    assert aws["performance"] is aws["resources"] is body["applications"] is None


def test_a_key_that_reads_nothing_is_refused(house: House) -> None:
    """Credentials may be written without seeing what things cost."""
    house.key("writer", ("credentials:write",), ("acme",))
    assert house.get(PATH, key="writer").status_code == 403


@pytest.mark.usefixtures("filled")
def test_no_other_customer_is_in_it(house: House) -> None:
    """Another customer's overview is not found; its names and sums are in nobody else's."""
    assert house.get("/api/v2/overview/globex").status_code == 404
    assert CANARY not in house.get(PATH).text


@pytest.mark.usefixtures("filled")
def test_the_same_again_costs_no_question(house: House) -> None:
    """The tag holds until something is committed; a narrower key has a tag of its own."""
    first = house.get(PATH, days=4)
    before = house.doors.warehouse.asked
    again = house.get(PATH, days=4, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, house.doors.warehouse.asked) == (304, before)
    other = house.get(PATH, key="costs-only", days=4)
    assert other.headers["ETag"] != first.headers["ETag"]


@pytest.mark.usefixtures("filled")
def test_a_failing_source_is_told_with_its_remedy(house: House) -> None:
    """What was collected stays; the reason and what to do about it stand beside it."""
    states = SourceStates(house.database)
    [state] = states.list("acme", "aws", "resource")
    told = {
        "last_error_code": "auth_failed",
        "last_error_detail": "the role was deleted",
        "last_error_remedy": "Create the role again.",
        "consecutive_failures": 3,
    }
    fields = {name: getattr(state, name) for name in SourceState.__dataclass_fields__}
    states.save(SourceState(**{**fields, **told}))
    house.clock.advance(timedelta(seconds=2))
    part = of(overview(house), "aws")["resources"]
    assert (part["failing"], part["state"]) == (1, "collected")
    assert (part["reason"], part["remedy"]) == ("the role was deleted", "Create the role again.")
    states.save(state)


@pytest.mark.usefixtures("filled")
def test_currencies_are_not_summed(house: House) -> None:
    """Euros and dollars are two rows."""
    day = datetime(2026, 10, 1, tzinfo=UTC)
    rows = [
        charge("3", day.date(), resource_id="a"),
        charge("4", day.date(), resource_id="b", billing_currency="EUR"),
        charge("5", day.date(), resource_id="c", list_cost=Decimal(6)),
    ]
    house.rewrite("acme", COST, Window(day, day + DAY), [*rows])
    house.clock.instant = NOW + timedelta(minutes=5)
    asked = {"start": "2026-10-01T00:00:00Z", "end": "2026-10-02T00:00:00Z"}
    sums = {row["currency"]: row["cost"] for row in overview(house, **asked)["costs"]}
    assert sums == {"EUR": "4", "USD": "8"}
    listed = {row["currency"]: row for row in overview(house, cost="list", **asked)["costs"]}
    assert listed["EUR"]["cost"] is None
    assert (listed["USD"]["cost"], listed["USD"]["unknown_rows"]) == ("6", 1)
