"""A task is made once, follows its runs, and tells the truth about them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from uuid import uuid4

import pytest

from optiinfra_core.collecting.results import CollectionResult
from optiinfra_core.collecting.tasks import (
    CollectionTask,
    CollectionTasks,
    HistoryFilter,
    NewTask,
    status_of,
)
from optiinfra_core.database import Database
from optiinfra_core.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    PartFailure,
    Throttled,
    Transient,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DENIED = PartFailure(
    part="eu-west-1", code="permission-missing", detail="no", remedy="grant", retryable=False
)


@pytest.fixture
def tasks(database: Database) -> CollectionTasks:
    """The module's tasks."""
    return CollectionTasks(database)


@pytest.fixture
def wanted(acme: str) -> NewTask:
    """A request for two data types over a day."""
    return NewTask(
        customer_id=acme, provider="aws", data_types=("cost", "resource"), trigger="api",
        start=NOON - timedelta(days=1), end=NOON, idempotency_key=token_hex(4),
    )  # fmt: skip


@pytest.fixture
def task(tasks: CollectionTasks, wanted: NewTask) -> CollectionTask:
    """The task of that request."""
    return tasks.create(wanted)


@pytest.fixture
def run(task: CollectionTask) -> str:
    """A run id nobody else has."""
    return f"run-{task.id}"


def result(task: CollectionTask, run: str, data_type: str, status: str) -> CollectionResult:
    """What the run achieved for one data type."""
    return CollectionResult(
        run_id=run, customer_id=task.customer_id, provider=task.provider, data_type=data_type,
        trigger="api", status=status, started_at=NOON, finished_at=NOON + timedelta(seconds=9),
        windows=2, rows=100, api_calls=7, api_usd=Decimal("0.07"),
    )  # fmt: skip


def test_a_new_task_is_queued(
    tasks: CollectionTasks, task: CollectionTask, wanted: NewTask
) -> None:
    """It tells what was asked for; only its maker sees it as new."""
    assert (task.status, task.is_new, task.run_ids) == ("queued", True, ())
    assert (task.data_types, task.start, task.end) == (wanted.data_types, wanted.start, wanted.end)
    assert tasks.get(str(task.id)) == replace(task, is_new=False)


def test_the_same_key_answers_the_same_task(tasks: CollectionTasks, wanted: NewTask) -> None:
    """Eight callers at once: one task, one of them launches."""
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(tasks.create, [wanted] * 8))
    assert len({answer.id for answer in answers}) == 1
    assert sum(answer.is_new for answer in answers) == 1


def test_a_key_used_for_another_request_is_a_conflict(
    tasks: CollectionTasks, task: CollectionTask, wanted: NewTask, globex: str
) -> None:
    """Answering the old task would hide that nothing was started; other customers are free."""
    with pytest.raises(Conflict):
        tasks.create(replace(wanted, data_types=("cost",)))
    assert tasks.create(replace(wanted, customer_id=globex)).id != task.id


def test_without_a_key_every_request_is_its_own(tasks: CollectionTasks, wanted: NewTask) -> None:
    """Two requests, two tasks."""
    keyless = replace(wanted, idempotency_key=None)
    assert tasks.create(keyless).id != tasks.create(keyless).id


def test_what_cannot_be_meant_is_refused(tasks: CollectionTasks, wanted: NewTask) -> None:
    """No data type, no such customer, no such trigger, no such state."""
    with pytest.raises(InvalidRequest):
        tasks.create(replace(wanted, data_types=()))
    with pytest.raises(NotFound):
        tasks.create(replace(wanted, customer_id="nobody"))
    with pytest.raises(InvalidRequest):
        tasks.create(replace(wanted, trigger="magic", idempotency_key=None))
    with pytest.raises(InvalidRequest):
        tasks.mark_run("r", "magic")


