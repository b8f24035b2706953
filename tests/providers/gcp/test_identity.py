"""Who signs: one token for all clients of a connection, from a key or a workload identity."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from google.auth import jwt
from pydantic import SecretStr, ValidationError

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.errors import CredentialRejected, InvalidRequest
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.gcp.client import Gcp, tokens
from optiinfra_pipelines.providers.gcp.client.inventory import DISKS, INSTANCES
from optiinfra_pipelines.providers.gcp.client.rest import listed
from optiinfra_pipelines.providers.gcp.credential import GcpCredential
from tests.providers.gcp.bigquery import reply
from tests.providers.gcp.conftest import EMAIL, EXPORT, NOW, Connect, key_json, private_key
from tests.providers.gcp.series import page
from tests.providers.gcp.wire import PROJECT, GoogleDouble, MonitoringDouble

AUDIENCE = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/providers/b"


def read(gcp: Gcp) -> None:
    """One listing."""
    list(listed(gcp, INSTANCES, PROJECT))


def test_every_client_of_a_connection_shares_one_token(
    cloud: GoogleDouble, connect: Connect, monitored: MonitoringDouble, monitoring_endpoint: str
) -> None:
    """REST, BigQuery, Cloud Billing and Monitoring: one request for a token."""
    monitored.answer = lambda _request: page()
    cloud.on("/tables/export", {"lastModifiedTime": "1"})
    gcp = connect(monitoring_endpoint=monitoring_endpoint, billing_export=EXPORT)
    read(gcp)
    assert gcp.credential.billing_export is not None
    gcp.warehouse.table(gcp.credential.billing_export)
    gcp.billing.account(EXPORT["billing_account_id"])
    list(gcp.monitoring.series(_query()))
    bearers = {one.headers.get("authorization") for one in cloud.seen if "/token" not in one.path}
    assert bearers | set(monitored.bearers) == {"Bearer token-1-of-the-test"}
    assert cloud.count("/token") == 1


def _query() -> Any:
    from tests.providers.gcp.test_monitoring import QUERY  # noqa: PLC0415 - a constant of theirs

    return QUERY


def test_two_customers_never_share_an_identity(cloud: GoogleDouble, connect: Connect) -> None:
    """Each connection has a token of its own; nothing is kept in the process's environment."""
    one, other = connect(), connect()
    read(one)
    read(other)
    carried = [each.headers.get("authorization") for each in cloud.seen if "comp" in each.path]
    assert len(set(carried)) == 2


def test_the_key_signs_for_the_service_account(cloud: GoogleDouble, connect: Connect) -> None:
    """A JWT of the account itself, by its private key."""
    gcp = connect()
    read(gcp)
    [asked] = [one for one in cloud.seen if one.path == "/token"]
    [assertion] = parse_qs(asked.body.decode())["assertion"]
    told = jwt.decode(assertion, verify=False)
    assert told["iss"] == EMAIL
    assert gcp.calls.tokens.principal == EMAIL


@pytest.mark.parametrize("status", [400, 401])
def test_a_revoked_key_is_a_rejected_credential(
    status: int, cloud: GoogleDouble, connect: Connect
) -> None:
    """invalid_grant: asked once, and nothing of the key is repeated."""
    error = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    cloud.on("/token", reply(error, status))
    with pytest.raises(CredentialRejected, match="invalid_grant") as told:
        read(connect())
    assert "rotate" in told.value.remedy
    assert cloud.count("/token") == 1
    assert private_key().splitlines()[1] not in told.value.told


def test_a_key_that_is_none_is_a_rejected_credential(endpoint: str, connect: Connect) -> None:
    """Its JSON is there, its key is garbage."""
    key = json.loads(key_json(f"{endpoint}/token"))
    broken = json.dumps({**key, "private_key": "canary-not-a-key"})
    with pytest.raises(CredentialRejected, match="cannot be used") as told:
        read(connect(service_account_key=SecretStr(broken)))
    assert "canary" not in told.value.told


@pytest.mark.parametrize(
    "uri",
    [
        "http://169.254.169.254/computeMetadata/v1/token",
        "https://evil.example/token",
        "https://googleapis.com.evil.example/token",
        "https://user@oauth2.googleapis.com/token",
        "http://oauth2.googleapis.com/token",
        "https://oauth2.googleapis.com:8443/token",
    ],
)
def test_a_key_cannot_send_tokens_elsewhere(uri: str) -> None:
    """token_uri comes with the key, from whoever entered it."""
    credential = GcpCredential(service_account_key=SecretStr(key_json(uri)))
    gate = Gate(ledger=CallLog(), clock=FixedClock(NOW))
    with Gcp(credential, gate) as gcp, pytest.raises(InvalidRequest, match="token_uri"):
        read(gcp)
    assert gcp.gate.ledger.calls == []


