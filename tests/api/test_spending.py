"""What collecting cost, budgets, and what providers cannot give."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.catalogue import ProviderCatalogue
from optiinfra_core.collecting.contract import Verification
from optiinfra_core.collecting.gate import Call
from optiinfra_core.collecting.state import SourceState, SourceStates
from optiinfra_core.metrics import COST, PERFORMANCE, Metric
from optiinfra_core.warehouse.calls import record_calls
from tests.api.house import AWS, HETZNER, NOW, CloudKey, House

COST_PATH = "/api/v1/collect/cost"
CREDENTIALS = "/api/v1/credentials"
ACCOUNT = "333333333333"


def call(at: datetime, usd: str, operation: str = "GetMetricData", **fields: Any) -> Call:
    """One call to the provider."""
    given = {"region": "us-east-1", "units": 500, "milliseconds": 40, "status": 200}
    flags = {"throttled": False}
    return Call(at=at, operation=operation, usd=Decimal(usd), **(given | flags | fields))


@pytest.fixture(scope="module")
def called(furnished: House) -> House:
    """A customer with two runs this month, one of them throttled, and one the month before."""
    house = furnished
    yesterday = NOW - timedelta(days=1)

    def ran(metric: Metric, run: str, *calls: Call) -> None:
        record_calls(house.warehouse, "acme", "aws", metric, ACCOUNT, run, calls)

    ran(PERFORMANCE, "run-a", call(yesterday, "0.30"), call(NOW, "0.40", throttled=True, error="x"))
    ran(COST, "run-b", call(NOW, "0.01", "GetCostAndUsage", units=1))
    ran(COST, "run-0", call(NOW - timedelta(days=40), "9", "GetCostAndUsage"))
    record_calls(house.warehouse, "globex", "aws", COST, "444", "run-g", [call(NOW, "7")])
    return house


@pytest.fixture
def spent(called: House) -> House:
    """The same at the present moment."""
    called.clock.instant = NOW
    return called


@pytest.fixture
def limited(spent: House) -> Iterator[House]:
    """Its account is connected, with a budget of one dollar."""
    vault = spent.doors.vault
    secret = CloudKey(access_key_id="AKIA", secret_access_key=SecretStr("s" * 20))
    record = vault.add("acme", "aws", secret, "main", "test")
    vault.record_verification(
        record.id, Verification(account_id=ACCOUNT, principal="p"), actor="test"
    )
    vault.set_budget(record.id, Decimal(1), "test")
    yield spent
    vault.delete(record.id, "test")


def test_dollars_calls_and_errors_of_the_month_are_told_by_day(spent: House) -> None:
    """The default is this month; the last month's nine dollars are not in it."""
    body = spent.get(COST_PATH, customer_id="acme").json()
    assert body["period"]["start"] == "2026-11-01T00:00:00Z"
    assert [(row["key"], row["usd"]) for row in body["data"]] == [
        ("2026-11-21", "0.3"), ("2026-11-22", "0.41"),
    ]  # fmt: skip
    assert body["total"] == {
        "calls": 3, "pages": 2, "units": 1001, "usd": "0.71", "throttled": 1, "errors": 1,
    }  # fmt: skip
    assert body["month_to_date_usd"] == "0.71"


@pytest.mark.parametrize(
    ("group_by", "first"),
    [
        ("run", "run-a"),
        ("provider", "aws"),
        ("data_type", "performance"),
        ("operation", "GetMetricData"),
        ("account", f"aws/{ACCOUNT}"),
    ],
)
def test_it_can_be_told_by_what_caused_it(spent: House, group_by: str, first: str) -> None:
    """The dearest first; groups add up to the whole."""
    body = spent.get(COST_PATH, customer_id="acme", group_by=group_by).json()
    assert body["data"][0]["key"] == first
    assert sum(Decimal(row["usd"]) for row in body["data"]) == Decimal("0.71")


def test_another_period_or_provider_can_be_asked_for(spent: House) -> None:
    """Forty-one days hold the nine dollars too; another cloud's calls cost nothing."""
    body = spent.get(COST_PATH, customer_id="acme", days=42).json()
    assert body["total"]["usd"] == "9.71"
    assert spent.get(COST_PATH, customer_id="acme", provider="hetzner").json()["count"] == 0
    assert spent.get(COST_PATH, customer_id="acme", provider="no-such").status_code == 404
    assert spent.get(COST_PATH, customer_id="acme", group_by="colour").status_code == 422


