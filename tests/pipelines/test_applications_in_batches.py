"""A backfill's old calls are judged by batches: at half the price, once, by a later tick."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.judge_batches import JudgeBatches
from optiinfra_core.tenancy.judge_spending import settle_dead, spent_by
from optiinfra_core.windows import Window
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.double import GroqDouble, Setup
from tests.pipelines.judged_world import TODAY, World, address, metadata

ROOT = Path(__file__).parents[2]
OLD = date(2026, 11, 18)
MORNING = Window(datetime(2026, 11, 18, 10, tzinfo=UTC), datetime(2026, 11, 18, 11, tzinfo=UTC))
SCREENS = ("toxicity_screen", "relevance_screen")


@pytest.fixture
def groq() -> Iterator[GroqDouble]:
    """A judge that never errs."""
    with GroqDouble(Setup(cards=(Card(id="openai/gpt-oss-20b"),))) as double:
        yield double


@pytest.fixture
def world(
    doors: Doors, cloud: Provider, groq: GroqDouble, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A customer whose installation judges by the double, everything that it stores."""
    for name, value in {**address(groq), "judge_share": "1"}.items():
        monkeypatch.setenv(f"OPTIINFRA_{name.upper()}", value)
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(doors, cloud, instance).under(settings())


def waiting(world: World) -> int:
    """Batches that were sent and not collected."""
    return len(JudgeBatches(world.doors.database).under_way(world.customer, "toy"))


def test_a_backfill_sends_old_calls_as_one_batch_and_a_later_tick_collects_it(
    world: World,
) -> None:
    """Screens at once, the model within a day; each call once, at half the price."""
    calls = world.calls(40, MORNING)
    answered = {call.interaction_id: call for call in calls if not call.failed}
    world.store(calls)
    result = world.tick(trigger="backfill", days=(OLD,))
    assert result.success
    assert waiting(world) == 1
    told = metadata(result, "application")
    assert told["left"] == len(answered)
    assert "a batch judges them within a day" in told["missing"]
    assert {row["metric_name"] for row in world.scores()} == set(SCREENS)
    assert world.tick(trigger="backfill", days=(OLD,)).success
    for _ in range(4):
        world.advance()
        assert world.tick().success
    assert waiting(world) == 0
    rows = [row for row in world.scores() if row["judge"] == "groq"]
    each = Counter((row["interaction_id"], row["metric_name"]) for row in rows)
    assert set(each.values()) == {1}
    assert {name for name, _ in each} == answered.keys()
    assert len(each) == 3 * len(answered)
    for row in rows:
        assert row["status"] == "ok"
        if row["metric_name"] == "quality":
            planted = answered[row["interaction_id"]].defects["quality"]
            assert bool(row["passed"]) != planted


def test_a_batch_is_paid_once_and_from_the_same_purse(world: World) -> None:
    """Put aside when it is sent, settled by what its answers took; the ledger tells the same."""
    world.store(world.calls(30, MORNING))
    world.tick(trigger="backfill", days=(OLD,))
    [day] = [
        each
        for each in spent_by(world.doors.database, world.customer, TODAY)
        if each.scope == "application_day"
    ]
    assert day.reserved_usd > 0 == day.spent_usd
    for _ in range(4):
        world.advance()
        world.tick()
    [day] = [
        each
        for each in spent_by(world.doors.database, world.customer, TODAY)
        if each.scope == "application_day"
    ]
    prices = sum(row["judge_cost_usd"] or Decimal(0) for row in world.scores())
    assert day.reserved_usd == 0
    assert day.spent_usd == prices
    assert world.spent() == prices > 0


def test_young_calls_and_few_calls_are_judged_at_once(world: World) -> None:
    """A batch is for the past, and for more than a handful."""
    young = world.calls(30)
    few = [call for call in world.calls(6, MORNING) if not call.failed]
    world.store([*young, *few])
    assert world.tick(trigger="backfill", days=(OLD, TODAY)).success
    assert waiting(world) == 0
    judged = {row["interaction_id"] for row in world.scores("quality")}
    assert {call.interaction_id for call in few} <= judged
    assert len(judged) == sum(not call.failed for call in (*young, *few))


def test_a_run_that_dies_after_it_sent_a_batch_leaves_nothing_unsettled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lost batch is cancelled, its price counts as spent, and the calls are judged."""
    world.store(world.calls(30, MORNING))
    monkeypatch.setenv("OPTIINFRA_CRASH_AT", "after_batch")
    run = subprocess.run(
        [
            sys.executable, "-W", "ignore", "-m", "tests.pipelines.judging_process",
            world.customer, "backfill", OLD.isoformat(),
        ],
        cwd=ROOT, check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == -signal.SIGKILL, run.stderr.decode()
    monkeypatch.delenv("OPTIINFRA_CRASH_AT")
    assert waiting(world) == 0
    assert world.tick(trigger="backfill", days=(OLD,)).success
    assert waiting(world) == 1
    for _ in range(4):
        world.advance()
        assert world.tick().success
    rows = [row for row in world.scores() if row["judge"] == "groq"]
    assert {row["status"] for row in rows} == {"ok"}
    assert settle_dead(world.doors.database, world.advance() + timedelta(hours=3), lambda _: True)
    assert all(
        each.reserved_usd == 0 for each in spent_by(world.doors.database, world.customer, TODAY)
    )
