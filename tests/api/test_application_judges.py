"""Judge cards, caps and alarms: what is known of the judges themselves."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from optiinfra_core.applications.spending import Reservation
from optiinfra_core.tenancy.judge_spending import Caps, JudgeSpending
from optiinfra_core.tenancy.quality_alarms import QualityAlarm, QualityAlarms, Series
from optiinfra_core.warehouse.gold_results import COLUMNS
from tests.api.applications import NAME, PATH, applications, furnish_applications
from tests.api.house import NOW, House
from tests.core.warehouse.judged import MODEL, RUBRIC

LEFT_OUT = {"system_fingerprint", "judge_cost_usd", "run_id"}
GOLD = {name: kind for name, kind in COLUMNS.items() if name not in LEFT_OUT}


@pytest.fixture(scope="module")
def judged(furnished: House) -> House:
    """Forty judged calls, twenty of which people labelled, and a gold set of forty items."""
    furnish_applications(furnished)
    support = applications(furnished)
    support.scores(dict.fromkeys(range(10), 0.0) | dict.fromkeys(range(10, 40), 1.0))
    support.scores({0: 0.0, 1: 1.0}, replicate=1)
    support.labels({n: n < 8 or n == 10 for n in range(20)})
    right = [("-", "groq", MODEL, RUBRIC, "quality", NOW.date(), f"i{n}", 0, n % 2, "ok",
              float(n % 2), n % 2, 100 + n, NOW) for n in range(40)]  # fmt: skip
    furnished.warehouse.insert("judge_gold_results", GOLD, right)
    wrong = [(*row[:5], NOW.date() - timedelta(days=1), *row[6:10], 0.0, 1 - row[11], *row[12:])
             for row in right]  # fmt: skip
    furnished.warehouse.insert("judge_gold_results", GOLD, wrong)
    return furnished


@pytest.fixture(autouse=True)
def at_first(judged: House, house: House) -> None:
    """Every test asks at the moment at which the house was furnished."""
    assert judged is house


def test_a_card_holds_the_judge_against_people_and_gold(house: House) -> None:
    """8 of 9 defects flagged and 9 of 11 sound ones passed; on gold of today none is missed."""
    (card,) = house.get(f"{PATH}/judges", key="reader").json()["data"]
    people = card["people"]
    assert [people[name] for name in ("true_flagged", "true_missed", "false_passed",
                                      "false_flagged")] == [8, 1, 9, 2]  # fmt: skip
    assert people["sensitivity"]["value"] == pytest.approx(8 / 9)
    assert people["balanced_accuracy"]["value"] == pytest.approx((8 / 9 + 9 / 11) / 2)
    # Agreement is 17 of 20, chance (9 * 10 + 11 * 10) / 400.
    assert people["kappa"] == pytest.approx((0.85 - 0.5) / 0.5)
    assert (card["gold"]["items"], card["gold"]["kappa"]) == (40, 1.0)
    assert card["calibrated"] is True
    assert (card["judgements"], card["cost_usd"], card["cost_unknown"]) == (42, "0.0042", 0)
    assert (card["replicate_agreement"]["value"], card["replicate_agreement"]["n"]) == (0.5, 2)


def test_a_calibrated_judge_is_told_with_its_scores(house: House) -> None:
    """The series says that its judge was held against known items."""
    (row,) = house.get(f"{PATH}/quality", key="reader").json()["data"]
    assert row["calibrated"] is True


def test_spending_is_told_against_its_caps(house: House) -> None:
    """What is spent and put aside, of the application's day and the customer's month."""
    caps = Caps(Decimal(1), Decimal(20))
    purse = JudgeSpending(house.database, house.clock, ("acme", NAME), caps, "run")
    before = house.get(f"{PATH}/cost", key="reader")
    purse.settle(purse.reserve(Decimal("0.3")), Decimal("0.25"))
    left: Reservation = purse.reserve(Decimal("0.5"))
    held = {"If-None-Match": before.headers["ETag"]}
    month, day = house.get(f"{PATH}/cost", key="reader", headers=held).json()["data"]
    assert (month["scope"], month["cap_usd"], month["spent_usd"]) == (
        "customer_month", "20", "0.25"
    )  # fmt: skip
    assert (day["application_id"], day["spent_usd"], day["reserved_usd"]) == (NAME, "0.25", "0.5")
    assert (day["used"], day["exhausted"], day["calls"]) == (0.75, False, 1)
    house.doors.applications.patch(
        "acme", NAME, {"daily_budget_usd": Decimal("0.75")}, actor="test", at=house.clock.now()
    )
    _, day = house.get(f"{PATH}/cost", key="reader").json()["data"]
    assert (day["cap_usd"], day["exhausted"]) == ("0.75", True)
    purse.release(left)


def test_an_alarm_is_told_until_it_is_cleared(house: House) -> None:
    """With what changed; cleared by who may write, once."""
    alarm = QualityAlarm(
        id=uuid4(),
        series=Series(
            customer_id="acme",
            application_id=NAME,
            environment="prod",
            metric_name="quality",
            judge="groq",
            judge_model=MODEL,
            rubric_version=RUBRIC,
        ),
        provider="aws",
        raised_at=NOW - timedelta(hours=1),
        began_at=NOW - timedelta(hours=2),
        baseline_rate=0.1,
        current_rate=0.3,
        evidence=5.5,
        judged=120,
        attributed_to="service_version",
        attributed_value="2",
    )
    assert QualityAlarms(house.database).raise_once(alarm)
    (told,) = house.get(f"{PATH}/alarms", key="reader", open=True).json()["data"]
    assert (told["id"], told["attributed_to"], told["cleared_at"]) == (
        str(alarm.id), "service_version", None
    )  # fmt: skip
    (row,) = house.get(f"{PATH}/summary", key="reader").json()["data"]
    assert row["open_alarms"] == 1
    path = f"{PATH}/alarms/{alarm.id}/clear"
    assert house.post(path, {}, key="reader").status_code == 403
    assert house.post(path, {}, key="rater").json()["cleared_at"] == "2026-11-22T10:07:00Z"
    assert house.get(f"{PATH}/alarms", key="reader", open=True).json()["data"] == []
    assert house.get(f"{PATH}/alarms", key="reader").json()["count"] == 1
    assert (
        house.get("/api/v2/applications/globex/aws/alarms", key="globex-reader").json()["data"]
        == []
    )
