"""Judgements and samples are written so that whatever is repeated changes nothing."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse.judgements import (
    Inclusion,
    JudgedCall,
    JudgementWriter,
    ScoredInteraction,
)
from optiinfra_core.warehouse.samples import SampledInteraction, SampleWriter
from tests.core.warehouse.scene import NOON, Scene

SERVED = (
    "SELECT status, reason, score, passed, judge_cost_usd, verdicts, toString(timestamp) AS at"
    " FROM application_metrics FINAL WHERE customer_id = {customer:String}"
    " ORDER BY metric_name, judge_model"
)
SAMPLED = (
    "SELECT interaction_id, inclusion_probability, plan FROM judge_samples FINAL"
    " WHERE customer_id = {customer:String}"
)


def judgement(**told: object) -> Judgement:
    """A good answer's judgement; every field may be chosen."""
    given: dict[str, object] = {
        "metric_type": "quality",
        "metric_name": "quality",
        "rubric_version": "1-ab",
        "judge": "groq",
        "judge_model": "openai/gpt-oss-20b",
        "status": "ok",
        "score": 1.0,
        "passed": True,
        "verdicts": {"addresses": "yes"},
        "cost_usd": Decimal("0.000123"),
    }
    return Judgement(**{**given, **told})  # type: ignore[arg-type]


def scored(scene: Scene, said: Judgement, at: datetime = NOON) -> ScoredInteraction:
    """A judgement of the scene's one call."""
    call = JudgedCall(
        customer_id=scene.customer,
        application_id="support.assistant",
        interaction_id=f"{'a' * 32}-{'b' * 16}",
        timestamp=NOON,
        text_expires_on=date(2027, 1, 1),
        provider="aws",
    )
    inclusion = Inclusion(0.25, "risk")
    return ScoredInteraction(
        call=call, judgement=said, inclusion=inclusion, run_id="run", scored_at=at
    )


@pytest.fixture
def writer(scene: Scene) -> JudgementWriter:
    """The way in."""
    return JudgementWriter(scene.warehouse)


def served(scene: Scene) -> list[tuple[object, ...]]:
    """What readers get."""
    rows = scene.warehouse.select(SERVED, {"customer": scene.customer})
    return [tuple(row.values()) for row in rows]


def test_a_judgement_comes_back_as_it_was_said(scene: Scene, writer: JudgementWriter) -> None:
    """Score, money, verdicts and the call's own time survive the way to the table and back."""
    assert writer.write([scored(scene, judgement())], "run") == 1
    [row] = served(scene)
    told = ("ok", "", 1.0, 1, Decimal("0.000123"), {"addresses": "yes"}, "2026-11-20 12:00:00.000")
    assert row == told


def test_a_judgement_written_again_is_one_row(scene: Scene, writer: JudgementWriter) -> None:
    """The same run may repeat itself, and so may another."""
    for run in ("run", "run", "other"):
        writer.write([scored(scene, judgement())], run)
    assert len(served(scene)) == 1


def test_a_later_attempt_replaces_a_failure_that_has_no_score(
    scene: Scene, writer: JudgementWriter
) -> None:
    """What failed is a status and NULL until it succeeds, in whichever order the rows arrive."""
    failed = judgement(status="error", reason="timeout", score=None, passed=None, cost_usd=None)
    writer.write([scored(scene, judgement(), NOON + timedelta(minutes=15))], "later")
    writer.write([scored(scene, failed)], "earlier")
    [(status, _, score, *_)] = served(scene)
    assert (status, score) == ("ok", 1.0)


def test_a_failure_is_stored_without_score_and_without_price(
    scene: Scene, writer: JudgementWriter
) -> None:
    """Unknown is NULL, never 0."""
    failed = judgement(status="error", reason="timeout", score=None, passed=None, cost_usd=None)
    writer.write([scored(scene, failed)], "run")
    [row] = served(scene)
    assert row[:5] == ("error", "timeout", None, None, None)


def test_another_model_is_another_series(scene: Scene, writer: JudgementWriter) -> None:
    """Both stand beside each other."""
    other = judgement(judge_model="openai/gpt-oss-120b", score=0.0, passed=False)
    writer.write([scored(scene, judgement()), scored(scene, other)], "run")
    assert [row[2] for row in served(scene)] == [0.0, 1.0]


def test_nothing_to_write_is_nothing_written(scene: Scene, writer: JudgementWriter) -> None:
    """An empty batch asks the server nothing."""
    assert writer.write([], "run") == 0
    assert served(scene) == []


def test_a_sample_written_again_is_one_row(scene: Scene) -> None:
    """A run that repeats the draw changes nothing."""
    row = SampledInteraction(
        customer_id=scene.customer,
        application_id="support.assistant",
        provider="aws",
        timestamp=datetime(2026, 11, 20, 12, tzinfo=UTC),
        interaction_id="a-b",
        inclusion_probability=0.3,
        stratum="uniform",
        risk=0.5,
        plan="0.03,0.4",
        run_id="run",
        sampled_at=NOON,
    )
    writer = SampleWriter(scene.warehouse)
    writer.write([row], "run")
    writer.write([replace(row, run_id="again", sampled_at=NOON + timedelta(hours=1))], "again")
    [found] = scene.warehouse.select(SAMPLED, {"customer": scene.customer})
    assert tuple(found.values()) == ("a-b", 0.3, "0.03,0.4")
