"""Quality, hallucinations and toxicity: rates with intervals, by series, of small known samples."""

from datetime import timedelta

import pytest

from tests.api.applications import NAME, PATH, applications, furnish_applications, note
from tests.api.house import NOW, House
from tests.core.warehouse.judged import MODEL, RUBRIC

OTHER_MODEL = "openai/gpt-oss-120b"


@pytest.fixture(scope="module")
def judged(furnished: House) -> House:
    """Sixty of a hundred calls are judged by quality, four of them also by faithfulness."""
    furnish_applications(furnished)
    support = applications(furnished)
    support.scores(dict.fromkeys(range(54), 1.0) | dict.fromkeys(range(54, 60), 0.25))
    support.scores({60: None}, status="error", reason="timeout", cost_usd=None)
    support.scores({61: 1.0}, tamper=True)
    faithful = {"metric_type": "hallucination", "metric_name": "faithfulness"}
    support.scores({1: 0.0, 2: 0.0}, **faithful, passed=True)
    support.scores({3: 0.5}, **faithful, passed=False, inclusion=(0.25, "risk"))
    support.scores({4: None}, **faithful, passed=None, label="no_claims")
    return furnished


@pytest.fixture(autouse=True)
def at_first(judged: House, house: House) -> None:
    """Every test asks at the moment at which the house was furnished."""
    assert judged is house


def test_a_rate_comes_with_its_interval(house: House) -> None:
    """54 of 60 pass: Wilson's interval of .9 is from .798 to .953; the mean of scores is .925."""
    body = house.get(f"{PATH}/quality", key="reader").json()
    (row,) = body["data"]
    assert (row["application_id"], row["environment"], row["model"]) == (NAME, "prod", "gpt-4o")
    assert (row["calls"], row["eligible"], row["sampled"], row["judged"]) == (100, 100, 60, 60)
    assert row["failed"] == {"error": 1, "refused": 0, "unparseable": 0, "skipped": 0}
    assert (row["tampered"], row["without_score"], row["verdict_possible"]) == (1, 0, True)
    rate = row["pass_rate"]
    assert rate["value"] == pytest.approx(0.9)
    assert (rate["low"], rate["high"]) == pytest.approx((0.7985, 0.9534), abs=1e-4)
    assert row["score"]["value"] == pytest.approx(0.925)
    # The spread of 54 ones and six quarters is .225; t(59) is 2.001.
    assert row["score"]["high"] - 0.925 == pytest.approx(2.001 * 0.225 / 59**0.5, abs=1e-4)
    assert (row["p5"], row["p50"], row["p95"]) == (0.25, 1.0, 1.0)
    assert row["judge_cost_usd"] == "0.0061"
    assert (row["judge_cost_unknown"], row["current"], row["calibrated"]) == (1, True, False)


def test_the_envelope_says_what_the_answer_stands_on(house: House) -> None:
    """As of the last commit; complete, since all that is due is judged."""
    body = house.get(f"{PATH}/quality", key="reader", hours=2).json()
    assert body["as_of"] == "2026-11-22T10:07:00Z"
    assert (body["stale"], body["complete"], body["freshness_seconds"]) == (False, True, 0)
    assert body["coverage"] == {"expected": 6, "committed": 6}


def test_what_was_drawn_more_often_counts_less(house: House) -> None:
    """Two passes that weigh 1 and a failure that weighs 4: a third passes, not two."""
    (row,) = house.get(f"{PATH}/hallucinations", key="reader", threshold=0.4).json()["data"]
    assert (row["metric_name"], row["judged"], row["without_score"]) == ("faithfulness", 3, 1)
    assert row["score"]["value"] == pytest.approx(4 * 0.5 / 6)
    assert row["score"]["effective_n"] == pytest.approx(36 / 18)
    assert row["pass_rate"]["value"] == pytest.approx(2 / 6)
    assert (row["pass_rate_uniform"]["value"], row["pass_rate_uniform"]["n"]) == (1.0, 2)
    assert (row["threshold"], row["verdict_possible"]) == (0.4, False)
    assert row["share_above"]["value"] == pytest.approx(4 / 6)


