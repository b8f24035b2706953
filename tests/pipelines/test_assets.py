"""The assets as Dagster runs them: ranges, partial failure, retries, events and their metadata."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import timedelta

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import PartFailure, Permanent, Transient
from optiinfra_core.metrics import COST, METRICS, PERFORMANCE, RESOURCE, Row
from optiinfra_core.settings import Settings
from optiinfra_core.windows import FixedClock, Window
from optiinfra_pipelines.assets.collect import TRIGGER_TAG
from optiinfra_pipelines.assets.factory import collection_asset
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.jobs import collection_job
from optiinfra_pipelines.partitions import customer_days, customers_of, key_of
from optiinfra_pipelines.resources.collection import CollectionResource
from optiinfra_pipelines.schedules import RANGE_END, RANGE_START
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script, one_dollar_a_day

TODAY = NOON.date()


def opened(doors: Doors) -> CollectionResource:
    """The collection resource on doors that the test has opened, with the test's clock."""

    class OpenDoors(CollectionResource):
        @contextmanager
        def yield_for_execution(
            self, context: dg.InitResourceContext
        ) -> Generator[CollectionResource, None, None]:
            self._doors = doors
            yield self

    return OpenDoors()


class Stage:
    """A Dagster instance with the scripted cloud's job on it."""

    def __init__(
        self, instance: dg.DagsterInstance, cloud: Provider, doors: Doors, settings: Settings
    ) -> None:
        self.instance = instance
        self.days = customer_days(cloud.slug, FixedClock(NOON), 60)
        self.assets = [collection_asset(cloud, metric, self.days, settings) for metric in METRICS]
        self.job = dg.Definitions(
            assets=self.assets,
            jobs=[collection_job(cloud, self.assets)],
            resources={"collection": opened(doors)},
        ).resolve_job_def("collect_toy")

    def run(
        self, customers: list[str], *keys: dg.AssetKey, trigger: str = "schedule"
    ) -> dg.ExecuteInProcessResult:
        """One run over today's partitions of ``customers``, as the tick launches it."""
        self.instance.add_dynamic_partitions(customers_of("toy"), customers)
        return self.job.execute_in_process(
            instance=self.instance,
            asset_selection=list(keys) or None,
            raise_on_error=False,
            tags={
                RANGE_START: key_of(customers[0], TODAY),
                RANGE_END: key_of(customers[-1], TODAY),
                TRIGGER_TAG: trigger,
            },
        )

    def statuses(self, metric: str, customers: list[str]) -> dict[str, AssetPartitionStatus | None]:
        """Dagster's status of today's partition of each customer."""
        keys = {key_of(customer, TODAY): customer for customer in customers}
        told = self.instance.get_status_by_partition(
            dg.AssetKey(["toy", metric]), list(keys), self.days
        )
        return {keys[key]: status for key, status in (told or {}).items()}


@pytest.fixture
def stage(cloud: Provider, doors: Doors, environment: Settings) -> Iterator[Stage]:
    """A fresh Dagster instance."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield Stage(instance, cloud, doors, environment)


COST_KEY = dg.AssetKey(["toy", COST.name])
SAMPLES_KEY = dg.AssetKey(["toy", PERFORMANCE.name])


def test_one_run_collects_every_customer_and_each_gets_its_own_event(
    stage: Stage, tenants: Tenants
) -> None:
    """Partitions turn green one by one; the numbers a person asks for are on them."""
    customers = [tenants.add() for _ in range(3)]
    result = stage.run(customers)
    assert result.success
    for metric in (COST, PERFORMANCE, RESOURCE):
        assert set(stage.statuses(metric.name, customers).values()) == {
            AssetPartitionStatus.MATERIALIZED
        }
    events = result.asset_materializations_for_node(COST_KEY.to_python_identifier())
    todays = {e.partition: e for e in events if e.partition and e.partition.endswith(str(TODAY))}
    assert set(todays) == {key_of(customer, TODAY) for customer in customers}
    metadata = todays[key_of(customers[0], TODAY)].metadata
    assert metadata["api_calls"].value == 1
    assert metadata["api_dollars"].value == pytest.approx(0.01)
    assert metadata["rows"].value > 0


def test_days_that_a_tick_brings_up_to_date_show_in_their_own_partitions(
    stage: Stage, tenants: Tenants
) -> None:
    """Cost of the last days is read again with today's; their partitions say so."""
    customer = tenants.add()
    result = stage.run([customer], COST_KEY)
    events = result.asset_materializations_for_node(COST_KEY.to_python_identifier())
    yesterday = key_of(customer, TODAY - timedelta(days=1))
    assert yesterday in {event.partition for event in events}


