"""Customers' own tables are read by the same tick that judges, and by one of all the ticks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.collecting.interaction_source import DATASET, SLUG, ClickHouseSource
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.partitions import customer_days, key_of
from optiinfra_pipelines.schedules import sync_customers
from tests.pipelines.conftest import NOON
from tests.pipelines.foreign_tables import Foreign, calls, foreign_clickhouse
from tests.pipelines.judged_world import TODAY, World


@pytest.fixture
def foreign(clickhouse_server: ClickHouseEndpoint) -> Iterator[Foreign]:
    """Somebody's ClickHouse."""
    with foreign_clickhouse(clickhouse_server) as opened:
        yield opened


@pytest.fixture
def world(doors: Doors, cloud: Provider) -> Iterator[World]:
    """A customer without applications."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(doors, cloud, instance)


def connect(world: World, foreign: Foreign, **changes: Any) -> None:
    """Let the customer enter the foreign database as a source of calls."""
    endpoint = world.doors.warehouse.endpoint
    told = {
        "url": endpoint.url,
        "database": foreign.database,
        "user": endpoint.user,
        "password": endpoint.password,
        "layout": "otel_traces",
        **changes,
    }
    source = ClickHouseSource.model_validate(told)
    world.doors.vault.add(world.customer, SLUG, source, "otel_traces", "test")


def state(world: World) -> SourceState:
    """How the customer's one source stands."""
    [found] = world.doors.states.list(world.customer, SLUG, DATASET)
    return found


def test_a_tick_reads_the_customers_own_tables_once_for_all_clouds(
    world: World, foreign: Foreign
) -> None:
    """Five minutes later a tick leaves them alone; a quarter later one reads again."""
    foreign.span(NOON - timedelta(minutes=30), "1" * 16)
    connect(world, foreign)
    assert world.customer in sync_customers(world.instance, "toy")
    assert world.tick().success
    assert len(calls(world.doors, world.customer)) == 1
    first = state(world).last_attempt_at
    world.advance(5)
    assert world.tick().success
    assert state(world).last_attempt_at == first
    foreign.span(NOON - timedelta(minutes=20), "2" * 16)
    world.advance(10)
    assert world.tick().success
    assert len(calls(world.doors, world.customer)) == 2


def test_a_source_that_refuses_fails_its_own_asset_and_nothing_else(
    world: World, foreign: Foreign
) -> None:
    """What the doors took in is judged all the same."""
    connect(world, foreign, password="wrong")  # noqa: S106 - that it is wrong is the point
    world.store(world.calls(5))
    result = world.tick()
    assert not result.success
    days, key = customer_days("toy", world.doors.clock, 60), key_of(world.customer, TODAY)
    told = {
        step: (world.instance.get_status_by_partition(dg.AssetKey(["toy", step]), [key], days)
               or {})[key]
        for step in ("application_interactions", "application_sample", "application")
    }  # fmt: skip
    assert told == {
        "application_interactions": AssetPartitionStatus.FAILED,
        "application_sample": AssetPartitionStatus.MATERIALIZED,
        "application": AssetPartitionStatus.MATERIALIZED,
    }
    (done,), _ = world.doors.tasks.history(world.customer)
    assert (done.status, done.error_code) == ("partial", "credential-rejected")
