"""Ticks, checks and alerts of applications: they run when they must and name what is wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import dagster as dg
import pytest

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.tenancy.judge_spending import Caps, JudgeSpending
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, Series
from optiinfra_core.warehouse.questions.judging import GoldDay
from optiinfra_pipelines.assets.application_checks import application_checks, drifted
from optiinfra_pipelines.assets.applications import application_assets
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.jobs import JUDGING_TAG, judging_job
from optiinfra_pipelines.partitions import customer_days, customers_of
from optiinfra_pipelines.schedules import (
    RANGE_END,
    RANGE_START,
    judging_schedule,
    sync_customers,
)
from optiinfra_pipelines.sensors import told_of_alarms
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.double import GroqDouble, Setup
from tests.pipelines.conftest import NOON
from tests.pipelines.judged_world import World, judging, opened


@pytest.fixture
def world(doors: Doors, cloud: Provider) -> Iterator[World]:
    """A customer with an application and no credential."""
    with dg.instance_for_test() as instance:
        yield World(doors, cloud, instance)


@pytest.fixture
def groq() -> Iterator[GroqDouble]:
    """A judge that never errs."""
    with GroqDouble(Setup(cards=(Card(id="openai/gpt-oss-20b"),))) as double:
        yield double


def checked(world: World) -> dict[str, tuple[bool, str]]:
    """Each check of the judgements: whether it passed, and what it names."""
    days = customer_days("toy", world.doors.clock, 60)
    asset = application_assets(world.cloud, days, world.doors.settings)
    checks = list(application_checks(world.cloud))
    job = dg.define_asset_job("looking", selection=dg.AssetSelection.checks(*checks))
    made = dg.Definitions(
        assets=[asset],
        asset_checks=checks,
        jobs=[job],
        resources={"collection": opened(world.doors)},
    )
    result = made.resolve_job_def("looking").execute_in_process(instance=world.instance)
    return {
        each.check_name: (each.passed, str(each.metadata["which"].value))
        for each in result.get_asset_check_evaluations()
    }


def schedule(world: World) -> dg.ScheduleDefinition:
    """The tick of the scripted cloud's applications."""
    days = customer_days("toy", world.doors.clock, 60)
    asset = application_assets(world.cloud, days, world.doors.settings)
    made = judging_schedule(world.cloud, judging_job(world.cloud, asset))
    resources = {"collection": opened(world.doors)}
    defs = dg.Definitions(assets=[asset], schedules=[made], resources=resources)
    return defs.resolve_schedule_def(made.name)


def asked(world: World, at: datetime) -> dg.RunRequest | str:
    """What a tick answers: a run, or why there is none."""
    context = dg.build_schedule_context(instance=world.instance, scheduled_execution_time=at)
    decided = schedule(world)(context)
    if isinstance(decided, dg.RunRequest):
        return decided
    assert isinstance(decided, dg.SkipReason)
    return str(decided.skip_message)


def test_a_tick_covers_yesterday_and_today_of_everybody_with_an_application(
    world: World,
) -> None:
    """A customer without any credential is a partition all the same."""
    world.store(world.calls(3))
    request = asked(world, NOON)
    assert isinstance(request, dg.RunRequest)
    assert world.customer in sync_customers(world.instance, "toy")
    assert request.tags[RANGE_START].endswith("|2026-11-21")
    assert request.tags[RANGE_END].endswith("|2026-11-22")
    assert request.tags[JUDGING_TAG] == "toy"


def test_a_tick_is_skipped_where_nothing_was_seen_for_two_days(world: World) -> None:
    """No run, no partition, one sentence."""
    world.store(world.calls(3))
    assert "was seen for two days" in str(asked(world, NOON + timedelta(days=3)))
    assert world.instance.get_dynamic_partitions(customers_of("toy")) == []


