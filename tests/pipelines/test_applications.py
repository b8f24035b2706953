"""Applications through their assets: drawn, judged, summed up, and told honestly."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.settings import Settings
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.assets.application_run import MODELS_TAG
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.partitions import customer_days, key_of
from optiinfra_simulator.groq.cards import Card
from optiinfra_simulator.groq.double import GroqDouble, Setup
from tests.pipelines.judged_world import LEDGER, SAMPLE, TODAY, World, judging, metadata

SMALL, LARGE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
RUBRICS = ("quality", "toxicity", "faithfulness")
SCREENS = ("toxicity_screen", "relevance_screen")


@pytest.fixture
def world(doors: Doors, cloud: Provider) -> Iterator[World]:
    """A customer with an application and no credential."""
    with dg.DagsterInstance.ephemeral() as instance:
        yield World(doors, cloud, instance)


@pytest.fixture
def groq() -> Iterator[GroqDouble]:
    """A judge that never errs."""
    with GroqDouble(Setup(cards=(Card(id=SMALL), Card(id=LARGE)))) as double:
        yield double


def test_every_call_is_judged_and_the_judgements_say_what_was_planted(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Share 1: one row of each rubric for each call with an answer, right in every case."""
    calls = world.calls(30)
    world.under(judging(environment, groq)).store(calls)
    result = world.tick()
    assert result.success
    answered = {call.interaction_id: call for call in calls if not call.failed}
    assert {row["interaction_id"] for row in world.ask(SAMPLE)} == answered.keys()
    for metric in RUBRICS:
        rows = world.scores(metric)
        assert {row["interaction_id"] for row in rows} == answered.keys()
        assert {(row["status"], row["judge"]) for row in rows} == {("ok", "groq")}
    for metric in ("toxicity", "quality"):
        for row in world.scores(metric):
            assert bool(row["passed"]) != answered[row["interaction_id"]].defects[metric]
    told = metadata(result, "application")
    assert told["rows"] == len(world.scores()) == 5 * len(answered)
    assert told["api_calls"] == 3 * len(answered) == world.ask(LEDGER)[0]["calls"]
    assert told["statuses"] == {"ok": 5 * len(answered)}
    assert "missing" not in told


