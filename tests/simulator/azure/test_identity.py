"""Who may enter the simulated Azure: secrets, certificates, federated tokens, audiences, roles."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential
from azure.mgmt.costmanagement import CostManagementClient
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from optiinfra_core.windows import FixedClock
from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import ARM_SCOPE, Clients

WRONG = "wrong~secret~wrong~secret~wrong~secret~0"


def entered(clients: Clients, kind: type[Any], **options: Any) -> str:
    """The token that a credential of azure-identity is given."""
    url = clients.cloud.url
    shared = {"authority": url, "disable_instance_discovery": True, **clients.shared}
    with kind(**options, **shared) as credential:
        return str(credential.get_token(ARM_SCOPE).token)


def by_secret(clients: Clients, **changed: Any) -> str:
    """The token for the collector's secret, but for what is changed."""
    given = clients.cloud.credential(ACME.id)
    names = ("tenant_id", "client_id", "client_secret")
    return entered(clients, ClientSecretCredential, **{n: given[n] for n in names} | changed)


def test_a_secret_opens_a_token_that_says_for_whom_it_is(clients: Clients) -> None:
    """Access tokens carry audience, application, object, tenant and an end an hour away."""
    claims = jwt.decode(by_secret(clients), options={"verify_signature": False})
    who = clients.cloud.identities.application(ACME.id).principal
    assert (claims["appid"], claims["oid"], claims["tid"]) == (who.app, who.oid, ACME.tenant)
    assert claims["aud"] == "https://management.azure.com"
    assert 3_500 < claims["exp"] - time.time() <= 3_600


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_secret": WRONG}, "AADSTS7000215"),
        ({"client_id": "00000000-0000-4000-8000-000000000000"}, "AADSTS700016"),
        ({"tenant_id": GLOBEX.tenant}, "AADSTS700016"),
    ],
)
def test_who_does_not_belong_gets_the_code_of_entra(
    clients: Clients, changed: dict[str, str], code: str
) -> None:
    """A wrong secret, an unknown application and one of another tenant are told apart."""
    with pytest.raises(ClientAuthenticationError, match=code):
        by_secret(clients, **changed)


def test_an_unknown_tenant_is_told_at_discovery(clients: Clients) -> None:
    """A tenant that does not exist has no configuration; Entra calls that AADSTS90002."""
    answer = clients.wire(application="").get(
        "/00000000-0000-4000-8000-000000000000/v2.0/.well-known/openid-configuration"
    )
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_tenant"
    assert answer.json()["error_codes"] == [90002]


def test_an_expired_secret_is_not_a_wrong_one(clients: Clients) -> None:
    """Entra says AADSTS7000222 where a secret was right until its time was over."""
    clients.cloud.identities.application(ACME.id).secret_expired = True
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000222"):
        by_secret(clients)


