"""How the furnished collections go: a source that fails, a gap, dollars, a secret that expires."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pydantic import SecretStr

from optiinfra_core.collecting.contract import Verification
from optiinfra_core.collecting.gate import Call
from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window
from tests.api.house import NOW, CloudKey, House
from tests.dashboard.accounts import CHEAP, PRODUCTION, STAGING, Account
from tests.dashboard.machines import LAST, STAGED_UNTIL

DENIED = "AccessDenied: cloudwatch:GetMetricData is not allowed for arn:aws:iam::333333333333."
REMEDY = "Attach cloudwatch:GetMetricData to the role, then verify the credential."
EXPIRES_AT = NOW + timedelta(days=9)
HOUR = timedelta(hours=1)


def furnish_states(house: House) -> None:
    """Staging's samples fail since six hours; its inventory lacks two hours in the middle."""
    STAGING.note(
        house,
        PERFORMANCE,
        watermark=STAGED_UNTIL,
        last_success_at=STAGED_UNTIL,
        committed_at=STAGED_UNTIL,
        consecutive_failures=24,
        last_error_code="unauthorized",
        last_error_detail=DENIED,
        last_error_remedy=REMEDY,
    )
    day = Window(LAST - DAY, LAST + QUARTER_HOUR)
    hole = Window(LAST - 12 * HOUR, LAST - 10 * HOUR)
    for part in (Window(day.start, hole.start), Window(hole.end, day.end)):
        STAGING.commit(house, RESOURCE, part, [])


def result(account: Account, number: int, **told: Any) -> CollectionResult:
    """What the run with this number achieved, an hour before the one with the number below."""
    started = NOW - (number + 1) * HOUR
    given = {
        "run_id": f"history-{number}",
        "customer_id": account.customer,
        "provider": account.provider,
        "data_type": "cost",
        "trigger": "schedule",
        "status": "succeeded",
        "started_at": started,
        "finished_at": started + timedelta(seconds=8 + number),
        "windows": 3,
        "rows": 540 + number,
        "api_calls": 2,
        "api_usd": Decimal("0.02"),
    }
    return CollectionResult(**{**given, **told})


def furnish_history(house: House) -> None:
    """Runs that succeeded, one that failed, one of which a region failed, one skipped."""
    failed = {"error_code": "unauthorized", "error_detail": DENIED, "remedy": REMEDY}
    slow = PartFailure(
        part="eu-central-1", code="throttled", detail="", remedy="Wait.", retryable=True
    )
    tasks = CollectionTasks(house.database)
    for each in (
        result(STAGING, 0, data_type="performance", status="failed", rows=0, **failed),
        result(PRODUCTION, 1),
        result(PRODUCTION, 2, data_type="resource", status="partial", failed_parts=(slow,)),
        result(CHEAP, 3, trigger="api"),
        result(PRODUCTION, 4, status="skipped", windows=0, rows=0, api_calls=0, api_usd=Decimal(0)),
        *(result(PRODUCTION, number, data_type="performance") for number in range(5, 40)),
    ):
        tasks.record_result(each)


def furnish_calls(house: House) -> None:
    """Twelve days of calls to providers; one was throttled."""

    def called(account: Account, metric: Metric, operation: str, usd: str, units: int) -> None:
        calls = [
            Call(
                at=NOW - ago * DAY,
                operation=operation,
                region="us-east-1",
                units=units,
                usd=Decimal(usd) * (ago + 1),
                milliseconds=80,
                status=200,
                throttled=ago == 3,
                error="Rate exceeded" if ago == 3 else "",
            )
            for ago in range(12)
        ]
        record_calls(
            house.warehouse, "acme", account.provider, metric, account.id, operation, calls
        )

    called(PRODUCTION, COST, "GetCostAndUsage", "0.01", 1)
    called(PRODUCTION, PERFORMANCE, "GetMetricData", "0.004", 400)
    called(CHEAP, RESOURCE, "ListInstances", "0", 1)


def connect(house: House, account: Account, label: str, **told: Any) -> None:
    """A credential that was verified, or refused where permissions are missing."""
    secret = CloudKey(access_key_id="AKIAEXAMPLE", secret_access_key=SecretStr("s" * 40))
    vault = house.doors.vault
    record = vault.add(account.customer, account.provider, secret, label, "test")
    found: Mapping[str, Any] = {"account_id": account.id, "principal": f"role/{label}", **told}
    vault.record_verification(record.id, Verification(**found), actor="test")
    vault.set_budget(record.id, Decimal(5), "test")


def furnish_collecting(house: House) -> None:
    """All of it."""
    furnish_states(house)
    furnish_history(house)
    furnish_calls(house)
    connect(house, PRODUCTION, "production", permissions_found=("ce:GetCostAndUsage",))
    connect(house, STAGING, "staging", permissions_missing=("cloudwatch:GetMetricData",))
    connect(house, CHEAP, "small cloud", expires_at=EXPIRES_AT)
