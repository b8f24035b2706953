"""Customers say what is kept of their applications' texts, and have people forgotten."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from optiinfra_core.applications.privacy import Redactor
from optiinfra_core.database.audit import entries
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from tests.api import exports
from tests.api.house import NOW, House
from tests.core.warehouse.calls import call

APP = "support.assistant"
READ = """
SELECT trace_id, max(toString(text_state)) AS state, max(text_expires_on) AS expires,
       length(groupUniqArrayArray(input_parts)) AS texts
FROM llm_interactions WHERE customer_id = {c:String} GROUP BY trace_id ORDER BY min(started_at)
"""


@pytest.fixture
def customer(house: House) -> Iterator[str]:
    """A customer that no other test knows, with a key under its own name that reads and writes."""
    slug = f"tenant-{len(house.tokens)}"
    Customers(house.database).add(slug, slug)
    house.key(slug, ("applications:write", "applications:read"), (slug,))
    yield slug
    house.clock.instant = NOW


def base(customer: str) -> str:
    """Where a customer's applications are."""
    return f"/api/v2/applications/{customer}"


def send(house: House, customer: str, *numbers: int, **told: Any) -> None:
    """Calls with these numbers, whole, by OTLP."""
    body = exports.traces([call(number, **told) for number in numbers])
    assert house.post("/v1/traces", body, customer).status_code == 200


def patch(house: House, customer: str, application: str = APP, **changes: Any) -> Any:
    """A PATCH of an application."""
    path = f"{base(customer)}/{application}"
    return house.client.patch(path, json=changes, headers=house.auth(customer))


def stored(house: House, customer: str) -> Sequence[Mapping[str, Any]]:
    """The customer's calls, oldest first."""
    return house.warehouse.select(READ, {"c": customer})


def test_applications_are_listed_with_the_rules_that_hold(house: House, customer: str) -> None:
    """Those that sent calls, and those that were only spoken of."""
    send(house, customer, 1)
    assert patch(house, customer, "shop.search", text_policy="none").status_code == 200
    answer = house.get(base(customer), customer).json()
    assert [each["application_id"] for each in answer["data"]] == ["shop.search", APP]
    spoken_of, sent = answer["data"]
    assert (spoken_of["registered"], spoken_of["last_seen_at"]) == (True, None)
    assert spoken_of["effective"]["text_policy"] == "none"
    assert (sent["registered"], sent["last_seen_at"]) == (False, "2026-11-22T10:07:00Z")
    assert sent["text_policy"] is None
    assert sent["effective"] == {
        "text_policy": "redacted",
        "text_days": 30,
        "send_to_judge": True,
        "sample_share": 0.1,
        "daily_budget_usd": "1",
    }
    only = house.get(base(customer), customer, provider="aws").json()
    assert [each["application_id"] for each in only["data"]] == [APP]


def test_everything_can_be_said_and_taken_back(house: House, customer: str) -> None:
    """What is left out stays; null goes back to what the installation says."""
    said = {
        "name": "Our assistant",
        "provider": "aws",
        "text_policy": "hash",
        "text_days": 7,
        "send_to_judge": False,
        "sample_share": 0.25,
        "daily_budget_usd": "2.5",
        "judge_model": "openai/gpt-oss-120b",
        "baseline": {"start": "2026-11-01T00:00:00Z", "end": "2026-11-08T00:00:00Z"},
        "thresholds": {"toxicity": 0.5},
    }
    told = patch(house, customer, **said).json()
    assert {name: told[name] for name in said} == said
    assert house.get(f"{base(customer)}/{APP}", customer).json() == told
    changed = patch(house, customer, text_days=3).json()
    assert (changed["text_days"], changed["text_policy"]) == (3, "hash")
    cleared = patch(house, customer, **dict.fromkeys(said)).json()
    assert cleared["text_policy"] is None
    assert cleared["effective"]["text_policy"] == "redacted"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"text_policy": "everything"}, 422),
        ({"text_days": 0}, 422),
        ({"sample_share": 0}, 422),
        ({"daily_budget_usd": "-1"}, 422),
        ({"thresholds": {"'; DROP": 0.5}}, 422),
        ({"baseline": {"start": "2026-11-08T00:00:00Z", "end": "2026-11-01T00:00:00Z"}}, 422),
        ({"polcy": "none"}, 422),
        ({"provider": "aol"}, 404),
    ],
)
def test_what_cannot_be_meant_is_refused(
    house: House, customer: str, changes: dict[str, Any], status: int
) -> None:
    """As a problem with a remedy; nothing is registered by it."""
    answer = patch(house, customer, **changes)
    assert (answer.status_code, bool(answer.json()["remedy"])) == (status, True)
    assert house.get(base(customer), customer).json()["count"] == 0


