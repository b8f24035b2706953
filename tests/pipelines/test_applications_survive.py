"""Faults, kill -9 and four runs at once: no call is lost, doubled or given a score it never got."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import dagster as dg
import pytest

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import settings
from optiinfra_core.tenancy.judge_spending import spent_by
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_simulator.applications.calls import Call
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.groq.mishaps import Kind
from tests.pipelines.judged_world import RAW, SAMPLE, TODAY, World, address

ROOT = Path(__file__).parents[2]
CARDS = (Card(id="openai/gpt-oss-20b"), Card(id="openai/gpt-oss-120b"))
# What passes by trying again and asks for no long wait.
PASSING = (
    Kind.ERROR_500, Kind.ERROR_502, Kind.HTML_502, Kind.RESET, Kind.CUT_BODY, Kind.HTML_200,
    Kind.NO_CHOICES, Kind.NULL_CONTENT, Kind.PROSE, Kind.OTHER_SCHEMA, Kind.SCHEMA_FAILED,
)  # fmt: skip
POINTS = ("after_plan", "after_sample", "after_judgements", "before_event")


@pytest.fixture
def groq() -> Iterator[GroqDouble]:
    """A judge that never errs where it answers."""
    with GroqDouble(Setup(cards=CARDS)) as double:
        yield double


@pytest.fixture
def world(
    doors: Doors, cloud: Provider, groq: GroqDouble, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A customer whose installation, in this process and in others, judges by the double."""
    for name, value in {**address(groq), "judge_share": "1"}.items():
        monkeypatch.setenv(f"OPTIINFRA_{name.upper()}", value)
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(doors, cloud, instance).under(settings())


def started(world: World) -> "subprocess.Popen[bytes]":
    """A tick in a process of its own, with the environment of the test."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.pipelines.judging_process", world.customer],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def assert_whole(world: World, calls: Sequence[Call]) -> None:
    """One score for each call, rubric and screen, and it is what was planted.

    Where the chain's first model failed in one run and its second managed in another, the failure
    stays in the first one's series: a status without a score.
    """
    answered = {call.interaction_id: call for call in calls if not call.failed}
    assert {row["interaction_id"] for row in world.ask(SAMPLE)} == answered.keys()
    rows = [row for row in world.scores() if row["status"] == "ok"]
    each = Counter((row["interaction_id"], row["metric_name"]) for row in rows)
    assert set(each.values()) == {1}
    assert len(each) == 5 * len(answered)
    assert all(row["score"] is None for row in world.scores() if row["status"] != "ok")
    for row in rows:
        if row["metric_name"] in ("quality", "toxicity"):
            planted = answered[row["interaction_id"]].defects[row["metric_name"]]
            assert bool(row["passed"]) != planted


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed_anywhere_is_taken_up_where_it_stopped(
    world: World, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL in the middle, then an ordinary tick: none lost, none doubled, none invented."""
    calls = world.calls(40)
    world.store(calls)
    monkeypatch.setenv("OPTIINFRA_CRASH_AT", point)
    run = started(world)
    _, told = run.communicate(timeout=120)
    assert run.returncode == -signal.SIGKILL, told.decode()
    monkeypatch.delenv("OPTIINFRA_CRASH_AT")
    before = {row["interaction_id"]: row for row in world.ask(SAMPLE)}
    assert world.tick().success
    assert_whole(world, calls)
    after = {row["interaction_id"]: row for row in world.ask(SAMPLE)}
    assert {name: after[name] for name in before} == before


def test_one_fault_in_ten_loses_doubles_and_invents_nothing(world: World, groq: GroqDouble) -> None:
    """Ticks until everything is settled; what failed on the way had a status and no score."""
    calls = world.calls(60)
    world.store(calls)
    groq.faults.mix(0.10, PASSING)
    for _ in range(4):
        assert world.tick().success
        assert all(row["score"] is None for row in world.scores() if row["status"] != "ok")
        world.advance()
    assert_whole(world, calls)


def test_a_run_killed_among_faults_loses_doubles_and_invents_nothing(
    world: World, groq: GroqDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both at once."""
    calls = world.calls(50)
    world.store(calls)
    groq.faults.mix(0.10, PASSING)
    monkeypatch.setenv("OPTIINFRA_CRASH_AT", "after_judgements")
    run = started(world)
    _, told = run.communicate(timeout=120)
    assert run.returncode == -signal.SIGKILL, told.decode()
    monkeypatch.delenv("OPTIINFRA_CRASH_AT")
    for _ in range(3):
        assert world.tick().success
        world.advance()
    assert_whole(world, calls)


def test_four_runs_at_once_stay_under_the_customers_cap(
    world: World, groq: GroqDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four applications, a cap for their customer: what they cost passes it by no call at all."""
    cap = Decimal("0.01")
    for application in ("support.assistant", "docs.copilot", "shop.search", "ops.triage"):
        world.store(world.calls(25, application=application))
    monkeypatch.setenv("OPTIINFRA_JUDGE_MONTHLY_BUDGET_USD", str(cap))
    runs = [started(world) for _ in range(4)]
    told = [run.communicate(timeout=180)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0, 0], "\n".join(told)
    month = {each.scope: each for each in spent_by(world.doors.database, world.customer, TODAY)}
    spent = month["customer_month"].spent_usd
    assert cap / 2 < spent <= cap
    assert spent == world.spent()
    assert month["customer_month"].reserved_usd == 0
    [raw] = world.ask(RAW)
    assert raw["rows"] >= len(world.scores())
    judged = [row for row in world.scores() if row["judge"] == "groq"]
    assert {(row["status"], row["reason"]) for row in judged} == {("ok", ""), ("skipped", "budget")}