def external(endpoint: str, source: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """The fields of a credential with a workload identity."""
    told = {
        "type": "external_account",
        "audience": AUDIENCE,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{endpoint}/v1/token",
        "credential_source": source,
        **fields,
    }
    return {
        "service_account_key": None,
        "workload_identity": SecretStr(json.dumps(told)),
        "project_id": PROJECT,
    }


def test_a_workload_identity_exchanges_its_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    cloud: GoogleDouble,
    endpoint: str,
    connect: Connect,
) -> None:
    """The token in the file goes to the token service, by way of the account it acts for."""
    monkeypatch.setattr(tokens, "TOKEN_FOLDERS", (tmp_path,))
    (tmp_path / "token").write_text("the-workloads-own-token")
    cloud.script["/v1/token"] = lambda _incoming: {
        "access_token": "federated",
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    cloud.script[":generateAccessToken"] = lambda _incoming: {
        "accessToken": "the-accounts-token",
        "expireTime": "2099-01-01T00:00:00Z",
    }
    url = f"{endpoint}/v1/projects/-/serviceAccounts/{EMAIL}:generateAccessToken"
    gcp = connect(
        **external(
            endpoint, {"file": str(tmp_path / "token")}, service_account_impersonation_url=url
        )
    )
    read(gcp)
    exchanged, acting, listing = cloud.seen
    assert parse_qs(exchanged.body.decode())["subject_token"] == ["the-workloads-own-token"]
    assert acting.headers["authorization"] == "Bearer federated"
    assert listing.headers["authorization"] == "Bearer the-accounts-token"
    assert gcp.calls.tokens.principal == EMAIL
    assert [one.operation for one in gcp.gate.ledger.calls].count("oauth2.token") == 2


@pytest.mark.parametrize(
    "source",
    [
        {"executable": {"command": "/bin/true"}},
        {"url": "http://169.254.169.254/token"},
        {"file": "/etc/passwd"},
        {"file": "/var/run/secrets/tokens/../../../../etc/passwd"},
        {"file": "/var/run/secrets/tokens/x", "executable": {"command": "/bin/true"}},
        {"environment_id": "aws1"},
        {"certificate": {"use_default_certificate_config": True}},
        "text",
        None,
    ],
)
def test_a_workload_identity_runs_and_reads_nothing_else(
    source: Any, endpoint: str, connect: Connect, cloud: GoogleDouble
) -> None:
    """Programs, URLs, certificates, and files that are no tokens."""
    with pytest.raises(InvalidRequest):
        read(connect(**external(endpoint, source)))
    assert cloud.seen == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "service_account_key or workload_identity"),
        ({"service_account_key": "no json"}, "not the JSON"),
        ({"service_account_key": "[]"}, "not the JSON"),
        ({"service_account_key": '{"type": "authorized_user"}'}, "of the type service_account"),
        ({"service_account_key": '{"type": "service_account"}'}, "project_id is missing"),
        ({"workload_identity": '{"type": "external_account"}'}, "project_id is missing"),
        ({"workload_identity": "{}", "service_account_key": "{}"}, "not both"),
        (
            {"service_account_key": '{"type": "service_account", "project_id": "a/../b"}'},
            "project_id",
        ),
    ],
)
def test_a_credential_that_opens_nothing_is_refused(
    fields: Mapping[str, str], complaint: str
) -> None:
    """Before it is sealed, and without repeating it."""
    with pytest.raises(ValidationError, match=complaint):
        GcpCredential.model_validate(fields)


@pytest.mark.parametrize(
    "bad",
    [
        {"project": "acme`; DROP"},
        {"dataset": "a.b"},
        {"table": "t`"},
        {"billing_account_id": "1"},
        {"kind": "view"},
    ],
)
def test_a_table_is_made_of_identifiers_only(bad: Mapping[str, str]) -> None:
    """Nothing that a question's text would take for anything but a name."""
    key = SecretStr(key_json("https://oauth2.googleapis.com/token"))
    with pytest.raises(ValidationError):
        GcpCredential(service_account_key=key, billing_export={**EXPORT, **bad})


def test_the_table_has_googles_name_unless_another_is_given() -> None:
    """By kind and billing account."""
    key = SecretStr(key_json("https://oauth2.googleapis.com/token"))
    plain = {name: value for name, value in EXPORT.items() if name != "table"}
    names = [
        GcpCredential(service_account_key=key, billing_export={**plain, "kind": kind})
        for kind in ("detailed", "standard", "focus")
    ]
    assert [
        one.billing_export.reference.rpartition(".")[2] for one in names if one.billing_export
    ] == [
        "gcp_billing_export_resource_v1_01A2B3_4C5D6E_7F8091",
        "gcp_billing_export_v1_01A2B3_4C5D6E_7F8091",
        "gcp_billing_export_focus_01A2B3_4C5D6E_7F8091",
    ]


def test_listings_run_side_by_side_with_one_token(cloud: GoogleDouble, connect: Connect) -> None:
    """Threads that start together wait for one token."""
    from optiinfra_core.collecting.spreading import Job  # noqa: PLC0415 - for this test only

    gcp = connect()
    jobs = [
        Job(part=str(n), work=lambda kind=kind: list(listed(gcp, kind, PROJECT)))
        for n, kind in enumerate([INSTANCES, DISKS] * 4)
    ]
    assert all(outcome.error is None for outcome in gcp.spread(jobs))
    assert cloud.count("/token") == 1
