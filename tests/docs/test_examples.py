"""Every curl line of docs/api.md is sent to the API; what the page shows is what comes back."""

import json
from typing import Any

from tests.api.house import House
from tests.docs.examples import Example, examples


def test_the_examples_of_the_api_page_work(house: House) -> None:
    """In the order of the page: each succeeds or fails as it says, with the fields it shows."""
    variables = {"KEY": house.tokens["admin"]}
    ran = 0
    for example in examples("api.md"):
        answer = house.client.request(**example.request(variables))
        expected = {example.status} if example.status else {200, 201, 202, 204}
        assert answer.status_code in expected, f"{example.command}\n{answer.text}"
        if example.shown is not None:
            same_shape(example, answer.json())
        remember(variables, answer)
        ran += 1
    assert ran > 40


def remember(variables: dict[str, str], answer: Any) -> None:
    """The variables that the page names after what an answer told."""
    variables["ETAG"] = answer.headers.get("ETag", "")
    if not answer.content or "application/json" not in answer.headers.get("Content-Type", ""):
        return
    told = answer.json()
    for variable, field in (("TASK", "task_id"), ("CURSOR", "next_cursor")):
        if told.get(field):
            variables[variable] = told[field]
    for variable, mark in (("CREDENTIAL", "fingerprint"), ("KEY_ID", "token")):
        if mark in told:
            variables[variable] = told["id"]


def same_shape(example: Example, answer: Any) -> None:
    """The page shows the fields that come, and the values that do not depend on the moment."""
    shown = example.shown
    assert list(shown) == list(answer), example.command
    for ours, theirs in zip(shown.get("data", []), answer.get("data", []), strict=False):
        assert list(ours) == list(theirs), example.command
        assert json.dumps(ours) == json.dumps(theirs), example.command
