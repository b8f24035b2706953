"""The worst calls, who may read their texts, and what nobody else's key sees."""

from datetime import timedelta

import pytest

from tests.api.applications import NAME, PATH, applications, furnish_applications, note
from tests.api.house import CANARY, House
from tests.core.warehouse.judged import interaction

ANSWER = "It is that."
PATHS = ("quality", "hallucinations", "toxicity", "summary", "models", "usage", "trends", "drift",
         "worst", "judges", "cost", "alarms", "labels", "corrected", "to-label")  # fmt: skip


@pytest.fixture(scope="module")
def judged(furnished: House) -> House:
    """Five judged calls, one of which tampers and one of which contradicts its sources."""
    furnish_applications(furnished)
    support = applications(furnished)
    support.scores({1: 0.4, 2: 0.2, 3: 0.6})
    support.scores({4: 1.0}, tamper=True)
    support.scores({5: 0.8}, verdicts={"contradicted": "1", "statements": "4"})
    return furnished


@pytest.fixture(autouse=True)
def at_first(judged: House, house: House) -> None:
    """Every test asks at the moment at which the house was furnished."""
    assert judged is house


def test_the_worst_come_first_and_are_paged(house: House) -> None:
    """Tampered, contradicted, then the lowest scores; each once over pages."""
    seen, cursor = [], None
    while True:
        page = {"limit": 2, "application": NAME} | ({"cursor": cursor} if cursor else {})
        body = house.get(f"{PATH}/worst", key="reader", **page).json()
        seen += body["data"]
        if not (cursor := body["next_cursor"]):
            break
    assert [row["interaction_id"] for row in seen] == [interaction(n) for n in (4, 5, 2, 1, 3)]
    assert (seen[0]["tampered"], seen[1]["contradicted"]) == (True, 1)
    assert seen[0]["trace_id"] == interaction(4).split("-")[0]


def test_texts_take_a_scope_of_their_own(house: House) -> None:
    """Hidden unless asked for; refused without the scope; told as they are kept with it."""
    plain = house.get(f"{PATH}/worst", key="texts")
    assert ANSWER not in plain.text
    assert {row["texts"] for row in plain.json()["data"]} == {None}
    refused = house.get(f"{PATH}/worst", key="reader", texts=True)
    assert refused.status_code == 403
    assert "applications:text" in refused.json()["remedy"]
    row = house.get(f"{PATH}/worst", key="texts", texts=True).json()["data"][0]
    assert row["texts"] == {
        "kept": "redacted",
        "input": [{"role": "user", "text": "What is it?"}],
        "output": [{"role": "assistant", "text": ANSWER}],
        "context": ["That is it."],
    }
    assert row["explanation"] == "It answers."


def test_no_other_read_holds_a_text(house: House) -> None:
    """Neither what was asked nor what a judge wrote about it."""
    for path in PATHS:
        answer = house.get(f"{PATH}/{path}", key="texts")
        assert answer.status_code == 200, path
        for text in (ANSWER, "What is it?", "That is it.", "It answers."):
            assert text not in answer.text, path


@pytest.mark.parametrize("path", PATHS)
def test_another_customers_applications_are_not_found(house: House, path: str) -> None:
    """404 in the words of a customer that never was, and no canary in one's own answer."""
    theirs = house.get(f"/api/v2/applications/globex/aws/{path}", key="texts")
    nobodys = house.get(f"/api/v2/applications/nobody/aws/{path}", key="texts")
    assert theirs.status_code == nobodys.status_code == 404
    for provider in ("aws", "all"):
        mine = house.get(f"/api/v2/applications/acme/{provider}/{path}", key="texts")
        assert CANARY not in mine.text
    assert house.get(f"{PATH}/{path}", key="costs-only").status_code == 403
    assert house.get(f"/api/v2/applications/acme/aol/{path}", key="reader").status_code == 404


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_that_is_held_costs_no_query(house: House, path: str) -> None:
    """304 without asking ClickHouse; a call that is noted changes the tag."""
    note(house)
    tag = house.get(f"{PATH}/{path}", key="reader").headers["ETag"]
    asked = house.doors.warehouse.asked
    held = {"If-None-Match": tag}
    answer = house.get(f"{PATH}/{path}", key="reader", headers=held)
    assert (answer.status_code, house.doors.warehouse.asked) == (304, asked)


def test_while_calls_come_in_a_tag_is_soon_old(house: House) -> None:
    """A batch within the minute of another is not noted by itself: the tag changes all the same."""
    note(house, "acme", "live.bot", house.clock.now())
    tag = house.get(f"{PATH}/usage", key="reader").headers["ETag"]
    house.clock.advance(timedelta(seconds=20))
    held = {"If-None-Match": tag}
    assert house.get(f"{PATH}/usage", key="reader", headers=held).status_code == 200
    house.clock.advance(timedelta(minutes=3))
    settled = {"If-None-Match": house.get(f"{PATH}/usage", key="reader").headers["ETag"]}
    house.clock.advance(timedelta(minutes=1))
    assert house.get(f"{PATH}/usage", key="reader", headers=settled).status_code == 304


def test_a_call_whose_text_is_gone_is_told_without(house: House) -> None:
    """Its scores stay; its text is null, not empty strings."""
    gone = applications(house, "acme", "gone.bot")
    gone.calls([500], text_expires_on=house.clock.now().date())
    gone.scores({500: 0.0}, call={"text_expires_on": house.clock.now().date()})
    (row,) = house.get(f"{PATH}/worst", key="texts", texts=True, application="gone.bot").json()[
        "data"
    ]
    assert (row["score"], row["texts"], row["explanation"]) == (0.0, None, None)
    assert row["application_id"] != NAME