def test_exactly_the_customers_that_failed_turn_red(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """One bad account among three leaves two green partitions and names the third."""
    customers = [tenants.add() for _ in range(3)]

    def closed(_: Window) -> Iterator[Row | PartFailure]:
        raise Permanent("the account is closed", remedy="Open it again.")
        yield

    script.answers[customers[1], "cost"] = closed
    result = stage.run(customers, COST_KEY)
    assert not result.success
    assert stage.statuses("cost", customers) == {
        customers[0]: AssetPartitionStatus.MATERIALIZED,
        customers[1]: AssetPartitionStatus.FAILED,
        customers[2]: AssetPartitionStatus.MATERIALIZED,
    }
    (failure,) = [e for e in result.all_node_events if e.is_step_failure]
    told = failure.step_failure_data.user_failure_data
    assert told is not None
    assert "Open it again." in str(told.metadata["failures"].value)
    assert (told.metadata["api_calls"].value, told.metadata["api_dollars"].value) == (1, 0.01)


def test_a_tick_with_nothing_to_fetch_leaves_the_partition_fresh_and_says_why(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """The next tick calls nothing, and its event still stands on the partition."""
    customer = tenants.add()
    stage.run([customer], COST_KEY)
    asked = len(script.asked)
    idle = stage.run([customer], COST_KEY)
    assert len(script.asked) == asked
    (event,) = idle.asset_materializations_for_node(COST_KEY.to_python_identifier())
    assert event.partition == key_of(customer, TODAY)
    assert "not due before 2026-11-22T20:00Z" in str(event.metadata["status"].value)
    assert event.metadata["api_dollars"].value == 0


def test_a_permanent_fault_is_not_retried(stage: Stage, tenants: Tenants, script: Script) -> None:
    """A refusal that repeats for ever is asked once."""
    customer = tenants.add()

    def closed(_: Window) -> Iterator[Row | PartFailure]:
        raise Permanent("no")
        yield

    script.answers[customer, "cost"] = closed
    assert not stage.run([customer], COST_KEY).success
    assert len(script.asked) == 1


def test_a_retry_collects_only_what_is_not_committed(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """The second attempt asks the customer that failed, and ends green."""
    good, shaky = tenants.add(), tenants.add()
    attempts: list[Window] = []

    def second_time_lucky(span: Window) -> Iterator[Row | PartFailure]:
        attempts.append(span)
        if len(attempts) == 1:
            raise Transient("connection reset")
        yield from one_dollar_a_day(span)

    script.answers[shaky, "cost"] = second_time_lucky
    result = stage.run([good, shaky], COST_KEY, trigger="api")
    assert result.success
    assert len(attempts) == 2
    assert [account for account, _, _ in script.asked].count(good) == 1
    assert set(stage.statuses("cost", [good, shaky]).values()) == {
        AssetPartitionStatus.MATERIALIZED
    }


def test_a_tick_with_nothing_due_leaves_the_partitions_green_and_calls_nobody(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """The tick is not the fetch: a second tick says why it did nothing."""
    customer = tenants.add()
    stage.run([customer])
    asked = len(script.asked)
    result = stage.run([customer])
    assert result.success
    assert len(script.asked) == asked
    (event, *_) = result.asset_materializations_for_node(COST_KEY.to_python_identifier())
    assert "not due before" in str(event.metadata["status"].value)


def test_the_rollup_follows_the_samples(stage: Stage, tenants: Tenants, doors: Doors) -> None:
    """After a run the day's rollup holds as many samples as were committed."""
    customer = tenants.add()
    result = stage.run([customer])
    key = dg.AssetKey(["toy", "performance_daily"])
    events = result.asset_materializations_for_node(SAMPLES_KEY.to_python_identifier())
    rolled = {event.partition: event for event in events if event.asset_key == key}
    today = rolled[key_of(customer, TODAY)]
    assert today.metadata["dagster/partition_row_count"].value == 1


def test_no_secret_reaches_dagster(stage: Stage, tenants: Tenants, script: Script) -> None:
    """Tokens appear in no event, no metadata and no run config, not even of a failed run."""
    customer = tenants.add()

    def leaky(_: Window) -> Iterator[Row | PartFailure]:
        raise Permanent(f"401 for token-of-{customer}")
        yield

    script.answers[customer, "cost"] = leaky
    result = stage.run([customer])
    assert not result.success
    events = stage.instance.all_logs(result.run_id)
    told = "\n".join(str(event) for event in events) + str(result.dagster_run.run_config)
    assert f"token-of-{customer}" not in told


def test_definitions_describe_every_asset_to_people(stage: Stage) -> None:
    """Every asset has a description, an owner, kinds and a group in the UI."""
    for asset in stage.assets:
        for spec in asset.specs:
            assert spec.description
            assert spec.owners
            assert spec.kinds
            assert spec.group_name == "toy"
