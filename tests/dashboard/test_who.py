"""What a key is told about itself."""

from optiinfra_core.tenancy.api_keys import SCOPES
from tests.api.house import READS, House


def test_a_key_learns_its_scopes_and_customers(house: House) -> None:
    """Those it was made with, in the order of the documentation, and nothing of others."""
    told = house.get("/api/v1/me", "reader").json()
    assert told["name"] == "reader"
    assert told["scopes"] == [scope for scope in SCOPES if scope in READS]
    assert told["customers"] == [{"customer_id": "acme", "name": "Acme"}]
    assert told["expires_at"] is None


def test_a_key_for_several_customers_is_told_all_of_them(house: House) -> None:
    """By id, with the names that a person chooses by."""
    told = house.get("/api/v1/me", "both").json()
    assert [each["name"] for each in told["customers"]] == ["Acme", "Globex"]


def test_who_sends_no_key_is_nobody(house: House) -> None:
    """401 with a remedy, as everywhere."""
    answer = house.client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json()["remedy"]