def test_another_customers_task_does_not_exist(
    tasks: CollectionTasks, task: CollectionTask, globex: str
) -> None:
    """Nor does a malformed or unknown id."""
    assert tasks.get(task.id, task.customer_id).id == task.id
    for name, customer in ((task.id, globex), ("x", None), (uuid4(), None)):
        with pytest.raises(NotFound):
            tasks.get(name, customer)


def test_a_task_follows_its_run(tasks: CollectionTasks, task: CollectionTask, run: str) -> None:
    """Queued, running, succeeded; the state of a run that ended does not change any more."""
    tasks.attach_run(task.id, run)
    tasks.attach_run(task.id, run)
    assert tasks.get(task.id).runs == {run: "queued"}
    tasks.mark_run(run, "running")
    assert tasks.get(task.id).status == "running"
    for data_type in task.data_types:
        tasks.record_result(result(task, run, data_type, "succeeded"))
    assert tasks.get(task.id).status == "succeeded"
    tasks.mark_run(run, "succeeded")
    tasks.mark_run(run, "running")
    assert tasks.get(task.id).runs == {run: "succeeded"}


def test_a_run_is_attached_to_tasks_that_exist(tasks: CollectionTasks, run: str) -> None:
    """An unknown task is told, not ignored."""
    with pytest.raises(NotFound):
        tasks.attach_run(uuid4(), run)


def test_a_task_that_could_not_be_launched_has_failed(
    tasks: CollectionTasks, task: CollectionTask
) -> None:
    """With the reason and what to do."""
    tasks.fail(task.id, Transient("Dagster is away: token=abcdefgh", remedy="start it"))
    failed = tasks.get(task.id)
    assert failed.status == "failed"
    assert failed.error == {
        "code": "transient", "detail": "Dagster is away: token=[redacted]", "remedy": "start it",
    }  # fmt: skip


def test_tasks_under_way_can_be_joined(
    tasks: CollectionTasks, task: CollectionTask, run: str, wanted: NewTask
) -> None:
    """Two tasks share a run; both are done when it is."""
    assert [other.id for other in tasks.under_way(task.customer_id, "aws")] == [task.id]
    tasks.attach_run(task.id, run)
    joined = tasks.create(replace(wanted, data_types=("cost",), idempotency_key=None))
    tasks.attach_run(joined.id, run)
    assert len(tasks.under_way(task.customer_id)) == 2
    assert tasks.under_way(task.customer_id, "gcp") == ()
    tasks.record_result(result(task, run, "cost", "succeeded"))
    assert tasks.get(joined.id).status == "succeeded"
    assert [other.id for other in tasks.under_way(task.customer_id)] == [task.id]
    tasks.mark_run(run, "failed")
    assert tasks.under_way(task.customer_id) == ()
    assert tasks.get(task.id).status == "partial"


def test_results_are_of_the_tasks_own_customer_and_types(
    tasks: CollectionTasks, task: CollectionTask, run: str, globex: str
) -> None:
    """One run serves many customers; a task tells its own part."""
    tasks.attach_run(task.id, run)
    mine = tasks.record_result(result(task, run, "cost", "succeeded"))
    tasks.record_result(replace(result(task, run, "cost", "failed"), customer_id=globex))
    tasks.record_result(result(task, run, "performance", "succeeded"))
    assert tasks.results(task.id) == (mine,)
    direct = tasks.record_result(
        replace(result(task, f"{run}-2", "resource", "skipped"), task_id=task.id)
    )
    assert tasks.results(task.id) == (mine, direct)


def test_a_later_attempt_replaces_the_result(
    tasks: CollectionTasks, task: CollectionTask, run: str
) -> None:
    """One row for each run and data type, with every field of the last attempt."""
    first = tasks.record_result(
        replace(
            result(task, run, "cost", "partial"), failed_parts=(DENIED,),
            error_code=Throttled.code, error_detail="slow", remedy="wait",
        )
    )  # fmt: skip
    assert first.failed_parts == (DENIED,)
    later = replace(
        result(task, run, "cost", "succeeded"), started_at=NOON + timedelta(minutes=1), attempt=2
    )
    second = tasks.record_result(later)
    assert second == replace(later, id=first.id, started_at=NOON)
    assert tasks.record_result(later) == second
    assert tasks.history(task.customer_id)[0] == (second,)


