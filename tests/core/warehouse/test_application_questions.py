"""What the questions about applications answer."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from optiinfra_core.warehouse.questions import (
    application_examples,
    application_judges,
    application_labels,
    application_quality,
    application_usage,
)
from tests.core.warehouse.judged import MODEL, NOON, RUBRIC, Applications, interaction
from tests.core.warehouse.scene import Scene

TYPES = ["quality"]
SERIES = f"support.assistant/quality/groq/{MODEL}/{RUBRIC}"


@pytest.fixture
def applications(scene: Scene) -> Applications:
    """The scene's customer has applications."""
    return Applications(scene.warehouse, scene.customer)


def test_sums_weigh_each_score_by_its_probability(scene: Scene, applications: Applications) -> None:
    """Two sure ones and one drawn with a quarter: weights 1, 1 and 4."""
    applications.scores({1: 1.0, 2: 0.0})
    applications.scores({3: 0.5}, inclusion=(0.25, "risk"))
    [sums] = scene.ask(application_quality.QUALITY, metric_types=TYPES, threshold=0.5)
    assert (sums.judged, sums.ruled, sums.uniform, sums.uniform_passed) == (3, 3, 2, 1)
    assert (sums.weight, sums.weight_squared) == (6, 18)
    assert (sums.weighted, sums.weighted_squared) == (3, 2)
    assert (sums.passed_weight, sums.above_weight) == (5, 5)
    assert sums.spread == [0, 0.5, 1]
    assert sums.judge_cost_usd == Decimal("0.0003")


def test_what_has_no_score_is_counted_and_in_no_sum(
    scene: Scene, applications: Applications
) -> None:
    """Each status apart; tampered ones, replicates and what had nothing to score too."""
    applications.scores({1: 1.0})
    for number, status in enumerate(("error", "refused", "unparseable", "skipped"), start=2):
        applications.scores({number: None}, status=status, reason=f"why-{status}", cost_usd=None)
    applications.scores({6: 0.0}, tamper=True)
    applications.scores({7: None}, label="no_claims")
    applications.scores({1: 0.0}, replicate=1)
    [sums] = scene.ask(application_quality.QUALITY, metric_types=TYPES)
    assert (sums.judged, sums.weight, sums.weighted) == (1, 1, 1)
    assert (sums.error, sums.refused, sums.unparseable, sums.skipped) == (1, 1, 1, 1)
    assert (sums.tampered, sums.without_score) == (1, 1)
    assert len(sums.reasons) == 3
    assert sums.judge_cost_unknown == 3


def test_another_model_or_rubric_is_another_series(
    scene: Scene, applications: Applications
) -> None:
    """Judging again beside the old scores leaves those as they were."""
    applications.scores({1: 1.0, 2: 1.0})
    [before] = scene.ask(application_quality.QUALITY, metric_types=TYPES)
    later = NOON + timedelta(hours=3)
    applications.scores({1: 0.0, 2: 0.0}, judge_model="openai/gpt-oss-120b", scored_at=later)
    applications.scores({1: 0.0}, rubric_version="2-bbbbbbbbbb", scored_at=later)
    series = scene.ask(application_quality.QUALITY, metric_types=TYPES)
    assert [(one.judge_model, one.rubric_version, one.judged) for one in series] == [
        ("openai/gpt-oss-120b", RUBRIC, 2),
        (MODEL, RUBRIC, 2),
        (MODEL, "2-bbbbbbbbbb", 1),
    ]
    assert series[1] == before
    hours = scene.ask(application_quality.SERIES, metric_types=TYPES)
    assert {(one.judge_model, one.scored_hour.hour, one.scores) for one in hours} == {
        ("openai/gpt-oss-120b", 15, 2), (MODEL, 13, 2), (MODEL, 15, 1)
    }  # fmt: skip


def test_limits_of_an_application_count_before_the_threshold(
    scene: Scene, applications: Applications
) -> None:
    """Where an application names a limit, its scores are held against that."""
    applications.scores({1: 0.3, 2: 0.6})
    search = replace(applications, application="shop.search")
    search.scores({3: 0.3, 4: 0.6})
    own = {"limit_names": ["shop.search/quality"], "limits": [0.2]}
    shop, support = scene.ask(application_quality.QUALITY, metric_types=TYPES, **own)
    assert (shop.application_id, shop.above_weight) == ("shop.search", 2)
    assert support.above_weight == 1


def test_calls_are_counted_once_however_their_halves_lie(
    scene: Scene, applications: Applications
) -> None:
    """Two halves on both sides of midnight are one call of the day in which it began."""
    before = NOON.replace(hour=23, minute=59)
    after = before + timedelta(minutes=2)
    applications.calls([1], started_at=before, output_tokens=None, cost_usd=None)
    applications.calls([1], started_at=after, model="", latency_ms=None, input_tokens=None)
    [found] = scene.ask(application_usage.CALLS)
    assert (found.requests, found.input_tokens, found.output_tokens) == (1, 900, 100)
    assert (found.cost_usd, found.cost_unknown) == (Decimal("0.002"), 0)
    assert found.first_call == before
    tomorrow = {"start": after, "end": after + timedelta(days=1)}
    assert scene.ask(application_usage.CALLS, **tomorrow) == []


