"""Who may enter: signed assertions, workload identity, expiry, roles, refusals as Google's."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from google.auth import identity_pool
from google.auth.exceptions import OAuthError, RefreshError
from google.auth.transport.requests import AuthorizedSession
from google.auth.transport.requests import Request as Transport
from google.oauth2 import service_account

from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.rest.identities import STRANGER
from optiinfra_simulator.google.rest.keys import Key
from optiinfra_simulator.google.world.projects import ACME, GLOBEX
from tests.simulator.google.clients import SCOPES, Clients
from tests.simulator.google.conftest import Open


def _claims(cloud: GoogleCloud, **changes: object) -> dict[str, Any]:
    """The claims that Google's library signs, changed."""
    now = int(time.time())
    email = cloud.identities.account(ACME).email
    return {
        "iss": email, "sub": email, "aud": f"{cloud.url}/token", "iat": now, "exp": now + 3600,
        "scope": SCOPES[0], **changes,
    }  # fmt: skip


def _token(cloud: GoogleCloud, assertion: str) -> requests.Response:
    """The token endpoint's answer to an assertion."""
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    data = {"grant_type": grant, "assertion": assertion}
    return requests.post(f"{cloud.url}/token", data=data, timeout=10)


def test_a_key_opens_its_project_and_no_other(cloud: GoogleCloud, acme: Clients) -> None:
    """The library signs, exchanges and asks; another customer's project is refused."""
    assert acme.listed("instances").status_code == 200
    assert cloud.calls.count("oauth2", "token") == 1
    foreign = acme.get(f"/compute/v1/projects/{GLOBEX.id}/aggregated/instances")
    assert foreign.status_code == 403


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"aud": "https://example.com/token"}, "audience"),
        ({"exp": 1_000, "iat": 10}, "short-lived"),
        ({"exp": 10**11}, "short-lived"),
        ({"iss": "nobody@example.com"}, "account not found"),
        ({"scope": ""}, "scope"),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused(
    cloud: GoogleCloud, changes: dict[str, object], said: str
) -> None:
    """Wrong audience, times, issuer or scope: 400 with the words of OAuth."""
    key = cloud.identities.key(cloud.identities.account(ACME).email)
    good = _token(cloud, key.signed(_claims(cloud)))
    assert good.status_code == 200
    assert good.json()["expires_in"] == 3600
    refused = _token(cloud, key.signed(_claims(cloud, **changes)))
    assert refused.status_code == 400
    assert said in refused.json()["error_description"]


def test_a_signature_of_another_key_is_refused(cloud: GoogleCloud) -> None:
    """A forger knows every name and the key's number, and not the key."""
    real = cloud.identities.key(cloud.identities.account(ACME).email)
    forged = _token(cloud, Key(real.id).signed(_claims(cloud)))
    assert forged.json()["error"] == "invalid_grant"
    assert "Signature" in forged.json()["error_description"]


def test_the_library_reports_a_revoked_key(cloud: GoogleCloud) -> None:
    """A key that the cloud does not know is a RefreshError of Google's library."""
    info = json.loads(str(cloud.credential(ACME.id)["service_account_key"]))
    info["client_email"] = "gone@acme-prod-314159.iam.gserviceaccount.com"
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    with AuthorizedSession(credentials) as session, pytest.raises(RefreshError):
        session.get(f"{cloud.url}/v1/services")


@pytest.mark.parametrize("impersonated", [True, False])
def test_a_workload_enters_without_a_key(
    cloud: GoogleCloud, tmp_path: Path, *, impersonated: bool
) -> None:
    """Its platform's token is exchanged, and the service account's token asked for with it."""
    file = tmp_path / "token"
    file.write_text(cloud.subject_token(ACME.id))
    told = json.loads(cloud.workload_identity(ACME.id, {"file": str(file)})["workload_identity"])
    if not impersonated:
        del told["service_account_impersonation_url"]
    credentials = identity_pool.Credentials.from_info(told, scopes=SCOPES)
    with AuthorizedSession(credentials) as session:
        answer = session.get(f"{cloud.url}/compute/v1/projects/{ACME.id}/aggregated/disks")
    assert answer.status_code == 200
    assert cloud.calls.count("sts", "token") == 1
    assert cloud.calls.count("iamcredentials") == int(impersonated)


def test_a_token_of_another_pool_is_not_exchanged(cloud: GoogleCloud, tmp_path: Path) -> None:
    """Acme's workload token opens nothing of Globex."""
    file = tmp_path / "token"
    file.write_text(cloud.subject_token(ACME.id))
    told = json.loads(cloud.workload_identity(GLOBEX.id, {"file": str(file)})["workload_identity"])
    credentials = identity_pool.Credentials.from_info(told, scopes=SCOPES)
    with pytest.raises(OAuthError, match="audience"):
        credentials.refresh(Transport())


def test_a_role_that_is_missing_is_named(opened: Open) -> None:
    """Without roles: 403 in the shape of each API, naming the permission."""
    stranger = opened(ACME.id, STRANGER)
    compute = stranger.listed("instances")
    assert compute.status_code == 403
    error = compute.json()["error"]
    assert {"code", "message", "errors", "status"} <= error.keys()
    assert "compute.instances.list" in error["message"]
    sql = stranger.get(f"/v1/projects/{ACME.id}/instances").json()["error"]
    assert sql["status"] == "PERMISSION_DENIED"
    assert sql["details"][0]["reason"] == "IAM_PERMISSION_DENIED"
    assert sql["details"][0]["metadata"]["permission"] == "cloudsql.instances.list"


def test_permissions_can_be_tested(cloud: GoogleCloud, acme: Clients, opened: Open) -> None:
    """TestIamPermissions gives back those that are held; the key is left out for none."""
    path = f"{cloud.url}/v3/projects/{ACME.id}:testIamPermissions"
    asked = {"permissions": ["compute.instances.list", "compute.instances.delete"]}
    held = acme.session.post(path, json=asked).json()
    assert held == {"permissions": ["compute.instances.list"]}
    assert opened(ACME.id, STRANGER).session.post(path, json=asked).json() == {}


def test_without_or_with_a_bad_token_nothing_is_told(cloud: GoogleCloud) -> None:
    """401 with WWW-Authenticate, whatever is wrong with the header."""
    for headers in ({}, {"Authorization": "Bearer ya29.forged"}, {"Authorization": "Basic eA=="}):
        answer = requests.get(f"{cloud.url}/v1/services", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
        assert "WWW-Authenticate" in answer.headers


def test_tokens_expire_and_are_renewed_by_the_library(cloud: GoogleCloud, acme: Clients) -> None:
    """After every token has expired the next request is refused once and then answered."""
    assert acme.listed("disks").status_code == 200
    cloud.identities.revoke()
    assert acme.listed("disks").status_code == 200
    assert cloud.calls.count("oauth2", "token") == 2
    assert cloud.calls.count("compute", "disks.aggregatedList") >= 2
