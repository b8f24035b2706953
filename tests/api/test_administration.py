"""Customers and keys: made, listed, revoked, deleted whole."""

from decimal import Decimal

import pytest

from optiinfra_core.tenancy.customers import Customers
from tests.api import house as furniture
from tests.api.house import House

CUSTOMERS = "/api/v1/customers"
KEYS = "/api/v1/keys"


def test_a_customer_is_added_once(house: House) -> None:
    """It is there under its slug and its UUID; the same id again is a conflict."""
    new = {"customer_id": "initech", "name": "Initech"}
    added = house.post(CUSTOMERS, new)
    assert added.status_code == 201
    assert added.json()["status"] == "active"
    for identity in ("initech", added.json()["id"]):
        assert house.get(f"{CUSTOMERS}/{identity}", key="admin").json()["name"] == "Initech"
    assert house.post(CUSTOMERS, new).status_code == 409


def test_a_key_works_until_it_is_revoked(house: House) -> None:
    """Its token is in the answer that made it, in no other; revoked it is refused at once."""
    new = {"name": "agent", "scopes": ["costs:read"], "customers": ["acme"]}
    created = house.post(KEYS, new).json()
    house.tokens["agent"] = created["token"]
    path = "/api/v2/costs/acme/aws/total"
    assert house.get(path, key="agent").status_code == 200
    assert created["token"] not in house.get(KEYS, key="admin").text
    assert house.delete(f"{KEYS}/{created['id']}").status_code == 204
    refused = house.get(path, key="agent")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_that_ends_says_when(house: House) -> None:
    """A naive end is refused; a past one too."""
    new = {"name": "x", "scopes": ["costs:read"], "customers": ["acme"]}
    assert house.post(KEYS, {**new, "expires_at": "2027-01-01T00:00:00"}).status_code == 422
    assert house.post(KEYS, {**new, "expires_at": "2020-01-01T00:00:00Z"}).status_code == 422
    made = house.post(KEYS, {**new, "expires_at": "2027-01-01T00:00:00Z"})
    assert made.json()["expires_at"] == "2027-01-01T00:00:00Z"


@pytest.mark.parametrize("path", [CUSTOMERS, KEYS, f"{CUSTOMERS}/acme"])
def test_only_administrators_administer(house: House, path: str) -> None:
    """A key that reads gets 403 with the scope it lacks."""
    answer = house.get(path, key="acme")
    assert answer.status_code == 403
    assert "admin" in answer.json()["detail"]


def test_a_deleted_customer_is_gone_from_every_server(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, keys and state are counted and gone; others keep theirs; the id stays taken."""
    monkeypatch.setitem(furniture.ACCOUNTS, "doomed", "333333333333")
    Customers(house.database).add("doomed", "Doomed")
    furniture.fill(house, "doomed", "doomed", Decimal(1))
    house.key("doomed", ("costs:read",), ("doomed",))
    assert house.get("/api/v2/costs/doomed/aws/total", key="doomed").json()["count"] == 1
    erased = house.delete(f"{CUSTOMERS}/doomed").json()
    assert erased["rows"]["cost_metrics"] == 66
    assert erased["rows"]["performance_metrics"] == 192
    assert (erased["api_keys"], erased["source_states"]) == (1, 3)
    gone = house.get("/api/v2/costs/doomed/aws/total", key="admin")
    assert gone.status_code == 404
    assert house.get("/api/v2/costs/acme/aws/total").json()["data"][0]["cost"] == "165"
    again = house.post(CUSTOMERS, {"customer_id": "doomed", "name": "Doomed again"})
    assert again.status_code == 409