def test_an_id_that_no_application_can_have_is_refused(house: House, customer: str) -> None:
    """Injected or merely wrong; and one that nobody knows is not found."""
    for application in ("A%20b", "x'%20OR%201=1", "-a", "a" * 129):
        assert patch(house, customer, application, text_days=3).status_code == 422
    assert house.get(f"{base(customer)}/nope", customer).status_code == 404


def test_reading_and_writing_are_scopes_of_their_own(house: House, customer: str) -> None:
    """And another customer's applications do not exist."""
    house.key(f"{customer}-reader", ("applications:read",), (customer,))
    reader = house.auth(f"{customer}-reader")
    assert house.client.get(base(customer), headers=reader).status_code == 200
    path = f"{base(customer)}/{APP}"
    assert house.client.patch(path, json={"text_days": 3}, headers=reader).status_code == 403
    body = {"user": "x"}
    erasures = f"{base(customer)}/erasures"
    assert house.client.post(erasures, json=body, headers=reader).status_code == 403
    assert house.get(base(customer), "costs-only").status_code == 403
    assert house.get(base("acme"), customer).status_code == 404
    assert house.post(f"{base('acme')}/erasures", body, customer).status_code == 404


def test_a_change_is_in_the_audit_log(house: House, customer: str) -> None:
    """With the key that made it."""
    name = f"{customer}.app"
    patch(house, customer, name, text_days=3)
    with house.database.operator() as connection:
        [entry] = entries(connection, "application", name)
    assert entry.detail == {"text_days": {"before": None, "after": "3"}}
    assert entry.actor.startswith("api-key:")


def test_stored_texts_follow_a_stricter_policy_at_once(house: House, customer: str) -> None:
    """When the answer is there, the texts are not; what comes later is kept by it too."""
    send(house, customer, 1)
    assert [each["texts"] for each in stored(house, customer)] == [1]
    assert patch(house, customer, text_policy="hash").status_code == 200
    send(house, customer, 1, 2)
    assert [(each["state"], each["texts"]) for each in stored(house, customer)] == [("hash", 0)] * 2


def test_stored_texts_follow_fewer_days_at_once(house: House, customer: str) -> None:
    """What is too old is empty, and the rest expires earlier."""
    old = NOW - timedelta(days=10)
    send(house, customer, 1, started_at=old, ended_at=old)
    send(house, customer, 2)
    patch(house, customer, text_days=5)
    found = stored(house, customer)
    assert [each["texts"] for each in found] == [0, 1]
    assert found[1]["expires"] == (NOW + timedelta(days=5)).date()


def test_a_person_is_forgotten_and_stays_so(house: House, customer: str) -> None:
    """By the name that applications use: both halves go, and none of them comes back."""
    body = exports.traces([call(1), call(8), call(2)], texts=False)
    for path, request in (("/v1/traces", body), ("/v1/logs", exports.logs([call(1), call(8)]))):
        assert house.post(path, request, customer).status_code == 200
    before = len(stored(house, customer))
    answer = house.post(f"{base(customer)}/erasures", {"user": "person-1"}, customer)
    assert (before, answer.status_code) == (3, 200)
    assert answer.json()["calls"] == 2
    assert answer.json()["rows"]["llm_interactions"] >= 2
    assert [each["trace_id"] for each in stored(house, customer)] == [call(2).trace_id]
    for path, request in (("/v1/logs", exports.logs([call(1), call(8)])), ("/v1/traces", body)):
        assert house.post(path, request, customer).status_code == 200
    assert [each["trace_id"] for each in stored(house, customer)] == [call(2).trace_id]


