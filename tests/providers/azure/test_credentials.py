"""Every way to prove who asks, through azure-identity and a private authority over TLS."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme
from pydantic import SecretStr, ValidationError

from optiinfra_core.errors import (
    CredentialRejected,
    InvalidRequest,
    OptiInfraError,
    Throttled,
    Transient,
)
from optiinfra_core.testing.http_double import Fate, Reply, Reset
from optiinfra_pipelines.providers.azure.client.inventory import resources
from optiinfra_pipelines.providers.azure.credential import AzureCredential
from optiinfra_pipelines.providers.azure.verification import verify
from tests.providers.azure.asking import ASK
from tests.providers.azure.conftest import SECRET, Connect, Waits
from tests.providers.azure.wire import CLIENT, SUBSCRIPTION, TENANT, AzureDouble, token, told

EXPIRY = datetime(2027, 5, 1, 12, tzinfo=UTC)


def certificate() -> SecretStr:
    """A certificate and its key, as an operator would paste them."""
    issued = trustme.CA(key_type=trustme.KeyType.RSA).issue_cert(
        "optiinfra.example", not_after=EXPIRY, key_type=trustme.KeyType.RSA
    )
    return SecretStr(issued.private_key_and_cert_chain_pem.bytes().decode())


def form(cloud: AzureDouble) -> dict[str, str]:
    """What the sign-in sent."""
    (call,) = cloud.of("token")
    return {key: values[0] for key, values in parse_qs(call.incoming.body.decode()).items()}


def test_a_client_secret_signs_in_once_for_many_calls(cloud: AzureDouble, connect: Connect) -> None:
    """Each audience has one token, however many clients ask and however many calls they make."""
    azure = connect()
    for kind in ("graph", "query", "permissions", "graph"):
        ASK[kind](azure)
    assert form(cloud)["client_secret"] == SECRET
    assert form(cloud)["scope"] == "https://management.azure.com/.default"
    ASK["batch"](azure)
    assert len(cloud.of("token")) == 2


def test_a_certificate_signs_an_assertion_and_says_when_it_expires(
    cloud: AzureDouble, connect: Connect
) -> None:
    """The key stays here; verification warns before the certificate ends."""
    found = verify(connect(certificate=certificate()))
    assert form(cloud)["client_assertion"].count(".") == 2
    assert "PRIVATE" not in str(cloud.seen)
    assert found.expires_at == EXPIRY


def test_a_workload_identity_sends_the_token_of_its_file(
    tmp_path: Path, cloud: AzureDouble, connect: Connect
) -> None:
    """The file is where the operator's webhook puts it."""
    path = tmp_path / "azure-identity-token"
    path.write_text("header.payload.signature")
    azure = connect(federated_token_file=SecretStr(str(path)), token_folders=(tmp_path,))
    assert list(resources(azure)) == []
    assert form(cloud)["client_assertion"] == "header.payload.signature"


