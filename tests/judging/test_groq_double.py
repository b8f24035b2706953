"""The judge before the simulated Groq: its limits are never touched, its mishaps never invent."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from pydantic import SecretStr

from optiinfra_core.applications.gold import gold
from optiinfra_core.applications.interaction import Message
from optiinfra_core.applications.judgement import Evidence
from optiinfra_core.applications.rubrics import RUBRICS, applicable
from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.settings import Settings
from optiinfra_pipelines.judging.batch_files import Request
from optiinfra_pipelines.judging.batches import Batches
from optiinfra_pipelines.judging.chain import open_judge
from optiinfra_pipelines.judging.groq_judge import GroqJudge
from optiinfra_pipelines.judging.spending import Purse
from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.groq.limits import Plan
from tests.judging.scripted import SMALL, Time, bench


@contextmanager
def judge_of(groq: GroqDouble, passing: Time, **told: Any) -> Iterator[tuple[GroqJudge, Purse]]:
    """A judge before the double, on the double's own clock of limits."""
    purse = Purse(Decimal(5))
    hosted = not groq.setup.self_hosted
    chosen = Settings(
        judge_api_key=SecretStr(groq.key) if hosted else None,
        judge_base_url=groq.base_url + ("/openai/v1" if hosted else ""),
        **told,
    )
    judge = open_judge(chosen, bench(passing, CallLog(), read_seconds=20.0), purse)
    assert judge is not None
    try:
        yield judge, purse
    finally:
        judge.close()


def exchange(number: int) -> Evidence:
    """One of many ordinary exchanges, all different."""
    return Evidence(
        conversation=(Message("user", f"When does shop {number} open?"),),
        answer=f"Shop {number} opens at nine.",
        context=(f"Shop {number} opens at nine in the morning." + " It is so." * (number % 50),),
    )


def test_the_plan_is_kept_to_the_last_request() -> None:
    """60 a minute and 60,000 tokens: of 300 requests the server refuses none."""
    passing = Time()
    told = {"requests_per_minute": 60, "tokens_per_minute": 60_000}
    with (
        GroqDouble(Setup(tick=passing.ticks, plan=Plan(**told))) as groq,
        judge_of(groq, passing, **{f"judge_{name}": each for name, each in told.items()}) as held,
    ):
        found = [held[0].judge("faithfulness", exchange(at)) for at in range(300)]
        assert {each.status for each in found} == {"ok"}
        assert dict(groq.violations) == {}
    assert 4 * 61 <= sum(passing.slept) < 6 * 61


def test_mixed_mishaps_lose_and_invent_nothing() -> None:
    """Every fault that a retry may cure, in 12 of 100 requests: the scores of a calm day."""
    passing = Time()
    with GroqDouble() as groq, judge_of(groq, passing) as (judge, purse):
        calm = [judge.judge("quality", exchange(at)) for at in range(40)]
        groq.mix(0.12)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda at: judge.judge("quality", exchange(at)), range(300)))
        assert purse.spent_usd > 0
    scored = [each for each in found if each.status == "ok"]
    assert len(found) == 300
    assert len(scored) > 290
    assert all(each.score is None for each in found if each.status != "ok")
    for before, after in zip(calm, found, strict=False):
        if after.status == "ok" and after.judge_model == before.judge_model:
            assert after.score == before.score


@pytest.mark.parametrize("self_hosted", [False, True])
def test_every_rubric_is_answered(self_hosted: bool) -> None:  # noqa: FBT001 - a parameter
    """By Groq and by a server of one's own: a row with a score or a reason why there is none."""
    with (
        GroqDouble(Setup(self_hosted=self_hosted)) as groq,
        judge_of(groq, Time()) as (judge, _),
    ):
        for item in (gold()[0], *(each for each in gold() if each.evidence.context)):
            for name in applicable(item.evidence):
                found = judge.judge(name, item.evidence)
                assert found.status == "ok"
                assert found.rubric_version == RUBRICS[name].version
                assert (found.cost_usd is None) is self_hosted


def test_a_model_that_is_retired_hands_over() -> None:
    """In the middle of a run: the next one judges, in a series of its own."""
    with GroqDouble() as groq, judge_of(groq, Time()) as (judge, _):
        assert judge.judge("quality", exchange(1)).judge_model == SMALL
        groq.retire(SMALL)
        assert judge.judge("quality", exchange(2)).judge_model == "openai/gpt-oss-120b"


def test_a_batch_says_what_single_calls_say() -> None:
    """The double shuffles and splits; each result is that of its own exchange."""
    asked = [
        Request(interaction_id=f"call-{at}", metric_name="faithfulness", evidence=exchange(at))
        for at in range(25)
    ]
    with GroqDouble() as groq, judge_of(groq, Time()) as (judge, _):
        batches = Batches(judge)
        sent = batches.submit(asked, "run-1")
        found = batches.collect(sent)
        for _ in range(10):
            found = batches.collect(sent) if found.state == "pending" else found
        for at, request in enumerate(asked):
            one = judge.judge("faithfulness", exchange(at))
            other = found.judgements[request.interaction_id, "faithfulness", 0]
            assert (one.score, one.label, one.verdicts) == (
                other.score,
                other.label,
                other.verdicts,
            )
