"""Credentials: sealed, verified by Dagster, rotated, shredded; their secrets never come out."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from optiinfra_api.dependencies import verifying
from optiinfra_core.collecting.contract import Verification
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.redaction import scrub
from tests.api.house import CloudKey, House

PATH = "/api/v1/credentials"
SECRET = "planted+secret/of-40-characters-0123456789"  # noqa: S105 - planted
FIELDS = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": SECRET, "regions": ["us-east-1"]}
NEW = {"customer_id": "acme", "provider": "aws", "label": "production", "credential": FIELDS}
FOUND = Verification(
    account_id="111111111111",
    principal="arn:aws:iam::111111111111:user/optiinfra",
    permissions_found=("ec2:DescribeInstances",),
    permissions_missing=("ce:GetCostAndUsage",),
)


@pytest.fixture
def verifier(house: House) -> Iterator[House]:
    """A Dagster whose verification run finds the account at once."""

    def verify(run_id: str, params: Mapping[str, Any]) -> None:
        config = params["runConfigData"]["ops"]["verify_credential_op"]["config"]
        house.doors.vault.record_verification(config["credential_id"], FOUND)
        house.dagster.state.runs[run_id] = "SUCCESS"

    house.dagster.state.on_launch = verify
    yield house
    for record in house.doors.vault.list("acme"):
        house.doors.vault.delete(record.id, "test")


def test_a_credential_is_sealed_and_verified(verifier: House) -> None:
    """The answer names the account and the permission that is missing, never the secret."""
    answer = verifier.post(PATH, NEW)
    body = answer.json()
    assert answer.status_code == 201
    assert body["status"] == "verified"
    assert body["account_id"] == "111111111111"
    assert body["permissions_missing"] == ["ce:GetCostAndUsage"]
    assert body["configuration"] == {
        "access_key_id": "AKIAEXAMPLE",
        "session_token": None,
        "regions": ["us-east-1"],
        "home_region": "us-east-1",
        "cost_explorer": True,
        "cost_export": None,
    }
    assert ("customers_aws", "acme") in verifier.dagster.state.partitions
    assert SECRET not in answer.text


def test_what_was_entered_is_what_the_provider_opens(verifier: House) -> None:
    """The provider's own model reads back exactly what the API's generated one sealed."""
    fields = {**FIELDS, "cost_export": {"bucket": "costs"}, "session_token": "t" * 20}
    identity = verifier.post(PATH, {**NEW, "credential": fields}).json()["id"]
    with verifier.doors.vault.open(identity, CloudKey, "test") as opened:
        assert opened.secret_access_key.get_secret_value() == SECRET
        assert opened.cost_export is not None
        assert (opened.cost_export.bucket, opened.cost_export.prefix) == ("costs", "")
        assert opened.regions == ("us-east-1",)


def test_no_answer_ever_holds_the_secret(verifier: House) -> None:
    """List, one, verify, audit, rotation and deletion: the planted value is in none of them."""
    identity = verifier.post(PATH, NEW).json()["id"]
    rotated = "another+planted/secret-of-40-characters-98"
    texts = [
        verifier.get(PATH, key="admin", customer_id="acme").text,
        verifier.get(f"{PATH}/{identity}", key="admin").text,
        verifier.post(f"{PATH}/{identity}/verify", {}).text,
        verifier.post(
            f"{PATH}/{identity}/rotate",
            {"credential": {**FIELDS, "secret_access_key": rotated}},
        ).text,
        verifier.get(f"{PATH}/{identity}/audit", key="admin").text,
        verifier.delete(f"{PATH}/{identity}").text,
        verifier.get("/metrics", key="admin").text,
    ]
    assert not [text for text in texts if SECRET in text or rotated in text]


def test_a_rotation_is_a_new_revision_with_another_fingerprint(verifier: House) -> None:
    """Two secrets can be told apart without seeing them."""
    before = verifier.post(PATH, NEW).json()
    after = verifier.post(
        f"{PATH}/{before['id']}/rotate",
        {"credential": {**FIELDS, "secret_access_key": "x" * 40}},
    ).json()
    assert (before["revision"], after["revision"]) == (1, 2)
    assert before["fingerprint"] != after["fingerprint"]
    assert after["status"] == "verified"


def test_a_deleted_credential_keeps_its_audit_log(verifier: House) -> None:
    """The list forgets it; what was done to it stays, and by whom."""
    identity = verifier.post(PATH, NEW).json()["id"]
    assert verifier.delete(f"{PATH}/{identity}").status_code == 204
    listed = verifier.get(PATH, key="admin", customer_id="acme").json()["data"]
    assert identity not in [each["id"] for each in listed]
    assert verifier.get(f"{PATH}/{identity}", key="admin").json()["status"] == "deleted"
    log = verifier.get(f"{PATH}/{identity}/audit", key="admin").json()["data"]
    actions = [entry["action"] for entry in log]
    assert (actions[0], actions[-1]) == ("created", "deleted")
    assert all(entry["actor"] for entry in log)


def test_a_rejected_credential_is_kept_with_its_reason(house: House) -> None:
    """The provider refuses it: 201 all the same, with what to do."""

    def refuse(run_id: str, params: Mapping[str, Any]) -> None:
        config = params["runConfigData"]["ops"]["verify_credential_op"]["config"]
        refusal = CredentialRejected("the key is not valid", remedy="Create a new key.")
        house.doors.vault.record_verification(config["credential_id"], refusal)

    house.dagster.state.on_launch = refuse
    body = house.post(PATH, NEW).json()
    assert body["status"] == "rejected"
    assert body["remedy"] == body["last_error"]["remedy"] == "Create a new key."


def test_without_dagster_it_is_sealed_and_unverified(house: House) -> None:
    """The credential is not lost because another server is down."""
    house.dagster.state.refuse_launch_as = "PythonError"
    answer = house.post(PATH, NEW)
    body = answer.json()
    assert answer.status_code == 201
    assert body["status"] == "unverified"
    assert "not verified yet" in body["remedy"]
    assert house.get(f"{PATH}/{body['id']}", key="admin").status_code == 200


def test_a_slow_verification_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the patience is over the answer says that it still runs."""
    monkeypatch.setattr(verifying, "WAIT_SECONDS", 0.3)
    body = house.post(PATH, NEW).json()
    assert body["status"] == "unverified"
    assert "still runs" in body["remedy"]


def test_a_key_without_the_scope_may_not_even_look(house: House) -> None:
    """403 names the scope that is missing."""
    answer = house.get(PATH, key="acme", customer_id="acme")
    assert answer.status_code == 403
    assert "credentials:write" in answer.json()["remedy"]


def test_the_catalogue_tells_which_fields_to_enter(house: House) -> None:
    """Names, types, which are secret; no default of a secret."""
    body = house.get("/api/v1/providers/aws").json()
    fields = {field["name"]: field for field in body["credential"]}
    assert fields["secret_access_key"]["secret"] is True
    assert fields["cost_export"]["fields"][0]["name"] == "bucket"
    assert house.get("/api/v1/providers").json()["count"] == 2
    assert house.get("/api/v1/providers/aol").status_code == 404


def test_the_vault_taught_redaction_what_to_hide(verifier: House) -> None:
    """Opening a credential makes its values unprintable in this process's logs."""
    identity = verifier.post(PATH, NEW).json()["id"]
    with verifier.doors.vault.open(identity, CloudKey, "test"):
        pass
    assert SECRET not in scrub(f"the driver said {SECRET}")
