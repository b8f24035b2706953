"""Collecting: a trigger is a task with runs; equal ones share them; Dagster may be away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.errors import PartFailure
from optiinfra_core.tenancy.customers import Customers
from tests.api.house import NOW, CloudKey, House

TRIGGER = "/api/v1/collect/trigger"
STATUS = "/api/v1/collect/status"
BACKFILL = "/api/v1/collect/backfill"


@pytest.fixture
def customer(house: House) -> Iterator[str]:
    """A customer of its own with one account, so that tests do not join each other's runs."""
    slug = f"c{len(house.doors.customers.list())}"
    Customers(house.database).add(slug, slug)
    secret = CloudKey(access_key_id="AKIAEXAMPLE", secret_access_key=SecretStr("s" * 40))
    house.doors.vault.add(slug, "aws", secret, "main", "test")
    house.dagster.state.launched.clear()
    yield slug
    house.dagster.state.runs.clear()


def tags(launched: Any) -> dict[str, str]:
    """The tags of a run that was launched."""
    return {tag["key"]: tag["value"] for tag in launched["executionMetadata"]["tags"]}


def result(customer: str, task: str, run: str, **fields: Any) -> CollectionResult:
    """What a run reports about costs."""
    given = {
        "run_id": run,
        "task_id": UUID(task),
        "customer_id": customer,
        "provider": "aws",
        "data_type": "cost",
        "trigger": "api",
        "status": "succeeded",
        "started_at": NOW,
        "finished_at": NOW + timedelta(seconds=5),
        "rows": 12,
        "api_calls": 3,
        "api_usd": Decimal("0.0000003"),
    }
    return CollectionResult(**{**given, **fields})


def test_a_trigger_launches_one_run_with_its_days_and_tags(house: House, customer: str) -> None:
    """The customer becomes a partition, the assets and the days are named, the task is told."""
    body = {
        "customer_id": customer,
        "provider": "aws",
        "data_types": ["performance", "cost"],
        "start": "2026-11-20T00:00:00Z",
        "end": "2026-11-22T00:00:00Z",
    }
    answer = house.post(TRIGGER, body)
    task = answer.json()
    (launched,) = house.dagster.state.launched
    assert answer.status_code == 202
    assert ("customers_aws", customer) in house.dagster.state.partitions
    assert launched["selector"]["jobName"] == "collect_aws"
    assert launched["selector"]["assetSelection"] == [
        {"path": ["aws", "cost"]},
        {"path": ["aws", "performance"]},
    ]
    assert tags(launched) == {
        "dagster/asset_partition_range_start": f"{customer}|2026-11-20",
        "dagster/asset_partition_range_end": f"{customer}|2026-11-21",
        "optiinfra/customer": customer,
        "optiinfra/task_id": task["task_id"],
        "optiinfra/trigger": "api",
    }
    assert task["status"] == "queued"
    assert task["joined"] is False
    assert task["links"]["runs"] == [f"https://dagster.example/runs/{task['run_ids'][0]}"]


def test_without_days_it_is_as_far_back_as_the_sources_change(house: House, customer: str) -> None:
    """Costs are restated for two days: those are collected again, up to today."""
    house.post(TRIGGER, {"customer_id": customer, "provider": "aws"})
    (launched,) = house.dagster.state.launched
    assert tags(launched)["dagster/asset_partition_range_start"] == f"{customer}|2026-11-20"
    assert tags(launched)["dagster/asset_partition_range_end"] == f"{customer}|2026-11-22"
    assert len(launched["selector"]["assetSelection"]) == 3


def test_the_same_idempotency_key_is_the_same_task(house: House, customer: str) -> None:
    """A repeated request starts nothing; the key with another request is a conflict."""
    body = {"customer_id": customer, "provider": "aws", "data_types": ["cost"]}
    header = {"Idempotency-Key": "once"}
    first = house.post(TRIGGER, body, **header).json()
    house.dagster.state.runs[first["run_ids"][0]] = "SUCCESS"
    second = house.post(TRIGGER, body, **header).json()
    assert second["task_id"] == first["task_id"]
    assert len(house.dagster.state.launched) == 1
    other = house.post(TRIGGER, {**body, "data_types": ["performance"]}, **header)
    assert other.status_code == 409


def test_an_equal_trigger_joins_the_runs_under_way(house: House, customer: str) -> None:
    """A part of what is being collected is not collected twice; more than that is."""
    whole = {"customer_id": customer, "provider": "aws"}
    first = house.post(TRIGGER, whole).json()
    part = house.post(TRIGGER, {**whole, "data_types": ["cost"]}).json()
    assert part["joined"] is True
    assert part["run_ids"] == first["run_ids"]
    assert part["task_id"] != first["task_id"]
    longer = house.post(TRIGGER, {**whole, "start": "2026-11-10T00:00:00Z"}).json()
    assert longer["joined"] is False
    assert len(house.dagster.state.launched) == 2