def certificate() -> tuple[bytes, bytes]:
    """A key with its certificate as one PEM, and the certificate alone."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=4_000))
        .sign(key, hashes.SHA256())
    )
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + public, public


def test_a_certificate_opens_what_it_is_registered_for(clients: Clients) -> None:
    """Assertions signed with the registered key are taken; those of another key are not."""
    whole, public = certificate()
    application = clients.cloud.identities.application(ACME.id)
    who = {"tenant_id": ACME.tenant, "client_id": application.principal.app}
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        entered(clients, CertificateCredential, certificate_data=whole, **who)
    application.certificate = public
    assert entered(clients, CertificateCredential, certificate_data=whole, **who)
    other, _ = certificate()
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        entered(clients, CertificateCredential, certificate_data=other, **who)


def test_a_workload_enters_with_the_token_of_its_own_subject(
    clients: Clients, tmp_path: Path
) -> None:
    """A federated token is taken for the application it was made for, while it lasts."""
    identities = clients.cloud.identities
    mine, other = identities.application(ACME.id), identities.application(GLOBEX.id)
    file = tmp_path / "token"
    who = {
        "tenant_id": ACME.tenant,
        "client_id": mine.principal.app,
        "token_file_path": str(file),
    }
    file.write_text(identities.federated_token(mine, timedelta(hours=1)))
    assert entered(clients, WorkloadIdentityCredential, **who)
    file.write_text(identities.federated_token(other, timedelta(hours=1)))
    with pytest.raises(ClientAuthenticationError, match="AADSTS70021"):
        entered(clients, WorkloadIdentityCredential, **who)
    file.write_text(identities.federated_token(mine, timedelta(seconds=-1)))
    with pytest.raises(ClientAuthenticationError, match="AADSTS700024"):
        entered(clients, WorkloadIdentityCredential, **who)


def test_a_token_ends_and_others_are_no_tokens(clients: Clients) -> None:
    """Requests without a token, with a forged one and with one that is over get 401."""
    wire = clients.wire(application="")
    path = f"/subscriptions/{ACME.id}?api-version=2022-12-01"
    assert wire.get(path).json()["error"]["code"] == "AuthenticationFailed"
    good = by_secret(clients)
    head, body, _ = good.split(".")
    forged = wire.get(path, headers={"Authorization": f"Bearer {head}.{body}.AAAA"})
    assert forged.json()["error"]["code"] == "InvalidAuthenticationToken"
    mint = clients.cloud.identities.mint
    claims = jwt.decode(good, options={"verify_signature": False})
    over = mint.sign({**claims, "exp": int(time.time()) - 1})
    late = wire.get(path, headers={"Authorization": f"Bearer {over}"})
    assert (late.status_code, late.json()["error"]["code"]) == (401, "ExpiredAuthenticationToken")


def test_a_token_is_good_for_its_audience_only(clients: Clients) -> None:
    """A token for Blob storage does not open Resource Manager, as in life."""
    token = clients.credential().get_token("https://storage.azure.com/.default").token
    answer = clients.wire(application="").get(
        f"/subscriptions/{ACME.id}", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 401
    assert "wrong audience" in answer.json()["error"]["message"]


def test_another_tenants_subscription_stays_closed(clients: Clients) -> None:
    """A principal of one tenant gets no answer about a subscription of another."""
    wire = clients.wire()
    found = wire.get(f"/subscriptions/{GLOBEX.id}").json()["error"]["code"]
    unknown = wire.get("/subscriptions/00000000-0000-4000-8000-000000000000").json()
    assert found == "InvalidAuthenticationTokenTenant"
    assert unknown["error"]["code"] == "SubscriptionNotFound"


def test_a_role_without_cost_cannot_ask_for_cost(clients: Clients) -> None:
    """Everything may be read but Cost Management, and permissions say so."""
    wire = clients.wire(application="without cost")
    told = wire.get(f"/subscriptions/{ACME.id}/providers/Microsoft.Authorization/permissions")
    assert any(one["notActions"] == ["Microsoft.CostManagement/*"] for one in told.json()["value"])
    assert wire.get(f"/subscriptions/{ACME.id}").status_code == 200
    with pytest.raises(HttpResponseError) as refused:
        clients.costs(application="without cost").exports.list(f"subscriptions/{ACME.id}")
    assert refused.value.status_code == 403
    assert refused.value.error.code == "RBACAccessDenied"


def test_the_authority_outlives_a_restart(clients: Clients, authority: Path) -> None:
    """A cloud that is started again has the same authority; another folder makes another."""
    again = AzureCloud(World(), state=authority)
    passing = AzureCloud(World())
    again.close()
    passing.close()
    assert again.tls_ca == clients.cloud.tls_ca
    assert passing.tls_ca != again.tls_ca
    assert (authority / "ca.key").stat().st_mode & 0o077 == 0


def test_who_does_not_trust_the_authority_gets_nothing(clients: Clients) -> None:
    """Without the certificate of the authority no client talks to the cloud."""
    with (
        CostManagementClient(
            clients.credential(), base_url=clients.cloud.url, retry_total=0
        ) as client,
        pytest.raises(ServiceRequestError, match="certificate"),
    ):
        client.exports.list(f"subscriptions/{ACME.id}")


def test_tokens_end_by_the_machines_clock(clients: Clients) -> None:
    """The mint's clock decides when a token ends, not the clock of the world."""
    mint = clients.cloud.identities.mint
    early = type(mint)(mint.key, FixedClock(datetime(2020, 1, 1, tzinfo=UTC)))
    old = early.issue({"appid": "x"})
    assert early.read(old)["appid"] == "x"
    answer = clients.wire(application="").get(
        f"/subscriptions/{ACME.id}", headers={"Authorization": f"Bearer {old}"}
    )
    assert answer.status_code == 401