def test_a_new_call_of_a_person_who_was_forgotten_is_not_taken(house: House, customer: str) -> None:
    """Nor its other half, wherever it comes first; the sender is told how many, not who."""
    house.post(f"{base(customer)}/erasures", {"user": "person-1"}, customer)
    house.post("/v1/logs", exports.logs([call(1)]), customer)
    assert len(stored(house, customer)) == 1
    told = house.post("/v1/traces", exports.traces([call(1)], texts=False), customer).json()
    assert "erased" in told["partialSuccess"]["errorMessage"]
    assert stored(house, customer) == []
    house.post("/v1/logs", exports.logs([call(1)]), customer)
    assert stored(house, customer) == []


def test_forgetting_again_is_harmless_and_written_down(house: House, customer: str) -> None:
    """By the hash that rows carry; the second time there is nothing left to take."""
    send(house, customer, 1)
    pepper = KeyRing.load(house.settings).pepper
    person = {"user_hash": Redactor(pepper, customer).pseudonyms.user("person-1")}
    first, second = (
        house.post(f"{base(customer)}/erasures", person, customer).json() for _ in range(2)
    )
    assert (first["calls"], second["calls"]) == (1, 0)
    assert not any(second["rows"].values())
    with house.database.operator() as connection:
        kept = connection.execute(
            "SELECT user_hash, rows, done_at FROM optiinfra.erasures WHERE customer_id = %s"
            " ORDER BY rows DESC",
            (customer,),
        ).fetchall()
    assert [row["rows"] for row in kept] == [1, 0]
    assert all(row["done_at"] == NOW for row in kept)


@pytest.mark.parametrize(
    "body",
    [{}, {"user": "x", "user_hash": "0" * 64}, {"user_hash": "x' OR 1=1"}, {"user": ""}],
)
def test_nobody_is_forgotten_by_a_request_that_names_nobody(
    house: House, customer: str, body: dict[str, str]
) -> None:
    """Exactly one of the two names."""
    assert house.post(f"{base(customer)}/erasures", body, customer).status_code == 422


def test_deleting_a_customer_takes_its_applications_along(house: House, customer: str) -> None:
    """Registry, erasures and every call."""
    send(house, customer, 1)
    house.post(f"{base(customer)}/erasures", {"user": "x"}, customer)
    gone = house.delete(f"/api/v1/customers/{customer}").json()
    assert (gone["applications"], gone["erasures"]) == (1, 1)
    assert gone["rows"]["llm_interactions"] == 1


def test_what_judging_may_cost_a_month_is_the_operators_to_say(house: House, customer: str) -> None:
    """Set, read, taken back; a customer's own key cannot."""
    path = f"/api/v1/customers/{customer}"
    for usd in ("12.5", None):
        answer = house.client.patch(
            path, json={"judge_budget_usd": usd}, headers=house.auth("admin")
        )
        assert answer.json()["judge_budget_usd"] == usd
        assert house.get(path, "admin").json()["judge_budget_usd"] == usd
    mine = house.client.patch(path, json={"judge_budget_usd": "1"}, headers=house.auth(customer))
    assert mine.status_code == 403
    negative = {"judge_budget_usd": "-1"}
    refused = house.client.patch(path, json=negative, headers=house.auth("admin"))
    assert refused.status_code == 422


def test_a_key_tells_its_default_cloud(house: House) -> None:
    """As it was made."""
    body = {
        "name": "sender",
        "scopes": ["applications:write"],
        "customers": ["acme"],
        "default_provider": "aws",
    }
    assert house.post("/api/v1/keys", body).json()["default_provider"] == "aws"
    refused = house.post("/api/v1/keys", {**body, "default_provider": "A cloud"})
    assert refused.status_code == 422