def test_a_run_that_died_is_not_joined(house: House, customer: str) -> None:
    """Dagster says that it failed, though nobody has reported it."""
    body = {"customer_id": customer, "provider": "aws"}
    first = house.post(TRIGGER, body).json()
    house.dagster.state.runs[first["run_ids"][0]] = "FAILURE"
    second = house.post(TRIGGER, body).json()
    assert second["joined"] is False
    assert second["run_ids"] != first["run_ids"]


def test_equal_triggers_at_the_same_moment_start_one_run(house: House, customer: str) -> None:
    """Eight at once: one launches, the others join it."""
    body = {"customer_id": customer, "provider": "aws"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: house.post(TRIGGER, body), range(8)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(house.dagster.state.launched) == 1
    assert sorted(answer.json()["joined"] for answer in answers) == [False] + [True] * 7


def test_a_dagster_that_refuses_fails_the_task_until_it_is_sent_again(
    house: House, customer: str
) -> None:
    """503 with Retry-After and a remedy; the same request later starts the same task."""
    house.dagster.state.refuse_launch_as = "PythonError"
    body = {"customer_id": customer, "provider": "aws"}
    answer = house.post(TRIGGER, body, **{"Idempotency-Key": "again"})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Dagster" in answer.json()["remedy"]
    house.dagster.state.refuse_launch_as = None
    task = house.post(TRIGGER, body, **{"Idempotency-Key": "again"}).json()
    assert task["status"] == "queued"
    assert len(task["run_ids"]) == 1


def test_the_status_follows_dagster_and_the_results(house: House, customer: str) -> None:
    """Queued, running, then what the run reported: rows, calls, dollars and a link."""
    body = {"customer_id": customer, "provider": "aws"}
    task = house.post("/api/v2/costs/trigger-collection", body).json()
    (run,) = task["run_ids"]
    path = f"/api/v2/costs/collection-status/{task['task_id']}"
    assert house.get(path, key="admin").json()["status"] == "queued"
    house.dagster.state.runs[run] = "STARTED"
    assert house.get(path, key="admin").json()["status"] == "running"
    CollectionTasks(house.database).record_result(result(customer, task["task_id"], run))
    house.dagster.state.runs[run] = "SUCCESS"
    status = house.get(f"{STATUS}/{task['task_id']}", key="admin").json()
    (row,) = status["results"]
    assert status["status"] == "succeeded"
    assert (row["rows"], row["api_calls"], row["api_usd"]) == (12, 3, "0.0000003")
    assert row["link"] == f"https://dagster.example/runs/{run}"
    assert status["data_types"] == ["cost"]


def test_a_partial_collection_names_what_failed(house: House, customer: str) -> None:
    """One region was denied: the rest is there, the failure has its remedy."""
    task = house.post(
        TRIGGER, {"customer_id": customer, "provider": "aws", "data_types": ["cost"]}
    ).json()
    (run,) = task["run_ids"]
    denied = PartFailure(
        part="eu-west-1",
        code="permission-missing",
        detail="denied",
        remedy="Allow ce:GetCostAndUsage.",
        retryable=False,
    )
    report = result(
        customer,
        task["task_id"],
        run,
        status="partial",
        error_code="permission-missing",
        error_detail="one region was denied",
        remedy="Allow ce:GetCostAndUsage.",
        failed_parts=(denied,),
    )
    CollectionTasks(house.database).record_result(report)
    house.dagster.state.runs[run] = "FAILURE"
    status = house.get(f"{STATUS}/{task['task_id']}", key="admin").json()
    (row,) = status["results"]
    assert status["status"] == "partial"
    assert row["error"]["remedy"] == "Allow ce:GetCostAndUsage."
    assert row["failed_parts"][0]["part"] == "eu-west-1"


def test_a_run_that_dagster_forgot_has_failed(house: House, customer: str) -> None:
    """It will not report any more: the task ends instead of running for ever."""
    task = house.post(TRIGGER, {"customer_id": customer, "provider": "aws"}).json()
    house.dagster.state.runs.clear()
    assert house.get(f"{STATUS}/{task['task_id']}", key="admin").json()["status"] == "failed"


def test_the_history_is_newest_first_and_paged(house: House, customer: str) -> None:
    """Filters and cursor; every result once."""
    tasks = CollectionTasks(house.database)
    for number in range(5):
        tasks.record_result(
            result(
                customer,
                "00000000-0000-4000-8000-000000000000",
                f"r{number}",
                task_id=None,
                trigger="schedule",
                started_at=NOW + timedelta(minutes=number),
                status="failed" if number == 3 else "succeeded",
            )
        )
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = house.get(
            "/api/v1/collect/history", key="admin", customer_id=customer, limit=2, **cursor
        ).json()
        found += [row["run_id"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == ["r4", "r3", "r2", "r1", "r0"]
    failed = house.get(
        "/api/v1/collect/history", key="admin", customer_id=customer, status="failed"
    ).json()
    assert [row["run_id"] for row in failed["data"]] == ["r3"]
    alias = house.get(f"/api/v2/costs/{customer}/collection-history", key="admin").json()
    assert alias["count"] == 5


def test_freshness_tells_every_source(house: House) -> None:
    """Last success, lag, gaps and staleness of each provider, data type and account."""
    house.clock.advance(timedelta(hours=1))
    body = house.get("/api/v1/collect/freshness", customer_id="acme").json()
    found = {row["data_type"]: row for row in body["data"]}
    assert set(found) == {"cost", "performance", "resource"}
    assert found["performance"]["stale"] is True
    assert found["cost"]["stale"] is False
    assert found["cost"]["gaps"] == 0
    # Three quarters have ended and been published since the last sample.
    assert found["performance"]["gaps"] == 3
    assert found["performance"]["lag_seconds"] == 3600


def test_a_dry_run_says_what_is_possible_and_what_it_costs(house: House, customer: str) -> None:
    """By data type: days, calls, dollars, or the reason why not; nothing is started."""
    body = {
        "customer_id": customer,
        "provider": "aws",
        "start": "2026-10-23T00:00:00Z",
        "end": "2026-11-22T00:00:00Z",
        "dry_run": True,
    }
    answer = house.post(BACKFILL, body)
    plan = answer.json()
    cost, performance, resource = plan["data_types"]
    assert answer.status_code == 200
    assert (cost["partitions"], cost["estimated_calls"], cost["estimated_usd"]) == (30, "30", "0.3")
    assert performance["first_day"] == "2026-11-08"
    assert "15 days" in performance["reason"]
    assert resource["possible"] is False
    assert "now" in resource["reason"]
    assert plan["partitions"] == 30 + 14
    assert plan["task"] is None
    assert house.dagster.state.launched == []


def test_a_backfill_starts_a_run_for_each_span_of_days(house: House, customer: str) -> None:
    """Data types that can be asked as far back share a run; the others have their own."""
    body = {
        "customer_id": customer,
        "provider": "aws",
        "start": "2026-10-23T00:00:00Z",
        "end": "2026-11-22T00:00:00Z",
    }
    answer = house.post(BACKFILL, body)
    assert answer.status_code == 202
    assert len(answer.json()["task"]["run_ids"]) == 2
    spans = [tags(launched) for launched in house.dagster.state.launched]
    assert {span["dagster/asset_partition_range_start"] for span in spans} == {
        f"{customer}|2026-10-23",
        f"{customer}|2026-11-08",
    }
    assert {span["optiinfra/trigger"] for span in spans} == {"backfill"}


def test_a_backfill_of_what_only_exists_now_is_not_supported(house: House, customer: str) -> None:
    """The provider cannot be asked what existed last week."""
    body = {
        "customer_id": customer,
        "provider": "aws",
        "data_types": ["resource"],
        "start": "2026-11-01T00:00:00Z",
        "end": "2026-11-10T00:00:00Z",
    }
    answer = house.post(BACKFILL, body)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("not-supported")


def test_an_inactive_customer_is_not_collected(house: House, customer: str) -> None:
    """Switched off is not forgotten: the remedy says how to go on."""
    house.doors.customers.deactivate(customer)
    answer = house.post(TRIGGER, {"customer_id": customer, "provider": "aws"})
    assert answer.status_code == 409
    assert "Activate" in answer.json()["remedy"]


@pytest.mark.parametrize("data_type", ["costs", "performance", "resources"])
def test_each_data_type_has_its_own_trigger(house: House, customer: str, data_type: str) -> None:
    """The same as the general trigger, with the data type in the path."""
    path = f"/api/v2/{data_type}/trigger-collection"
    assert house.post(path, {"customer_id": customer, "provider": "aws"}).status_code == 202
    (launched,) = house.dagster.state.launched
    (asset,) = launched["selector"]["assetSelection"]
    assert asset["path"][1] == data_type.removesuffix("s")