def test_history_is_paged_newest_first(
    tasks: CollectionTasks, task: CollectionTask, run: str
) -> None:
    """Every result once, also where many began at the same instant and more arrive meanwhile."""
    for number in range(7):
        tasks.record_result(
            replace(
                result(task, f"{run}-{number}", "cost", "succeeded"),
                started_at=NOON + timedelta(minutes=number // 3),
            )
        )
    seen, cursor = tasks.history(task.customer_id, limit=3)
    tasks.record_result(
        replace(result(task, run, "cost", "failed"), started_at=NOON + timedelta(1))
    )
    pages = [seen]
    while cursor is not None:
        page, cursor = tasks.history(task.customer_id, cursor=cursor, limit=3)
        pages.append(page)
    assert [len(page) for page in pages] == [3, 3, 1]
    order = [one.run_id.rsplit("-", 1)[1] for page in pages for one in page]
    assert order == ["6", "5", "4", "3", "2", "1", "0"]


def test_history_can_be_narrowed(
    tasks: CollectionTasks, task: CollectionTask, run: str, globex: str
) -> None:
    """By provider, data type, status, and always by customer; the operator sees all."""
    good = tasks.record_result(result(task, run, "cost", "succeeded"))
    bad = tasks.record_result(result(task, run, "resource", "failed"))
    customer = task.customer_id
    assert tasks.history(customer, HistoryFilter(status="failed"))[0] == (bad,)
    assert tasks.history(customer, HistoryFilter(data_type="cost"))[0] == (good,)
    assert tasks.history(customer, HistoryFilter(provider="gcp"))[0] == ()
    assert tasks.history(globex)[0] == ()
    assert set(tasks.history(None, limit=1000)[0]) >= {good, bad}


@pytest.mark.parametrize(
    ("results", "runs", "status"),
    [
        ({}, [], "queued"),
        ({}, ["queued"], "queued"),
        ({}, ["queued", "running"], "running"),
        ({"cost": "succeeded"}, ["queued"], "running"),
        ({"cost": "succeeded", "resource": "skipped"}, ["running"], "succeeded"),
        ({"cost": "succeeded", "resource": "failed"}, ["running"], "running"),
        ({"cost": "succeeded", "resource": "failed"}, ["succeeded"], "partial"),
        ({"cost": "partial", "resource": "failed"}, ["failed"], "partial"),
        ({"cost": "failed", "resource": "failed"}, ["failed"], "failed"),
        ({"cost": "succeeded"}, ["failed"], "partial"),
        ({}, ["failed"], "failed"),
        ({}, ["succeeded"], "failed"),
        ({"cost": "succeeded", "resource": "failed"}, [], "partial"),
    ],
)
def test_a_status_is_derived_from_results_and_runs(
    task: CollectionTask, results: dict[str, str], runs: list[str], status: str
) -> None:
    """What no run reported counts as failed once the runs are over, and as open before."""
    achieved = [result(task, "r", name, state) for name, state in results.items()]
    states = {str(number): state for number, state in enumerate(runs)}
    assert status_of(task.data_types, states, achieved) == status


def test_the_newest_result_of_a_type_counts(task: CollectionTask) -> None:
    """A second run that mended what the first could not."""
    achieved = [
        result(task, "1", "cost", "failed"),
        result(task, "1", "resource", "succeeded"),
        result(task, "2", "cost", "succeeded"),
    ]
    assert status_of(task.data_types, {"1": "failed", "2": "succeeded"}, achieved) == "succeeded"
