"""Windows of quality say what the judgements say, however often and however late."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any

import pytest

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.judgements import (
    Inclusion,
    JudgedCall,
    JudgementWriter,
    ScoredInteraction,
)
from optiinfra_core.warehouse.quality import recompute_quality
from optiinfra_core.windows import FixedClock
from tests.core.warehouse.scene import AFTERWARDS, NOON, TODAY

SUMS = (
    "judged", "failed", "without_score", "tampered", "not_passed", "weight", "weight_squared",
    "weighted_score", "weighted_score_squared", "weighted_not_passed",
)  # fmt: skip


class Judged:
    """One customer whose calls are judged as a test says."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.customer = f"acme-{token_hex(4)}"
        self.clock = FixedClock(AFTERWARDS)

    def score(self, number: int, score: float | None, /, chance: float = 1.0, **told: Any) -> None:
        """A judgement of the call that began ``number`` minutes after noon."""
        self.clock.advance(timedelta(minutes=1))
        of_call = {name: told.pop(name) for name in list(told) if name in JudgedCall.__slots__}
        said: Mapping[str, Any] = {
            "metric_type": "quality", "metric_name": "quality", "rubric_version": "1-a",
            "judge": "groq", "judge_model": "m", "status": "ok", "score": score,
            "passed": None if score is None else score >= 0.5, "cost_usd": Decimal("0.01"), **told,
        }  # fmt: skip
        call: Mapping[str, Any] = {
            "customer_id": self.customer, "application_id": "support", "provider": "aws",
            "interaction_id": f"i-{number}", "timestamp": NOON + timedelta(minutes=number),
            "text_expires_on": date(2027, 1, 1), "environment": "prod", "service_version": "1",
            "model": "gpt", **of_call,
        }  # fmt: skip
        row = ScoredInteraction(
            call=JudgedCall(**call),
            judgement=Judgement(**said),
            run_id="r",
            scored_at=self.clock.now(),
            inclusion=Inclusion(chance, "risk"),
        )
        JudgementWriter(self.warehouse).write([row], "test")

    def recompute(self, provider: str = "aws") -> int:
        """Today's windows, a minute later."""
        self.clock.advance(timedelta(minutes=1))
        return recompute_quality(
            self.warehouse, self.clock, (self.customer, provider), TODAY, "run"
        )

    def windows(self, *columns: str) -> list[tuple[Any, ...]]:
        """What is served, sorted."""
        rows = self.warehouse.select(
            f"SELECT {', '.join(columns)} FROM quality_windows FINAL"  # noqa: S608 - of this test
            " WHERE customer_id = {customer:String}",
            {"customer": self.customer},
        )
        return sorted(tuple(row.values()) for row in rows)


@pytest.fixture
def judged(warehouse: Warehouse) -> Judged:
    """A customer nobody else has."""
    return Judged(warehouse)


def test_a_window_holds_the_sums_of_its_calls(judged: Judged) -> None:
    """Weights are one over the probability; a quarter of an hour ends before the next begins."""
    judged.score(0, 1.0, chance=0.5)
    judged.score(14, 0.25, chance=0.25)
    judged.score(15, 1.0)
    assert judged.recompute() == 2
    first, second = judged.windows("window_start", *SUMS)
    assert first[0] == NOON
    assert second[0] == NOON + timedelta(minutes=15)
    assert first[1:] == (2, 0, 0, 0, 1, 6.0, 20.0, 3.0, 2.25, 4.0)
    assert second[1:] == (1, 0, 0, 0, 0, 1.0, 1.0, 1.0, 1.0, 0.0)


def test_what_has_no_score_is_counted_and_in_no_sum(judged: Judged) -> None:
    """Failures, nothing to score, tampering; repetitions and what was never sampled only cost."""
    judged.score(0, 1.0)
    judged.score(1, None, status="error", reason="no_answer")
    judged.score(2, None, status="skipped", reason="budget")
    judged.score(3, None, label="no_claims")
    judged.score(4, 0.0, tamper=True)
    judged.score(0, 0.0, replicate=1)
    judged.score(5, 0.0, chance=0.0)
    assert judged.recompute() == 1
    [window] = judged.windows(*SUMS, "judge_cost_usd")
    assert window == (1, 2, 1, 1, 0, 1.0, 1.0, 1.0, 1.0, 0.0, Decimal("0.07"))


def test_a_window_of_failures_alone_has_no_number(judged: Judged) -> None:
    """It is there, with nothing judged and no weight."""
    judged.score(0, None, status="unparseable", cost_usd=None)
    judged.recompute()
    assert judged.windows("judged", "failed", "weight", "judge_cost_usd") == [(0, 1, 0.0, None)]


def test_recomputing_changes_nothing_but_the_version(judged: Judged) -> None:
    """Twice computed, the same rows are served."""
    for minute in range(40):
        judged.score(minute, minute % 3 / 2, chance=0.1 + minute / 50)
    judged.recompute()
    before, versions = judged.windows("window_start", *SUMS), judged.windows("version")
    assert judged.recompute() == 3
    assert judged.windows("window_start", *SUMS) == before
    assert judged.windows("version") > versions


def test_a_clock_that_was_set_back_does_not_hide_what_is_new(judged: Judged) -> None:
    """The version rises all the same."""
    judged.score(0, 1.0)
    judged.recompute()
    judged.score(1, 1.0)
    judged.clock.instant = NOON
    judged.recompute()
    assert judged.windows("judged") == [(2,)]


def test_late_and_repeated_judgements_find_their_window(judged: Judged) -> None:
    """A late call joins the window it happened in; judged again, a call counts as the last one."""
    judged.score(0, 0.0)
    judged.recompute()
    judged.score(0, 1.0)
    judged.score(7, 1.0)
    assert judged.recompute() == 1
    assert judged.windows("judged", "not_passed", "weighted_score") == [(2, 0, 2.0)]


def test_a_window_that_lost_its_calls_is_gone(judged: Judged) -> None:
    """A call that turns out to be of another version leaves no trace where it was."""
    judged.score(0, 1.0, service_version="1")
    judged.recompute()
    judged.score(0, 1.0, service_version="2")
    assert judged.recompute() == 1
    assert judged.windows("service_version", "judged") == [("2", 1)]


@pytest.mark.parametrize(
    "told",
    [
        {"judge": "lexical-1", "judge_model": ""},
        {"judge_model": "another"},
        {"rubric_version": "2-b"},
        {"metric_name": "toxicity", "metric_type": "toxicity"},
        {"service_version": "2"},
        {"prompt_version": "7"},
        {"environment": "staging"},
        {"model": "gpt-next"},
        {"application_id": "search"},
    ],
    ids=lambda told: next(iter(told)),
)
def test_what_must_not_be_mixed_is_apart(judged: Judged, told: Mapping[str, str]) -> None:
    """Another judge, model, rubric, metric, version, environment or application: another row."""
    judged.score(0, 1.0)
    judged.score(1, 0.0, **told)
    assert judged.recompute() == 2
    assert judged.windows("judged", "not_passed") == [(1, 0), (1, 1)]


def test_another_providers_day_is_left_alone(judged: Judged) -> None:
    """Each is recomputed by itself, that of unknown clouds too."""
    judged.score(0, 1.0)
    judged.score(1, 1.0, provider="")
    assert (judged.recompute(), judged.recompute(""), judged.recompute("gcp")) == (1, 1, 0)
    assert judged.windows("provider", "judged") == [("", 1), ("aws", 1)]
