"""Days that a provider cannot tell any more: asked for in the Dagster UI, they are not green."""

import logging
from dataclasses import replace
from datetime import date, timedelta

import dagster as dg

from optiinfra_core.collecting.contract import Rhythm
from optiinfra_core.metrics import COST, RESOURCE
from optiinfra_core.windows import DAY
from optiinfra_pipelines.partitions import customers_of, key_of
from optiinfra_pipelines.schedules import RANGE_END, RANGE_START
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script, toy
from tests.pipelines.test_assets import Stage, stage

__all__ = ["stage"]

TODAY = NOON.date()
FIRST = TODAY - timedelta(days=3)


def asked_in_the_ui(
    stage: Stage, customer: str, metric: str, first: date
) -> dg.ExecuteInProcessResult:
    """A run as the UI's backfill makes it: a range of days, and none of our tags."""
    stage.instance.add_dynamic_partitions(customers_of("toy"), [customer])
    return stage.job.execute_in_process(
        instance=stage.instance,
        asset_selection=[dg.AssetKey(["toy", metric])],
        raise_on_error=False,
        tags={RANGE_START: key_of(customer, first), RANGE_END: key_of(customer, TODAY)},
    )


def seen(stage: Stage, metric: str) -> tuple[dict[str, str], dict[str, str]]:
    """The status that each materialised and each only observed day tells, by partition."""
    key = dg.AssetKey(["toy", metric])
    made = stage.instance.fetch_materializations(key, limit=100).records
    looked = stage.instance.fetch_observations(key, limit=100).records
    green, grey = {}, {}
    for record in made:
        event = record.asset_materialization
        assert event is not None
        green[str(event.partition)] = str(event.metadata["status"].value)
    for record in looked:
        seen = record.asset_observation
        assert seen is not None
        grey[str(seen.partition)] = str(seen.metadata["status"].value)
    return green, grey


def test_past_days_of_an_inventory_are_observed_with_the_reason(
    stage: Stage, tenants: Tenants
) -> None:
    """Only today can be listed: today is green, the days before it say why they are not."""
    customer = tenants.add()
    assert asked_in_the_ui(stage, customer, RESOURCE.name, FIRST).success
    green, grey = seen(stage, RESOURCE.name)
    assert set(green) == {key_of(customer, TODAY)}
    assert set(grey) == {key_of(customer, FIRST + timedelta(days=n)) for n in range(3)}
    assert set(grey.values()) == {
        "the provider only tells what exists now; past days cannot be collected"
    }


def test_days_over_the_providers_limit_name_the_oldest_that_it_still_tells(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """Half of what was asked for is collected; the other half answers with a date to ask for."""
    customer = tenants.add()
    usual = script.rhythms["cost"] = short_memory(script)
    assert asked_in_the_ui(stage, customer, COST.name, FIRST).success
    green, grey = seen(stage, COST.name)
    oldest = (NOON - (usual.history or DAY)).date() + timedelta(days=1)
    assert key_of(customer, TODAY) in green
    assert key_of(customer, FIRST) in grey
    told = grey[key_of(customer, FIRST)]
    assert told == f"the provider keeps 2 days; these days are older: ask for {oldest} and later"


def test_the_run_warns_of_every_day_that_was_asked_for_in_vain(
    stage: Stage, tenants: Tenants, script: Script
) -> None:
    """Whoever looks at the run's log finds the day and the remedy without opening events."""
    customer = tenants.add()
    script.rhythms["cost"] = short_memory(script)
    result = asked_in_the_ui(stage, customer, COST.name, FIRST)
    warnings = [
        entry.user_message
        for entry in stage.instance.all_logs(result.run_id)
        if entry.level == logging.WARNING
    ]
    [told] = [line for line in warnings if key_of(customer, FIRST) in line]
    assert "ask for" in told


def test_every_day_of_a_backfill_tells_its_own_rows(stage: Stage, tenants: Tenants) -> None:
    """The plot of rows over days shows days, not the sum of them on the last one."""
    customer = tenants.add()
    asked_in_the_ui(stage, customer, COST.name, FIRST)
    records = stage.instance.fetch_materializations(dg.AssetKey(["toy", "cost"]), limit=100).records
    rows = {
        record.partition_key: record.asset_materialization.metadata["rows"].value
        for record in records
        if record.asset_materialization
    }
    assert rows == {key_of(customer, FIRST + timedelta(days=n)): 1 for n in range(4)}


def short_memory(script: Script) -> Rhythm:
    """The scripted cloud's rhythm of cost, with two days of history."""
    return replace(toy(script).collector(COST).typical.rhythm, history=2 * DAY)