def test_what_is_not_known_of_a_call_is_counted_as_unknown(
    scene: Scene, applications: Applications
) -> None:
    """Unknown cost and tokens add nothing; calls without times have no percentiles."""
    applications.calls([1, 2])
    applications.calls([3], model="other", latency_ms=None, ttft_ms=None, input_tokens=None,
                       output_tokens=None, cost_usd=None, error_type="timeout")  # fmt: skip
    [all_] = scene.ask(application_usage.CALLS)
    assert (all_.requests, all_.errors, all_.cost_unknown, all_.tokens_unknown) == (3, 1, 1, 1)
    assert (all_.timed, all_.latency, all_.paced_tokens, all_.paced_ms) == (
        2,
        [1000.0] * 3,
        200,
        2000.0,
    )
    first, second = scene.ask(application_usage.CALLS, by_model=True)
    assert (first.model_name, first.cost_usd, first.priced_tokens) == (
        "gpt-4o", Decimal("0.004"), 2000
    )  # fmt: skip
    assert (second.model_name, second.cost_usd, second.timed) == ("other", None, 0)


def test_the_population_tells_what_could_be_judged(
    scene: Scene, applications: Applications
) -> None:
    """Errors, calls without kept text and forbidden ones are not eligible."""
    applications.calls([1, 2, 3])
    applications.calls([4], error_type="timeout")
    applications.calls([5], text_state="hash")
    applications.calls([6], judge_allowed=0)
    applications.samples([1, 3])
    [found] = scene.ask(application_usage.POPULATION)
    assert (found.calls, found.eligible, found.sampled) == (6, 3, 2)


@pytest.mark.parametrize(
    ("filters", "requests"),
    [
        ({"application": "shop.search"}, 1),
        ({"environment": "test"}, 1),
        ({"model": "gpt-4o"}, 3),
        ({"service_version": "2"}, 1),
        ({"prompt_version": "b"}, 0),
        ({"providers": ["gcp"]}, 0),
        ({}, 3),
    ],
)
def test_filters_narrow_the_calls(
    scene: Scene, applications: Applications, filters: dict[str, str], requests: int
) -> None:
    """By application, environment, model and versions; the trend by the same."""
    applications.calls([1])
    applications.calls([2], environment="test", service_version="2")
    replace(applications, application="shop.search").calls([3])
    assert sum(row.requests for row in scene.ask(application_usage.CALLS, **filters)) == requests
    assert sum(row.requests for row in scene.ask(application_usage.USAGE, **filters)) == requests


def test_usage_develops_by_hour(scene: Scene, applications: Applications) -> None:
    """One row for each hour and application, with its own cost and times."""
    applications.calls([1, 2])
    applications.calls([3], started_at=NOON + timedelta(hours=1), cost_usd=None)
    noon, later = scene.ask(application_usage.USAGE, group_by="hour")
    assert (noon.period, noon.requests, noon.cost_usd) == (NOON, 2, Decimal("0.004"))
    assert (later.requests, later.cost_usd, later.cost_unknown) == (1, None, 1)
    assert noon.latency_p95_ms == 1000.0


def test_the_worst_come_first(scene: Scene, applications: Applications) -> None:
    """Tampered ones, contradicted ones, then by score; other series are left out."""
    applications.scores({1: 0.2, 2: 0.1, 3: 0.9})
    applications.scores({4: 0.8}, verdicts={"contradicted": "2"})
    applications.scores({5: 1.0}, tamper=True)
    applications.scores({6: 0.0}, rubric_version="2-bbbbbbbbbb")
    rows = scene.ask(application_examples.WORST, metric_types=TYPES, series=[SERIES])
    assert [row.interaction_id for row in rows] == [interaction(n) for n in (5, 4, 2, 1, 3)]
    assert (rows[0].tampered, rows[1].contradicted, rows[1].passed) == (True, 2, True)
    assert rows[0].trace_id == interaction(5)[:32]


def test_texts_and_explanations_are_of_the_named_calls(
    scene: Scene, applications: Applications
) -> None:
    """Those whose days are over are not told, whether or not a merge has emptied them."""
    applications.calls([1, 2])
    applications.calls([3], text_expires_on=NOON.date())
    applications.scores({1: 1.0, 3: 1.0})
    wanted = [interaction(1), interaction(3)]
    asked = {"interactions": wanted, "now": NOON}
    [text] = scene.ask(
        application_examples.TEXTS,
        **asked,
        traces=[each[:32] for each in wanted],
        applications=["support.assistant"],
    )
    assert (text.interaction_id, text.kept) == (interaction(1), "redacted")
    assert text.output_parts == ['["span",0,"assistant","It is that."]']
    told = scene.ask(application_examples.EXPLANATIONS, **asked)
    assert [one.interaction_id for one in told] == sorted(wanted)