def test_a_threshold_leaves_nothing_out(house: House) -> None:
    """The counts and the mean are the same whatever the threshold is."""
    rows = [
        house.get(f"{PATH}/hallucinations", key="reader", threshold=threshold).json()["data"][0]
        for threshold in (0, 0.4, 1)
    ]
    assert len({(row["judged"], row["score"]["value"]) for row in rows}) == 1
    assert [row["share_above"]["value"] for row in rows] == pytest.approx([1.0, 4 / 6, 0.0])


def test_without_a_judge_the_answer_says_so(house: House) -> None:
    """Toxicity was judged by nobody: no score, the reason, and not an empty list."""
    (row,) = house.get(f"{PATH}/toxicity", key="reader").json()["data"]
    assert (row["score"], row["reason"], row["judge"]) == (None, "no_judge", "lexical-1")
    assert (row["calibrated"], row["verdict_possible"], row["judged"]) == (False, False, 0)
    assert (row["calls"], row["eligible"]) == (100, 100)


def test_a_new_judge_leaves_the_old_series_as_it_was(house: House) -> None:
    """Beside each other, never averaged; the pinned model is the one that is told by default."""
    support = applications(house, "globex", "shop.search")
    path = "/api/v2/applications/globex/aws/quality"
    support.calls(range(1000, 1010))
    support.scores(dict.fromkeys(range(1000, 1010), 1.0))
    only = {"key": "globex-reader", "application": "shop.search"}
    (before,) = house.get(path, **only).json()["data"]
    again = dict.fromkeys(range(1000, 1010), 0.0)
    support.scores(again, judge_model=OTHER_MODEL, scored_at=NOW)
    house.clock.advance(timedelta(seconds=60))
    note(house, "globex", "shop.search", house.clock.now())
    old, new = house.get(path, series="all", **only).json()["data"]
    if old["judge_model"] == OTHER_MODEL:
        old, new = new, old
    assert old == {**before, "current": False}
    assert (new["judge_model"], new["score"]["value"], new["current"]) == (OTHER_MODEL, 0.0, True)
    (told,) = house.get(path, **only).json()["data"]
    assert told == new
    (named,) = house.get(path, judge_model=MODEL, **only).json()["data"]
    assert named == old
    house.doors.applications.patch(
        "globex", "shop.search", {"judge_model": MODEL}, actor="test", at=house.clock.now()
    )
    house.clock.advance(timedelta(seconds=60))
    (pinned,) = house.get(path, **only).json()["data"]
    assert (pinned["judge_model"], pinned["rubric_version"], pinned["current"]) == (
        MODEL, RUBRIC, True
    )  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"environment": "test"}, 0),
        ({"model": "gpt-4o"}, 1),
        ({"service_version": "2"}, 0),
        ({"prompt_version": "a"}, 1),
        ({"metric_name": "relevance_screen"}, 0),
        ({"judge_model": "nobody"}, 0),
    ],
)
def test_filters_narrow_the_answer(house: House, filters: dict[str, str], count: int) -> None:
    """By environment, model, versions, metric and judge."""
    answer = house.get(f"{PATH}/quality", key="reader", application=NAME, **filters)
    assert answer.json()["count"] == count


@pytest.mark.parametrize(
    "query",
    [
        {"threshold": "2"},
        {"series": "best"},
        {"days": "500"},
        {"start": "2026-11-22T00:00:00"},
        {"metric": "quality"},
    ],
)
def test_what_is_not_understood_is_told(house: House, query: dict[str, str]) -> None:
    """422 with a remedy, also for a parameter that there is none of."""
    answer = house.get(f"{PATH}/hallucinations", key="reader", **query)
    assert answer.status_code == 422
    assert answer.json()["remedy"]
