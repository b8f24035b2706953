"""What a customer decides later holds for what is stored already."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from optiinfra_core.applications.interaction import TextPolicy
from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.applications.privacy import TextRules
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.warehouse.judgements import JudgedCall, JudgementWriter, ScoredInteraction
from optiinfra_core.warehouse.texts import follow
from tests.core.warehouse.calls import FULL, NOW, TODAY, call, row
from tests.core.warehouse.scene import Scene

APP = "support.assistant"
READ = """
SELECT toString(text_state) AS state, length(input_parts) AS texts, text_expires_on AS expires,
       content_sha256 != '' AS hashed, model, cost_usd, length(tags) AS tags
FROM llm_interactions FINAL
WHERE customer_id = {customer_id:String} AND application_id = {application_id:String}
ORDER BY day
"""
EXPLAINED = """
SELECT explanation FROM application_metrics FINAL
WHERE customer_id = {customer_id:String} AND application_id = {application_id:String} ORDER BY day
"""


def read(scene: Scene, sql: str = READ, application: str = APP) -> list[Mapping[str, Any]]:
    """What is stored of an application, oldest first."""
    asked = {"customer_id": scene.customer, "application_id": application}
    return list(scene.warehouse.select(sql, asked))


def fill(scene: Scene, rules: TextRules = FULL) -> None:
    """Calls of today and of ten days back, of two applications, with a judged explanation."""
    for application in (APP, "other"):
        calls = [
            call(days, application=application, started_at=NOW - timedelta(days=days))
            for days in (0, 10)
        ]
        rows = [row(scene.customer, each, rules) for each in calls]
        InteractionWriter(scene.warehouse).write(scene.customer, rows)
        JudgementWriter(scene.warehouse).write(
            [scored(scene, application, each.started_at) for each in calls], "run"
        )


def scored(scene: Scene, application: str, at: Any) -> ScoredInteraction:
    """A judgement whose explanation quotes the text."""
    judged = JudgedCall(
        customer_id=scene.customer,
        application_id=application,
        interaction_id=f"{at:%d}",
        timestamp=at,
        text_expires_on=at.date() + timedelta(days=30),
    )
    judgement = Judgement(
        metric_type="quality", metric_name="quality", rubric_version="1", judge="groq",
        judge_model="m", status="ok", score=1.0, explanation="it says Question 0?",
    )  # fmt: skip
    return ScoredInteraction(call=judged, judgement=judgement, run_id="run", scored_at=NOW)


def ruled(scene: Scene, **changes: Any) -> Mapping[str, int]:
    """Follow rules that differ from those of the sending."""
    return follow(scene.warehouse, scene.customer, APP, replace(FULL, **changes), TODAY)


@pytest.mark.parametrize(
    ("policy", "state", "hashed", "explained"),
    [("redacted", "hash", 1, 2), ("hash", "hash", 1, 0), ("none", "none", 0, 0)],
)
def test_a_stricter_policy_takes_the_texts_out(
    scene: Scene, policy: TextPolicy, state: str, hashed: int, explained: int
) -> None:
    """Texts and what quotes them go; figures stay; another application keeps what it has."""
    fill(scene)
    changed = ruled(scene, policy=policy)
    assert changed["llm_interactions"] == 2
    for each in read(scene):
        assert (each["state"], each["texts"], each["hashed"]) == (state, 0, hashed)
        assert (each["model"], each["tags"]) == ("gpt-4o-2024-08-06", 0)
        assert each["cost_usd"] is not None
    told = [each["explanation"] for each in read(scene, EXPLAINED)]
    assert sum(map(bool, told)) == explained
    assert [each["texts"] for each in read(scene, application="other")] == [1, 1]
    assert all(each["explanation"] for each in read(scene, EXPLAINED, "other"))


def test_shorter_days_hold_for_what_is_stored(scene: Scene) -> None:
    """What has become too old is empty at once; the rest expires on its new day."""
    fill(scene)
    assert ruled(scene, days=7)["llm_interactions"] == 2
    old, new = read(scene)
    assert (old["texts"], new["texts"]) == (0, 1)
    assert (old["expires"], new["expires"]) == (
        TODAY - timedelta(days=3),
        TODAY + timedelta(days=7),
    )
    assert [bool(each["explanation"]) for each in read(scene, EXPLAINED)] == [False, True]


def test_following_again_changes_nothing(scene: Scene) -> None:
    """No part is rewritten twice for the same decision."""
    fill(scene)
    assert ruled(scene, policy="none", days=7)
    before = read(scene)
    assert ruled(scene, policy="none", days=7) == {}
    assert read(scene) == before


def test_a_laxer_policy_brings_nothing_back_and_keeps_nothing_longer(scene: Scene) -> None:
    """It is for what comes."""
    fill(scene, TextRules(policy="redacted", days=30, send_to_judge=True))
    before = read(scene)
    assert ruled(scene, policy="full", days=300) == {}
    assert read(scene) == before


def test_a_late_half_does_not_undo_it(scene: Scene) -> None:
    """A half that comes by the new rules joins without a text and without a later day."""
    fill(scene)
    ruled(scene, policy="hash", days=7)
    again = row(scene.customer, call(0, started_at=NOW), TextRules("hash", 7, send_to_judge=True))
    InteractionWriter(scene.warehouse).write(scene.customer, [again])
    scene.warehouse.execute("OPTIMIZE TABLE llm_interactions FINAL")
    found = read(scene)[-1]
    assert (found["state"], found["texts"]) == ("hash", 0)
    assert found["expires"] == TODAY + timedelta(days=7)