def test_labels_join_the_judgements_they_are_about(
    scene: Scene, applications: Applications
) -> None:
    """Strata count labels by weight; of two raters who disagree, the tie is a defect."""
    applications.scores({1: 0.0, 2: 0.0, 3: 1.0, 4: 1.0}, inclusion=(0.5, "uniform"))
    applications.labels({1: True, 2: False, 3: False})
    applications.labels({3: True}, rater="ben")
    flagged, passed = scene.ask(application_labels.LABEL_STRATA, metric_types=TYPES)
    assert (flagged.flagged, flagged.judged, flagged.labelled, flagged.defect_weight) == (
        True, 2, 2, 2
    )  # fmt: skip
    assert (passed.judged, passed.weight, passed.labelled, passed.defect_weight) == (2, 4, 1, 2)
    graded = scene.ask(application_judges.GRADED_BY_PEOPLE)
    assert [(one.item_id, one.defect, one.found) for one in graded] == sorted(
        [
            (interaction(1), True, True),
            (interaction(2), False, True),
            (interaction(3), True, False),
        ]
    )


def test_suggestions_are_unlabelled_and_half_flagged(
    scene: Scene, applications: Applications
) -> None:
    """The same seed draws the same calls, another one others."""
    applications.scores(dict.fromkeys(range(20), 0.0) | dict.fromkeys(range(20, 60), 1.0))
    applications.labels(dict.fromkeys(range(5), True))
    asked = {"metric_types": TYPES, "application": "support.assistant", "metric_name": "quality",
             "series": [SERIES], "each": 8}  # fmt: skip
    drawn = scene.ask(application_labels.TO_LABEL, **asked, seed="x")
    assert [row.flagged for row in drawn] == [True] * 8 + [False] * 8
    assert not {row.interaction_id for row in drawn} & {interaction(n) for n in range(5)}
    assert drawn == scene.ask(application_labels.TO_LABEL, **asked, seed="x")
    assert drawn != scene.ask(application_labels.TO_LABEL, **asked, seed="y")


def test_a_judge_is_held_against_its_own_repetitions(
    scene: Scene, applications: Applications
) -> None:
    """Three answers about one call are three pairs, one of which agrees where one differs."""
    applications.scores({1: 1.0, 2: 1.0, 3: 1.0})
    applications.scores({1: 1.0, 2: 0.0}, replicate=1)
    applications.scores({2: 0.0}, replicate=2)
    [repeats] = scene.ask(application_judges.REPEATS)
    assert (repeats.repeated, repeats.pairs, repeats.alike) == (2, 4, 2)
    [work] = scene.ask(application_judges.JUDGE_WORK)
    assert (work.judgements, work.answered, work.input_tokens) == (6, 6, 4200)
    assert (work.cost_usd, work.cost_unknown, work.length_correlation) == (
        Decimal("0.0006"), 0, None
    )  # fmt: skip


def test_nothing_of_another_customer_is_counted(
    scene: Scene, other: Scene, applications: Applications
) -> None:
    """The same calls of two customers are two customers' calls."""
    theirs = Applications(other.warehouse, other.customer)
    theirs.calls([1, 2])
    theirs.scores({1: 0.0})
    theirs.samples([1])
    theirs.labels({1: True})
    applications.calls([1])
    applications.scores({1: 1.0})
    [population] = scene.ask(application_usage.POPULATION)
    assert (population.calls, population.sampled) == (1, 0)
    [sums] = scene.ask(application_quality.QUALITY, metric_types=TYPES)
    assert (sums.judged, sums.weighted) == (1, 1)
    assert scene.ask(application_labels.LABELS) == []


def test_windows_are_added_up_by_period_and_against_a_baseline(
    scene: Scene, applications: Applications
) -> None:
    """Sums of the windows' sums; a window before the period is the baseline's."""
    day = timedelta(days=1)
    for back, (judged, failures) in {0: (10, 1), 1: (20, 8)}.items():
        applications.window(NOON - back * day, judged=judged, not_passed=failures)
    applications.window(NOON + timedelta(minutes=15), judged=5, not_passed=4)
    [today] = scene.ask(application_quality.TRENDS, group_by="day")
    assert (today.judged, today.not_passed, today.weighted_not_passed) == (15, 5, 5)
    hours = {"start": NOON, "end": NOON + timedelta(minutes=15)}
    [drift] = scene.ask(
        application_quality.DRIFT,
        **hours,
        baseline_start=NOON - day,
        baseline_end=NOON,
    )
    assert (drift.judged, drift.weighted_not_passed) == (10, 1)
    assert (drift.baseline_judged, drift.baseline_weighted_not_passed) == (20, 8)