def test_a_customer_that_is_switched_off_is_not_judged(world: World) -> None:
    """Its applications stay; its ticks stop."""
    other = World(world.doors, world.cloud, world.instance)
    other.store(other.calls(3))
    world.store(world.calls(3))
    Customers(world.doors.database).deactivate(world.customer)
    held = sync_customers(world.instance, "toy")
    assert other.customer in held
    assert world.customer not in held


def test_checks_pass_where_everything_is_judged(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Scored, without failures, within caps, and as good as ever."""
    world.under(judging(environment, groq)).store(world.calls(20))
    world.tick()
    world.advance(90)
    found = checked(world)
    assert sorted(found) == [
        "few_judgements_fail",
        "judge_as_good_as_ever",
        "judging_within_caps",
        "sample_is_scored",
    ]
    # Others in the database may be named; this one is not.
    assert not [name for name, (_, which) in found.items() if world.customer in which]


def test_checks_name_the_application_whose_sample_is_not_scored(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """A judge that refuses every request: nothing is scored, everything failed."""
    world.under(judging(environment, groq)).store(world.calls(10))
    groq.faults.add_told({"kind": "bad_request"})
    assert world.tick().success
    world.advance(90)
    found = checked(world)
    for name in ("sample_is_scored", "few_judgements_fail"):
        passed, which = found[name]
        assert not passed
        assert f"{world.customer} {world.application}" in which


def test_a_cap_that_was_passed_is_named(world: World) -> None:
    """Dollars that were spent beyond the installation's cap show with their application."""
    world.store(world.calls(1))
    caps = Caps(Decimal(100), Decimal(100))
    of = (world.customer, world.application)
    spending = JudgeSpending(world.doors.database, world.doors.clock, of, caps, "run")
    spending.settle(spending.reserve(Decimal(3)), Decimal(3))
    passed, which = checked(world)["judging_within_caps"]
    assert not passed
    assert f"{world.customer} {world.application}: 3.0" in which


def gold(day: int, sensitivity: float, model: str = "m") -> GoldDay:
    """A day on which a judge saw this share of the defects and passed every good answer."""
    return GoldDay("groq", model, "1-a", "quality", date(2026, 11, day), sensitivity, 1.0, 60)


def test_a_judge_that_got_worse_on_the_labelled_items_is_named() -> None:
    """More than five points of balanced accuracy below its first day; another model is another."""
    assert dict(drifted([gold(1, 0.9), gold(2, 0.85)])) == {}
    assert dict(drifted([gold(1, 0.9), gold(2, 0.7)])) == {
        "groq m 1-a quality": "0.95 at first, 0.85 now"
    }
    assert dict(drifted([gold(1, 0.9, "a"), gold(2, 0.5, "b")])) == {}


def test_an_alarm_is_told_once_when_it_is_raised_and_once_when_it_is_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also after a restart: what was told travels in the cursor."""
    told: list[tuple[str, dict[str, str]]] = []
    monkeypatch.setattr(
        "optiinfra_pipelines.sensors.tell", lambda event, **fields: told.append((event, fields))
    )
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    series = Series("acme", "support.assistant", "production", "quality", "groq", "m", "1-a")
    raised = QualityAlarm(
        id=uuid4(), series=series, provider="aws", raised_at=now, began_at=now, baseline_rate=0.05,
        current_rate=0.2, evidence=9.0, judged=200, attributed_to="model", attributed_value="x",
    )  # fmt: skip
    cursor = told_of_alarms([raised], [], now)
    cursor = told_of_alarms([raised], json.loads(json.dumps(cursor)), now)
    assert [event for event, _ in told] == ["quality.regressed"]
    fields = {name: getattr(raised, name) for name in QualityAlarm.__dataclass_fields__}
    cleared = QualityAlarm(**{**fields, "cleared_at": now + timedelta(hours=2)})
    cursor = told_of_alarms([cleared], cursor, now + timedelta(hours=3))
    assert [event for event, _ in told] == ["quality.regressed", "quality.recovered"]
    assert told_of_alarms([cleared], cursor, now + timedelta(days=2)) == []
    assert len(told) == 2
