"""Summary, models, usage, trends and drift: figures of all calls beside those of the sample."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from tests.api.applications import BEGAN, NAME, PATH, applications, furnish_applications
from tests.api.house import NOW, House

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def judged(furnished: House) -> House:
    """A hundred calls of one model and ten of another without prices; half of the judged pass."""
    furnish_applications(furnished)
    support = applications(furnished)
    support.calls(
        range(200, 210),
        model="small",
        llm_vendor="mistral",
        cost_usd=None,
        latency_ms=None,
        ttft_ms=None,
        error_type="timeout",
        input_tokens=None,
        output_tokens=None,
        cache_read_tokens=None,
    )
    support.scores(dict.fromkeys(range(30), 1.0) | dict.fromkeys(range(30, 60), 0.0))
    toxic = {"metric_type": "toxicity", "metric_name": "toxicity_screen", "judge": "lexical-1",
             "judge_model": "", "cost_usd": None}  # fmt: skip
    support.scores(dict.fromkeys(range(60), 0.0), **toxic, passed=True)
    for back in range(1, 8):
        support.window(quarter(NOW - back * DAY), judged=20, not_passed=2)
    support.window(quarter(NOW - timedelta(hours=1)), judged=60, not_passed=30)
    return furnished


def quarter(at: datetime) -> datetime:
    """The start of the quarter of an hour at ten o'clock of that day."""
    return at.replace(minute=0, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def at_first(judged: House, house: House) -> None:
    """Every test asks at the moment at which the house was furnished."""
    assert judged is house


def test_the_summary_joins_calls_and_scores(house: House) -> None:
    """Unknown costs are counted and are no zeros; a passing answer costs twice a call."""
    (row,) = house.get(f"{PATH}/summary", key="reader", days=1).json()["data"]
    assert (row["requests"], row["errors"]) == (110, 10)
    assert row["error_rate"] == pytest.approx(10 / 110)
    assert row["latency_ms"] == {"p50": 1000, "p95": 1000, "p99": 1000}
    assert row["ttft_ms"]["p95"] == 100
    assert (row["input_tokens"], row["output_tokens"], row["tokens_unknown"]) == (90000, 10000, 10)
    assert (row["cached_tokens"], row["cache_hit_share"]) == (30000, pytest.approx(1 / 3))
    assert row["tokens_per_second"] == 100
    assert (row["cost_usd"], row["cost_unknown"]) == ("0.2", 10)
    assert row["cost_per_million_tokens_usd"] == "2"
    assert row["cost_per_passing_answer_usd"] == "0.004"
    assert (row["eligible"], row["sampled"], row["open_alarms"]) == (100, 60, 0)


def test_the_summary_has_each_metric_by_itself(house: House) -> None:
    """The judge's quality, the screen's toxicity, and that nobody judged hallucinations."""
    (row,) = house.get(f"{PATH}/summary", key="reader", days=1).json()["data"]
    told = {each["metric_name"]: each for each in row["metrics"]}
    assert set(told) == {"quality", "toxicity_screen", "hallucination"}
    assert told["quality"]["pass_rate"]["value"] == 0.5
    assert (told["quality"]["judged"], told["quality"]["drift"]) == (60, "regression")
    assert (told["toxicity_screen"]["judge"], told["toxicity_screen"]["calibrated"]) == (
        "lexical-1", False
    )  # fmt: skip
    assert told["toxicity_screen"]["judge_cost_usd"] is None
    assert (told["hallucination"]["score"], told["hallucination"]["reason"]) == (None, "no_judge")


def test_models_are_told_apart(house: House) -> None:
    """A model without prices and times has none, and its passing answers have no cost."""
    first, second = house.get(f"{PATH}/models", key="reader").json()["data"]
    if first["model"] == "small":
        first, second = second, first
    assert (first["llm_vendor"], first["model"], first["requests"]) == ("openai", "gpt-4o", 100)
    assert first["cost_per_passing_answer_usd"] == "0.004"
    assert (second["llm_vendor"], second["errors"], second["error_rate"]) == ("mistral", 10, 1.0)
    for unknown in ("latency_ms", "ttft_ms", "cost_usd", "tokens_per_second", "cache_hit_share",
                    "cost_per_million_tokens_usd", "cost_per_passing_answer_usd"):  # fmt: skip
        assert second[unknown] is None, unknown


def test_usage_is_told_by_period_and_paged(house: House) -> None:
    """By hour, each period once whatever the page."""
    whole = house.get(f"{PATH}/usage", key="reader", group_by="hour").json()["data"]
    assert [row["requests"] for row in whole] == [110]
    assert (whole[0]["period"], whole[0]["cost_usd"]) == ("2026-11-22T08:00:00Z", "0.2")
    day = house.get(f"{PATH}/usage", key="reader", group_by="day", limit=1).json()
    assert (day["count"], day["next_cursor"]) == (1, None)
    assert Decimal(day["data"][0]["cost_usd"]) == Decimal("0.2")


def test_quality_is_told_over_time(house: House) -> None:
    """From windows: seven days at a tenth of failures, then a day at half."""
    rows = house.get(f"{PATH}/trends", key="reader", days=8).json()["data"]
    assert [row["judged"] for row in rows] == [20] * 7 + [60]
    assert [row["pass_rate"]["value"] for row in rows] == pytest.approx([0.9] * 7 + [0.5])
    assert [row["verdict_possible"] for row in rows] == [False] * 7 + [True]
    pages = house.get(f"{PATH}/trends", key="reader", days=8, limit=3).json()
    assert pages["count"] == 3
    assert pages["next_cursor"]


def test_drift_is_held_against_the_week_before(house: House) -> None:
    """Failures rose from 10 % to 50 %: a regression, with its interval."""
    (row,) = house.get(f"{PATH}/drift", key="reader", hours=3).json()["data"]
    assert (row["baseline_judged"], row["judged"]) == (140, 60)
    assert row["change"] == pytest.approx(0.4)
    assert 0.2 < row["change_low"] < 0.4 < row["change_high"] < 0.6
    assert (row["verdict"], row["p"] < 0.01) == ("regression", True)


def test_a_baseline_can_be_named_or_pinned(house: House) -> None:
    """A day of 20 is too few; a day before any score is none; the pinned days are taken."""
    few = {"baseline_start": "2026-11-21T00:00:00Z", "baseline_end": "2026-11-22T00:00:00Z"}
    none = {"baseline_start": "2026-11-01T00:00:00Z", "baseline_end": "2026-11-02T00:00:00Z"}
    for named, verdict in ((few, "too_few"), (none, "no_baseline")):
        (row,) = house.get(f"{PATH}/drift", key="reader", hours=3, **named).json()["data"]
        assert row["verdict"] == verdict
        assert row["baseline_start"] == named["baseline_start"]
    reversed_ = {"baseline_start": few["baseline_end"], "baseline_end": few["baseline_start"]}
    assert house.get(f"{PATH}/drift", key="reader", **reversed_).status_code == 422
    registry = house.doors.applications
    for pinned, judged in (
        ({"start": "2026-11-20", "end": "2026-11-22"}, 40),
        ({"service_version": "1"}, 200),
        ({"service_version": "0"}, 0),
    ):
        registry.patch("acme", NAME, {"baseline": pinned}, actor="test", at=house.clock.now())
        house.clock.advance(timedelta(seconds=1))
        (row,) = house.get(f"{PATH}/drift", key="reader", hours=3).json()["data"]
        assert row["baseline_judged"] == judged, pinned
    registry.patch("acme", NAME, {"baseline": None}, actor="test", at=house.clock.now())


def test_an_application_that_nobody_knows_has_no_rows(house: House) -> None:
    """An empty list in a whole envelope, not an error."""
    for path in ("summary", "models", "usage", "quality", "trends", "drift", "worst", "judges"):
        body = house.get(f"{PATH}/{path}", key="reader", application="nobody").json()
        assert (body["count"], body["data"]) == (0, []), path


def test_calls_without_a_cloud_are_served_under_all(house: House) -> None:
    """What tells no provider is in no provider's answer, and in that of all."""
    lost = applications(house, "acme", "lost.bot")
    lost.calls(range(300, 303), provider="", started_at=BEGAN)
    for provider, requests in (("all", 3), ("aws", 0), ("hetzner", 0)):
        path = f"/api/v2/applications/acme/{provider}/usage"
        rows = house.get(path, key="reader", application="lost.bot").json()["data"]
        assert sum(row["requests"] for row in rows) == requests