def test_the_month_is_projected_from_the_pace_of_the_last_days(spent: House) -> None:
    """0.71 so far, all of it in one day; eight days and fourteen hours are left."""
    (account,) = spent.get(COST_PATH, customer_id="acme").json()["accounts"]
    left = Decimal((datetime(2026, 12, 1, tzinfo=UTC) - NOW) / timedelta(days=1))
    projected = Decimal("0.71") * (1 + left)
    assert abs(Decimal(account["projected_month_usd"]) - projected) < Decimal("0.00001")
    assert account["budget_usd"] is None


def test_nobody_sees_what_another_customers_collection_costs(spent: House) -> None:
    """Not even how much."""
    assert spent.get(COST_PATH, "globex", customer_id="acme").status_code == 404
    assert spent.get(COST_PATH, "globex", customer_id="globex").json()["total"]["usd"] == "7"


def test_an_account_is_told_beside_its_budget(limited: House) -> None:
    """What is spent, what may be, and until when collection is slowed."""
    until = NOW + timedelta(days=2)
    state = SourceState(
        customer_id="acme", provider="aws", dataset="performance", account_id=ACCOUNT,
        source="cloudwatch", slowed_until=until, reason="slowed by the budget until then",
    )  # fmt: skip
    SourceStates(limited.database).save(state)
    limited.clock.instant = NOW + timedelta(seconds=5)
    (account,) = limited.get(COST_PATH, customer_id="acme").json()["accounts"]
    assert (account["budget_usd"], account["month_to_date_usd"]) == ("1", "0.71")
    assert datetime.fromisoformat(account["slowed_until"]) == until
    fresh = limited.get("/api/v1/collect/freshness", customer_id="acme").json()
    (source,) = (each for each in fresh["data"] if each["account_id"] == ACCOUNT)
    assert source["reason"] == "slowed by the budget until then"
    assert datetime.fromisoformat(source["slowed_until"]) == until
    assert fresh["not_supported"] == {
        "aws": {"application": "A cloud of machines runs no language model."}
    }
    SourceStates(limited.database).save(replace(state, slowed_until=None, reason=""))


def test_a_dry_run_is_held_against_the_budget(limited: House) -> None:
    """Thirty-five days of cost at a cent each exceed the 0.29 that are left of a dollar."""
    body = {
        "customer_id": "acme", "provider": "aws", "data_types": ["cost"], "dry_run": True,
        "start": "2026-10-18T00:00:00Z", "end": "2026-11-22T00:00:00Z",
    }  # fmt: skip
    plan = limited.post("/api/v1/collect/backfill", body).json()
    assert (plan["estimated_usd"], plan["spent_usd"], plan["budget_usd"]) == ("0.35", "0.71", "1")
    assert plan["exceeds_budget"] is True
    shorter = {**body, "start": "2026-11-20T00:00:00Z"}
    assert limited.post("/api/v1/collect/backfill", shorter).json()["exceeds_budget"] is False


def test_a_budget_is_set_changed_and_taken_away(limited: House) -> None:
    """By whoever may write credentials; each change is in the audit log."""
    (record,) = limited.doors.vault.list("acme")
    path = f"{CREDENTIALS}/{record.id}"

    def patch(body: dict[str, Any]) -> Any:
        return limited.client.patch(path, json=body, headers=limited.auth("admin"))

    assert patch({"budget_usd": "12.5"}).json()["budget_usd"] == "12.5"
    assert patch({"budget_usd": None}).json()["budget_usd"] is None
    for wrong in ({"budget_usd": "-1"}, {}, {"budget_usd": "1", "label": "x"}):
        assert patch(wrong).status_code == 422
    refused = limited.client.patch(path, json={"budget_usd": "1"}, headers=limited.auth("acme"))
    assert refused.status_code == 403
    audit = limited.get(f"{path}/audit", "admin").json()["data"]
    told = [each["detail"]["budget_usd"] for each in audit if each["action"] == "budget_set"]
    assert told == ["1", "12.5", None]


def test_a_read_of_what_a_provider_cannot_supply_says_so(house: House) -> None:
    """An empty list would look like a machine that does nothing."""
    poor = HETZNER.model_copy(update={"not_supported": {"performance": "It has no metrics."}})
    ProviderCatalogue(house.database).publish([AWS, poor])
    house.clock.instant = NOW + timedelta(minutes=5)
    answer = house.get("/api/v2/performance/acme/hetzner/metrics")
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("not-supported")
    assert answer.json()["detail"] == "Hetzner has no performance data: It has no metrics."
    assert house.get("/api/v2/performance/acme/all/metrics").status_code == 200
    ProviderCatalogue(house.database).publish([AWS, HETZNER])
