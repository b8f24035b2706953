"""People's labels: in and out, idempotent for each rater, and the rates that they correct."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.api.applications import NAME, PATH, applications, furnish_applications
from tests.api.house import House
from tests.core.warehouse.judged import Applications, interaction

ABSENT = f"{'0' * 32}-{'0' * 16}"


@pytest.fixture(scope="module")
def judged(furnished: House) -> House:
    """Of a hundred judged calls the judge flags twenty."""
    furnish_applications(furnished)
    support = applications(furnished)
    support.scores(dict.fromkeys(range(20), 0.0) | dict.fromkeys(range(20, 100), 1.0))
    furnished.key("admin-of-labels", ("applications:read",), ("acme", "globex"))
    return furnished


@pytest.fixture(autouse=True)
def at_first(judged: House, house: House) -> None:
    """Every test asks at the moment at which the house was furnished."""
    assert judged is house


def label(number: int, *, flagged: bool = True, **told: Any) -> dict[str, Any]:
    """A label of the call with this number."""
    return {
        "application_id": NAME,
        "interaction_id": interaction(number),
        "metric_name": "quality",
        "rater": "ann",
        "flagged": flagged,
        **told,
    }


def say(house: House, *labels: dict[str, Any], key: str = "rater") -> Any:
    """Send a batch."""
    return house.post(f"{PATH}/labels", {"labels": list(labels)}, key=key)


def labels_of(house: House, **filters: Any) -> list[dict[str, Any]]:
    """The labels that are served."""
    rows: list[dict[str, Any]] = house.get(f"{PATH}/labels", key="reader", **filters).json()["data"]
    return rows


def test_a_rater_has_one_word_on_a_call(house: House) -> None:
    """Sent twice it is one label; another word replaces it; another rater's stands beside it."""
    mine = {"metric_name": "toxicity"}
    assert say(house, label(1, **mine)).json() == {"stored": 1}
    say(house, label(1, **mine))
    house.clock.advance(timedelta(seconds=1))
    say(house, label(1, flagged=False, comment="I looked again.", **mine))
    say(house, label(1, **mine, rater="ben"))
    house.clock.advance(timedelta(seconds=1))
    told = {row["rater"]: row["flagged"] for row in labels_of(house, **mine)}
    assert told == {"ann": False, "ben": True}
    named = {"application": NAME, "interaction_id": interaction(1), "rater": "ben", **mine}
    query = "&".join(f"{name}={value}" for name, value in named.items())
    assert house.delete(f"{PATH}/labels?{query}", key="rater").status_code == 204
    assert house.delete(f"{PATH}/labels?{query}", key="rater").status_code == 404
    assert [row["rater"] for row in labels_of(house, **mine)] == ["ann"]


def test_a_batch_with_an_unknown_call_is_not_stored(house: House) -> None:
    """404 that names the call; nothing of the batch is there afterwards."""
    answer = say(
        house,
        label(2, metric_name="tone"),
        label(3, metric_name="tone") | {"interaction_id": ABSENT},
    )
    assert answer.status_code == 404
    assert ABSENT in answer.json()["detail"]
    assert labels_of(house, metric_name="tone") == []


def test_another_customers_call_cannot_be_labelled(house: House) -> None:
    """A call of globex is as unknown under acme as one that never was."""
    foreign = label(1, application_id="canary-of-globex.bot")
    assert say(house, foreign).status_code == 404
    answer = house.post(
        "/api/v2/applications/globex/aws/labels", {"labels": [label(1)]}, key="rater"
    )
    assert answer.status_code == 404


def test_reading_does_not_allow_labelling(house: House) -> None:
    """The scope for it is applications:write."""
    assert say(house, label(1), key="reader").status_code == 403


@pytest.mark.parametrize(
    "broken",
    [
        {"labels": []},
        {"labels": [label(1) | {"interaction_id": "x"}]},
        {"labels": [label(1) | {"rater": ""}]},
        {"labels": [label(1) | {"score": 1}]},
        {"labels": [label(1)] * 201},
    ],
)
def test_a_label_that_is_not_understood_is_refused(house: House, broken: dict[str, Any]) -> None:
    """422, whatever is wrong with it."""
    assert house.post(f"{PATH}/labels", broken, key="rater").status_code == 422


def test_labels_are_paged(house: House) -> None:
    """Each once, newest call first."""
    say(house, *(label(number, metric_name="paged") for number in range(10)))
    seen, cursor = [], None
    while True:
        page = {"limit": 4, "metric_name": "paged"} | ({"cursor": cursor} if cursor else {})
        body = house.get(f"{PATH}/labels", key="reader", **page).json()
        seen += [row["interaction_id"] for row in body["data"]]
        if not (cursor := body["next_cursor"]):
            break
    assert seen == [interaction(number) for number in reversed(range(10))]


def test_labels_correct_what_the_judge_says(house: House) -> None:
    """Half of what it flags is wrong and a tenth of what it passes: .2*.5 + .8*.1 = .18."""
    other = Applications(
        house.warehouse, "acme", "corrected.bot", datetime(2026, 11, 21, tzinfo=UTC)
    )
    other.calls(range(2000, 2100))
    other.scores(dict.fromkeys(range(2000, 2020), 0.0) | dict.fromkeys(range(2020, 2100), 1.0))
    only = {"key": "reader", "application": "corrected.bot"}
    (before,) = house.get(f"{PATH}/corrected", **only).json()["data"]
    assert (before["corrected_rate"], before["reason"]) == (None, "no_labels")
    assert before["judged_rate"] == pytest.approx(0.2)
    mine = {"application_id": "corrected.bot"}
    say(house, *(label(2000 + n, flagged=n < 10, **mine) for n in range(20)))
    house.clock.advance(timedelta(seconds=1))
    (half,) = house.get(f"{PATH}/corrected", **only).json()["data"]
    assert (half["reason"], half["labelled_flagged"]) == ("no_labels_of_passed", 20)
    say(house, *(label(2020 + n, flagged=n < 2, **mine) for n in range(20)))
    (after,) = house.get(f"{PATH}/corrected", **only).json()["data"]
    assert after["corrected_rate"] == pytest.approx(0.18)
    assert (after["labelled_flagged"], after["labelled_passed"]) == (20, 20)
    assert after["low"] < 0.18 < after["high"]
    assert (after["basis"], after["reason"]) == ("strata", None)


def test_a_label_makes_held_answers_old(house: House) -> None:
    """The tag of before is no longer good, although the clock stands still."""
    tag = house.get(f"{PATH}/corrected", key="reader").headers["ETag"]
    held = {"If-None-Match": tag}
    assert house.get(f"{PATH}/corrected", key="reader", headers=held).status_code == 304
    say(house, label(5, metric_name="held"))
    assert house.get(f"{PATH}/corrected", key="reader", headers=held).status_code == 200


def test_suggestions_are_half_flagged_and_not_labelled_yet(house: House) -> None:
    """Drawn anew for another seed."""
    say(house, label(0))
    asked = {"key": "reader", "application": NAME, "metric_name": "quality", "each": 5}
    rows = house.get(f"{PATH}/to-label", seed="one", **asked).json()["data"]
    assert [row["flagged"] for row in rows] == [True] * 5 + [False] * 5
    assert interaction(0) not in {row["interaction_id"] for row in rows}
    assert rows != house.get(f"{PATH}/to-label", seed="two", **asked).json()["data"]


def test_an_alarm_that_never_was_cannot_be_cleared(house: House) -> None:
    """404, also for a key that may write."""
    answer = house.post(f"{PATH}/alarms/{uuid4()}/clear", {}, key="rater")
    assert answer.status_code == 404