@pytest.mark.parametrize(
    "named",
    ["/etc/hostname", "token", "{folder}/../secret", "{folder}/link"],
)
def test_a_file_elsewhere_is_not_read(named: str, tmp_path: Path, connect: Connect) -> None:
    """Whoever enters a credential must not make this process read and send any file."""
    folder = tmp_path / "tokens"
    folder.mkdir()
    (tmp_path / "secret").write_text("s")
    (folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(InvalidRequest, match="does not lie where"):
        connect(
            federated_token_file=SecretStr(named.format(folder=folder)), token_folders=(folder,)
        )


def test_by_default_only_the_webhooks_folder_holds_tokens(tmp_path: Path, connect: Connect) -> None:
    """Another folder takes the operator's own doing."""
    with pytest.raises(InvalidRequest, match="operator puts") as error:
        connect(federated_token_file=SecretStr(str(tmp_path / "token")))
    assert "azure/tokens" in error.value.remedy


def refusal(code: str, status: int = 401) -> Reply:
    """Entra's answer to a sign-in that it refuses."""
    words = f"AADSTS{code}: it is refused. Trace ID: 0 Correlation ID: 0"
    return told({"error": "invalid_client", "error_description": words, "error_codes": []}, status)


@pytest.mark.parametrize(
    ("refused", "remedy"),
    [
        (("7000215", 401), "wrong; enter its value"),
        (("7000222", 401), "has expired"),
        (("700016", 400), "no application with this client_id"),
        (("90002", 400), "no tenant with this tenant_id"),
        (("700027", 401), "not one of the application's"),
        (("700213", 401), "No federated credential"),
        (("53003", 400), "Conditional Access"),
        (("999999", 400), "rotate"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(
    refused: tuple[str, int], remedy: str, cloud: AzureDouble, connect: Connect, waits: Waits
) -> None:
    """By Entra's own codes; asking again would only lock the account."""
    code, status = refused
    cloud.on("token", refusal(code, status))
    with pytest.raises(CredentialRejected, match=f"AADSTS{code}") as error:
        ASK["graph"](connect())
    assert remedy in error.value.remedy
    assert (waits.slept, len(cloud.of("token"))) == ([], 1)


def test_an_unknown_tenant_is_the_credentials_fault(cloud: AzureDouble, connect: Connect) -> None:
    """Entra says so already when it is asked where tokens are issued."""
    cloud.on("discovery", refusal("90002", 400))
    with pytest.raises(CredentialRejected, match="sign-in"):
        ASK["graph"](connect())


PASSING: tuple[tuple[Fate, type[OptiInfraError], float], ...] = (
    (refusal("90033", 503), Transient, 0.5),
    (told({}, 500), Transient, 0.5),
    (told({"error": "throttled", "error_description": "slow"}, 429, retry_after="4"), Throttled, 4),
    (Reset(), Transient, 0.5),
)


@pytest.mark.parametrize("met", PASSING, ids=["AADSTS90033", "500", "429", "reset"])
def test_a_sign_in_that_may_pass_is_tried_again(
    met: tuple[Fate, type[OptiInfraError], float],
    cloud: AzureDouble,
    connect: Connect,
    waits: Waits,
) -> None:
    """Once here, with the call that needed the token; lasting, it keeps its name."""
    fate, kind, slept = met
    cloud.on("token", fate, token())
    azure = connect()
    assert list(resources(azure)) == []
    assert (waits.slept, len(cloud.of("token"))) == ([slept], 2)
    cloud.on("token", fate)
    azure._tokens.renew()
    with pytest.raises(kind):
        ASK["permissions"](azure)
    assert len(cloud.of("token")) == 7


def test_nothing_of_this_process_leaks_into_a_connection(
    cloud: AzureDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A customer's connection neither reads nor writes the environment of all others."""
    for name in ("AZURE_CLIENT_SECRET", "AZURE_AUTHORITY_HOST", "AZURE_TENANT_ID"):
        monkeypatch.setenv(name, "elsewhere")
    before = dict(os.environ)  # noqa: TID251 - what the connection must leave alone
    azure = connect()
    ASK["graph"](azure)
    assert dict(os.environ) == before  # noqa: TID251 - see above
    assert form(cloud)["client_secret"] == SECRET
    folder = Path(azure._folder.name)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.name for one in folder.iterdir()] == ["ca.pem"]
    azure.close()
    assert not folder.exists()


BASE: dict[str, Any] = {"tenant_id": TENANT, "client_id": CLIENT, "subscription_id": SUBSCRIPTION}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "give one of"),
        ({"client_secret": "s", "managed_identity": True}, "give one of"),
        ({"client_secret": "s", "tls_ca": "x"}, "tls_ca is for endpoints"),
        ({"client_secret": "s", "tenant_id": "contoso.example/x"}, "tenant_id"),
        ({"client_secret": "s", "password": "p"}, "password"),
    ],
)
def test_a_credential_is_checked_before_anything_is_asked(
    fields: dict[str, Any], complaint: str
) -> None:
    """One way to sign in, ids that are ids, nothing unknown."""
    with pytest.raises(ValidationError, match=complaint):
        AzureCredential.model_validate({**BASE, **fields})


@pytest.mark.parametrize(
    "account_url",
    [
        "https://127.0.0.1:1/account",
        "https://blob.core.windows.net.evil.example",
        "https://evil.example/.blob.core.windows.net",
    ],
)
def test_a_storage_account_elsewhere_gets_no_token(account_url: str, connect: Connect) -> None:
    """Only Azure's own names, unless the installation allows private addresses."""
    export = {"account_url": account_url, "container": "costs", "name": "focus"}
    with pytest.raises(InvalidRequest, match="cost_export"):
        connect(gate={"private_endpoints": False}, endpoints=None, tls_ca=None, cost_export=export)


def test_a_simulator_needs_the_installations_leave(connect: Connect) -> None:
    """By default a credential cannot name where its requests go."""
    with pytest.raises(InvalidRequest, match=r"endpoints\.authority"):
        connect(gate={"private_endpoints": False})


def test_azures_own_storage_names_are_taken(connect: Connect) -> None:
    """The classic zone and the numbered ones."""
    for host in ("acmecosts.blob.core.windows.net", "acme.z12.blob.storage.azure.net"):
        export = {"account_url": f"https://{host}", "container": "costs", "name": "focus"}
        azure = connect(
            gate={"private_endpoints": False}, endpoints=None, tls_ca=None, cost_export=export
        )
        assert azure.credential.cost_export is not None


def test_a_managed_identity_asks_the_machine_it_runs_on(
    cloud: AzureDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """App Service's endpoint, by the SDK's own variables of this process."""
    issued = {"access_token": "t.o.k", "expires_on": "4102444800", "resource": "x"}
    cloud.on("identity", told(issued))
    azure = connect(managed_identity=True)
    url = azure.clients.resource_manager
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{url}/metadata/identity/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")
    assert list(resources(azure)) == []
    (call,) = cloud.of("identity")
    assert call.params["client_id"] == CLIENT
    assert call.params["resource"] == "https://management.azure.com"