def test_what_judging_cost_is_the_same_wherever_it_is_told(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """The ledger of calls, the rows' own prices and the event agree to the last decimal."""
    world.under(judging(environment, groq)).store(world.calls(10))
    result = world.tick()
    rows = sum(row["judge_cost_usd"] or Decimal(0) for row in world.scores())
    assert rows == world.spent() > 0
    assert metadata(result, "application")["api_dollars"] == pytest.approx(float(rows))
    [state] = world.doors.states.list(world.customer, "toy", "application")
    assert (state.account_id, state.last_error_code) == (world.application, None)
    assert state.watermark is not None
    (done,), _ = world.doors.tasks.history(world.customer)
    assert (done.data_type, done.status, done.api_usd) == ("application", "succeeded", rows)


def test_a_second_tick_asks_the_judge_nothing(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """What is drawn stays drawn, what is judged is settled."""
    world.under(judging(environment, groq, judge_share=0.5)).store(world.calls(40))
    world.tick()
    before, asked = (world.ask(SAMPLE), world.scores()), len(groq.received)
    world.advance()
    assert metadata(world.tick(), "application")["rows"] == 0
    assert (world.ask(SAMPLE), world.scores()) == before
    assert len(groq.received) == asked > 0


def test_without_a_judge_the_screens_judge_and_the_event_says_what_is_missing(
    world: World, environment: Settings
) -> None:
    """Both screens of every sampled call, no row of a model, no dollar."""
    calls = world.calls(20)
    world.under(environment.model_copy(update={"judge_share": 1.0})).store(calls)
    result = world.tick()
    assert result.success
    answered = sum(not call.failed for call in calls)
    assert Counter(row["metric_name"] for row in world.scores()) == dict.fromkeys(SCREENS, answered)
    assert metadata(result, "application")["missing"] == "no judge is configured: only screens"
    assert world.ask(LEDGER)[0]["calls"] == 0


def test_a_judge_that_is_configured_later_judges_what_was_drawn(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """The screens' rows stay; the model's come beside them."""
    world.under(environment.model_copy(update={"judge_share": 1.0})).store(world.calls(10))
    world.tick()
    screened = [row for name in SCREENS for row in world.scores(name)]
    world.under(judging(environment, groq)).tick()
    assert [row for name in SCREENS for row in world.scores(name)] == screened
    assert len(world.scores("quality")) == len(world.ask(SAMPLE))


def test_another_model_is_judged_on_demand_as_another_series(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """The tag of a run names the model; the old rows stay as they were."""
    one = judging(environment, groq, judge_models=(SMALL,))
    world.under(one).store(world.calls(8))
    world.tick()
    old = world.scores("quality")
    assert world.tick(trigger="api", tags={MODELS_TAG: LARGE}).success
    both = world.scores("quality")
    assert [row for row in both if row["judge_model"] == SMALL] == old
    assert {row["interaction_id"] for row in both if row["judge_model"] == LARGE} == {
        row["interaction_id"] for row in old
    }


def test_a_call_that_comes_late_is_drawn_by_the_plan_of_its_window(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Nothing that was drawn changes; the late ones carry the same plan."""
    quarter = Window(
        world.doors.clock.now().replace(hour=11, minute=0),
        world.doors.clock.now().replace(hour=11, minute=0) + QUARTER_HOUR,
    )
    calls = world.calls(80, quarter)
    world.under(judging(environment, groq, judge_share=0.4)).store(calls[:60])
    world.tick("application_sample")
    before = world.ask(SAMPLE)
    [plan] = {row["plan"] for row in before}
    world.advance()
    world.store(calls[60:])
    result = world.tick("application_sample")
    after = world.ask(SAMPLE)
    late = {call.interaction_id for call in calls[60:]}
    assert [row for row in after if row["interaction_id"] not in late] == before
    assert {row["plan"] for row in after} == {plan}
    assert metadata(result, "application_sample")["drawn"] == len(after) - len(before) > 0


def test_failed_and_forbidden_calls_are_never_drawn(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Without an answer, without text, or without leave there is nothing to judge."""
    calls = world.calls(40)
    world.under(judging(environment, groq)).store(calls[:20])
    world.store(calls[20:], "hash")
    world.tick()
    answered = {call.interaction_id for call in calls[:20] if not call.failed}
    assert {row["interaction_id"] for row in world.ask(SAMPLE)} == answered


def test_texts_that_are_kept_in_full_are_redacted_before_the_judge_sees_them(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """A planted address reaches the table and never the wire."""
    calls = [call for call in world.calls(120) if call.exchange.planted.private][:5]
    assert calls
    world.under(judging(environment, groq)).store(calls, "full")
    assert world.tick().success
    sent = "".join(str(each.body) for each in groq.received)
    assert "@" in "".join(call.exchange.question for call in calls)
    assert "<EMAIL_" in sent
    assert not any(
        word in sent for call in calls for word in call.exchange.question.split() if "@" in word
    )


def test_a_spent_budget_is_told_and_the_next_day_goes_on(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Over the cap: status skipped, reason budget, no score; tomorrow's budget judges them."""
    world.under(judging(environment, groq, judge_daily_budget_usd=Decimal("0.005")))
    world.store(world.calls(40))
    result = world.tick()
    assert result.success
    assert "budget" in metadata(result, "application")["missing"]
    skipped = [row for row in world.scores() if row["status"] == "skipped"]
    assert skipped
    assert {(row["reason"], row["score"]) for row in skipped} == {("budget", None)}
    world.advance()
    assert world.tick().success
    assert world.spent() <= Decimal("0.005")
    assert {row["status"] for row in world.scores()} == {"ok", "skipped"}
    world.under(judging(environment, groq)).advance(24 * 60)
    tomorrow = TODAY + timedelta(days=1)
    assert world.tick(days=(TODAY, tomorrow)).success
    assert {row["status"] for row in world.scores()} == {"ok"}


def test_a_key_that_is_refused_fails_the_run_and_the_screens_stay(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """The calls and the sample are good, the judgements' partition is failed and says why."""
    world.store(world.calls(10))
    world.under(judging(environment, groq, judge_api_key="gsk_wrong"))
    result = world.tick()
    assert not result.success
    days = customer_days("toy", world.doors.clock, 60)
    key = key_of(world.customer, TODAY)
    statuses = {
        step: (world.instance.get_status_by_partition(dg.AssetKey(["toy", step]), [key], days)
               or {})[key]
        for step in ("application_sample", "application")
    }  # fmt: skip
    assert statuses == {
        "application_sample": AssetPartitionStatus.MATERIALIZED,
        "application": AssetPartitionStatus.FAILED,
    }
    assert {row["judge"] for row in world.scores()} == {"lexical-1"}
    [state] = world.doors.states.list(world.customer, "toy", "application")
    assert state.last_error_code == "credential-rejected"


def test_a_throttled_judge_leaves_the_rest_to_the_next_tick(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """The daily limit: no failure, no invented row; once it is over everything is judged."""
    world.under(judging(environment, groq)).store(world.calls(20))
    number = groq.faults.add_told({"kind": "throttle_day", "after": 12})["id"]
    result = world.tick()
    assert result.success
    told = metadata(result, "application")
    assert told["left"] > 0
    assert "left for a later run" in told["missing"]
    judged = [row for row in world.scores() if row["judge"] == "groq"]
    assert {row["status"] for row in judged} <= {"ok"}
    assert isinstance(number, int)
    groq.faults.clear(number)
    world.advance()
    assert metadata(world.tick(), "application")["left"] == 0
    assert len(world.scores("quality")) == len(world.ask(SAMPLE))


def test_a_failed_judgement_is_tried_again_by_later_runs_but_not_for_ever(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Status error and NULL; after nine attempts nobody asks any more."""
    world.under(judging(environment, groq, judge_models=(SMALL,))).store(world.calls(3))
    groq.faults.add_told({"kind": "bad_request", "sticky": True})
    for _ in range(12):
        assert world.tick().success
        world.advance()
    rows = [row for row in world.scores() if row["judge"] == "groq"]
    assert {(row["status"], row["score"], row["attempts"]) for row in rows} == {("error", None, 9)}
    asked = len(groq.received)
    groq.faults.clear()
    world.tick()
    assert len(groq.received) == asked


def test_a_customer_without_applications_is_looked_at_and_nothing_more(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """An observation, no materialisation; a task that asked is told that nothing was due."""
    result = world.under(judging(environment, groq)).tick(trigger="api")
    assert result.success
    assert not result.get_asset_materialization_events()
    (done,), _ = world.doors.tasks.history(world.customer)
    assert (done.data_type, done.status) == ("application", "skipped")


def test_an_applications_own_share_is_the_share_that_is_drawn(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Of 240 calls a quarter of them, within what chance allows."""
    world.under(judging(environment, groq, judge_share=0.01)).store(world.calls(240))
    Applications(world.doors.database).patch(
        world.customer, world.application, {"sample_share": 0.25},
        actor="test", at=world.doors.clock.now(),
    )  # fmt: skip
    world.tick("application_sample")
    rows = world.ask(SAMPLE)
    # 60 are expected; four standard deviations are 27.
    assert 33 <= len(rows) <= 87
    assert {row["stratum"] for row in rows} == {"uniform", "risk"}
    assert all(0.075 <= row["inclusion_probability"] <= 1 for row in rows)


def test_a_customer_that_takes_back_its_leave_is_obeyed_at_once(
    world: World, groq: GroqDouble, environment: Settings
) -> None:
    """Also for calls that were stored and drawn before: skipped, and nothing leaves the house."""
    world.under(judging(environment, groq)).store(world.calls(10))
    world.tick("application_sample")
    drawn = world.ask(SAMPLE)
    Applications(world.doors.database).patch(
        world.customer, world.application, {"send_to_judge": False},
        actor="test", at=world.doors.clock.now(),
    )  # fmt: skip
    assert world.tick().success
    assert not groq.received
    judged = [row for row in world.scores() if row["judge"] == "groq"]
    assert {(row["status"], row["reason"]) for row in judged} == {("skipped", "not_allowed")}
    assert world.ask(SAMPLE) == drawn
    assert {row["metric_name"] for row in world.scores() if row["status"] == "ok"} == set(SCREENS)
