"""Ticks, dead runs and alerts, on a real Dagster instance and the test's servers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.test_utils import create_run_for_test

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import Settings, settings
from optiinfra_core.testing.http_double import HttpDouble, Reply
from optiinfra_core.windows import SystemClock
from optiinfra_pipelines.assets.collect import TRIGGER_TAG
from optiinfra_pipelines.assets.factory import collection_asset
from optiinfra_pipelines.collection.doors import RUN_LEASE, Doors
from optiinfra_pipelines.jobs import collection_job
from optiinfra_pipelines.partitions import customer_days, customers_of, key_of
from optiinfra_pipelines.reaper import reap
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.schedules import RANGE_END, RANGE_START, sync_customers, tick_schedule
from optiinfra_pipelines.sensors import job_failed, job_recovered
from tests.pipelines.conftest import Tenants

AT = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """A Dagster instance of its own."""
    with dg.instance_for_test() as fresh:
        yield fresh


@pytest.fixture
def tick(cloud: Provider, environment: Settings) -> dg.ScheduleDefinition:
    """The scripted cloud's schedule."""
    days = customer_days(cloud.slug, SystemClock(), 30)
    metrics = [collector.metric for collector in cloud.collectors]
    assets = [collection_asset(cloud, metric, days, environment) for metric in metrics]
    schedule = tick_schedule(cloud, collection_job(cloud, assets))
    resources = {"collection": CollectionResource()}
    defs = dg.Definitions(assets=assets, schedules=[schedule], resources=resources)
    return defs.resolve_schedule_def(schedule.name)


def evaluate(
    tick: dg.ScheduleDefinition, instance: dg.DagsterInstance
) -> dg.RunRequest | dg.SkipReason:
    """What the tick at a quarter past noon decides."""
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=AT)
    decided = tick(context)
    assert isinstance(decided, dg.RunRequest | dg.SkipReason)
    return decided


def test_a_tick_without_customers_is_skipped_with_the_reason(
    tick: dg.ScheduleDefinition, instance: dg.DagsterInstance, doors: Doors
) -> None:
    """An empty installation starts no runs."""
    for record in doors.vault.for_provider("toy"):
        doors.vault.delete(record.id, "test")
    decided = evaluate(tick, instance)
    assert isinstance(decided, dg.SkipReason)
    assert "no customer" in str(decided.skip_message)


def test_one_run_covers_todays_partition_of_every_customer(
    tick: dg.ScheduleDefinition, instance: dg.DagsterInstance, tenants: Tenants
) -> None:
    """A run costs seconds before it does anything, so there is one for all."""
    wanted = {tenants.add(), tenants.add()}
    decided = evaluate(tick, instance)
    assert isinstance(decided, dg.RunRequest)
    keys = instance.get_dynamic_partitions(customers_of("toy"))
    assert wanted <= set(keys)
    assert decided.tags[RANGE_START] == key_of(keys[0], AT.date())
    assert decided.tags[RANGE_END] == key_of(keys[-1], AT.date())
    assert decided.tags[TRIGGER_TAG] == "schedule"


def test_the_same_tick_has_the_same_run_key(
    tick: dg.ScheduleDefinition, instance: dg.DagsterInstance, tenants: Tenants
) -> None:
    """Evaluated twice, it is still one run."""
    tenants.add()
    first, second = evaluate(tick, instance), evaluate(tick, instance)
    assert isinstance(first, dg.RunRequest)
    assert isinstance(second, dg.RunRequest)
    assert first.run_key == second.run_key


def test_a_tick_does_not_pile_up_on_one_that_still_runs(
    tick: dg.ScheduleDefinition, instance: dg.DagsterInstance, tenants: Tenants
) -> None:
    """What the running tick leaves is found by the next one."""
    tenants.add()
    create_run_for_test(
        instance,
        job_name="collect_toy",
        status=dg.DagsterRunStatus.STARTED,
        tags={TRIGGER_TAG: "schedule"},
    )
    assert isinstance(evaluate(tick, instance), dg.SkipReason)


def test_a_customer_without_a_credential_leaves_the_partitions(
    environment: Settings, instance: dg.DagsterInstance, tenants: Tenants, doors: Doors
) -> None:
    """Deleting the last credential takes the customer out of the next range."""
    stays, goes = tenants.add(), tenants.add()
    assert {stays, goes} <= set(sync_customers(instance, "toy"))
    (credential,) = doors.vault.list(goes)
    doors.vault.delete(credential.id, "test")
    left = sync_customers(instance, "toy")
    assert stays in left
    assert goes not in left


def test_a_run_whose_process_is_gone_is_failed(instance: dg.DagsterInstance, doors: Doors) -> None:
    """A STARTED run without a lease would hold its pool slot for ever."""
    dead = create_run_for_test(instance, job_name="j", status=dg.DagsterRunStatus.STARTED)
    alive = create_run_for_test(instance, job_name="j", status=dg.DagsterRunStatus.STARTED)
    with doors.database.try_lock(RUN_LEASE, alive.run_id):
        assert reap(instance, doors.database, SystemClock(), timedelta(0)) == [dead.run_id]
    run = instance.get_run_by_id(dead.run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.FAILURE


def test_a_run_that_is_just_starting_is_left_alone(
    instance: dg.DagsterInstance, doors: Doors
) -> None:
    """A worker takes its lease with its first step; until then it has its grace."""
    create_run_for_test(instance, job_name="j", status=dg.DagsterRunStatus.STARTED)
    assert reap(instance, doors.database, SystemClock(), timedelta(minutes=5)) == []


class Webhook(HttpDouble):
    """Collects what is posted to it."""

    def __init__(self) -> None:
        super().__init__(lambda _: Reply(status=204))

    @property
    def told(self) -> list[dict[str, str]]:
        """What was posted, in order."""
        return [json.loads(each.body) for each in self.seen]


@pytest.fixture
def webhook(environment: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    """An alert receiver that the settings name."""
    with Webhook() as receiver:
        monkeypatch.setenv("OPTIINFRA_ALERT_WEBHOOK_URL", f"{receiver.url}/hook")
        settings.cache_clear()
        yield receiver


def run_once(instance: dg.DagsterInstance, *, fails: bool) -> dg.ExecuteInProcessResult:
    """One run of a job that fails or not."""

    @dg.op
    def step() -> None:
        if fails:
            raise dg.Failure("out of luck")

    @dg.job(name="lucky")
    def lucky() -> None:
        step()

    return lucky.execute_in_process(instance=instance, raise_on_error=False)


def alert(instance: dg.DagsterInstance, result: dg.ExecuteInProcessResult) -> None:
    """Hand the end of a run to the sensor that watches for it."""
    context = dg.build_run_status_sensor_context(
        sensor_name="s",
        dagster_event=(
            result.get_run_success_event() if result.success else result.get_run_failure_event()
        ),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    )
    if result.success:
        job_recovered(context)
    else:
        job_failed(context.for_run_failure())


def test_repeated_failures_are_one_alert_and_the_recovery_is_one_more(
    instance: dg.DagsterInstance, webhook: Webhook
) -> None:
    """Ninety-six ticks a day must not be ninety-six alerts."""
    for fails in (False, True, True, True, False, False):
        alert(instance, run_once(instance, fails=fails))
    assert [told["event"] for told in webhook.told] == ["job.failed", "job.recovered"]
    assert "/runs/" in webhook.told[0]["link"]
