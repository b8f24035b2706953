"""Tokens of a connection's identity: fetched once for each audience, renewed when refused."""

import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from optiinfra_core.errors import InvalidRequest
from optiinfra_core.redaction import register_secret
from optiinfra_pipelines.providers.azure.client import refusals
from optiinfra_pipelines.providers.azure.client.transport import Meter
from optiinfra_pipelines.providers.azure.credential import AzureCredential

AUTHORITY = "https://login.microsoftonline.com"

# Where the webhook of Azure Workload Identity mounts the tokens of pods (its documentation).
TOKEN_FOLDERS = (Path("/var/run/secrets/azure/tokens"),)

# A token is renewed when less than this is left of it; the SDK's own margin.
MARGIN_SECONDS = 300.0

_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class Tokens:
    """What azure-core asks for tokens: azure-identity behind one lock and one memory."""

    def __init__(self, open_identity: Callable[[], Any], meter: Meter) -> None:
        self._open = open_identity
        self._meter = meter
        self._identity: Any = None
        self._held: dict[tuple[str, ...], Any] = {}
        self._lock = threading.Lock()

    def get_token(self, *scopes: str, **kwargs: Any) -> Any:
        """A token for ``scopes`` that is good for some minutes (azure-core's protocol).

        Raises:
            OptiInfraError: Entra refuses the identity, or did not answer.
        """
        with self._lock:
            held = None if kwargs.get("claims") else self._held.get(scopes)
            if held is None or held.expires_on - time.time() < MARGIN_SECONDS:
                held = self._held[scopes] = self._fetch(scopes, kwargs)
            return held

    def renew(self) -> None:
        """Forget every token: a service refused one although its time is not over."""
        with self._lock:
            self._identity = None
            self._held.clear()

    def _fetch(self, scopes: tuple[str, ...], kwargs: dict[str, Any]) -> Any:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - loads the SDK

        with self._meter.signing_in() as answers:
            try:
                if self._identity is None:
                    self._identity = self._open()
                token = self._identity.get_token(*scopes, **kwargs)
            except (AzureError, ValueError) as failure:
                # msal answers from memory for a minute after a 429 or 5xx: it must forget.
                self._identity = None
                # An unknown tenant is told by ValueError, while the token endpoint is looked up.
                raise refusals.identity(failure, answers) from None
        register_secret(token.token)
        return token


def identity(
    credential: AzureCredential, transport: Any, authority: str | None
) -> Callable[[], Any]:
    """How to open the azure-identity credential that ``credential`` describes."""
    shared: dict[str, Any] = {"transport": transport, "retry_total": 0}
    if credential.managed_identity:
        return lambda: _sdk().ManagedIdentityCredential(client_id=credential.client_id, **shared)
    shared["authority"] = authority or AUTHORITY
    # A private authority is no cloud of Microsoft's that discovery could find.
    shared["disable_instance_discovery"] = authority is not None
    who = (credential.tenant_id, credential.client_id)
    secret, certificate = credential.client_secret, credential.certificate
    if secret is not None:
        register_secret(secret.get_secret_value())
        return lambda: _sdk().ClientSecretCredential(*who, secret.get_secret_value(), **shared)
    if certificate is not None:
        pem = certificate.get_secret_value().encode()
        return lambda: _sdk().CertificateCredential(*who, certificate_data=pem, **shared)
    named = credential.federated_token_file
    path = named.get_secret_value() if named else ""
    return lambda: _sdk().WorkloadIdentityCredential(
        tenant_id=who[0], client_id=who[1], token_file_path=path, **shared
    )


def check_token_file(named: str, folders: Sequence[Path]) -> None:
    """Refuse a token file that an operator did not mean to be one.

    Raises:
        InvalidRequest: it lies outside the folders where an operator puts such files; whoever
            enters a credential must not have this process read others.
    """
    path = Path(named)
    real = path.resolve()
    if not path.is_absolute() or not any(real.is_relative_to(one.resolve()) for one in folders):
        raise InvalidRequest(
            "federated_token_file does not lie where an operator puts token files",
            remedy=f"Name a file below {', '.join(map(str, folders))}.",
        )


def certificate_expiry(pem: str) -> Any:
    """When the first certificate in ``pem`` expires, None where it holds none that is readable."""
    from cryptography import x509  # noqa: PLC0415 - comes with azure-identity

    found = _CERTIFICATE.search(pem.encode())
    try:
        return x509.load_pem_x509_certificate(found[0]).not_valid_after_utc if found else None
    except ValueError:
        return None


def _sdk() -> Any:
    import azure.identity  # noqa: PLC0415 - loads the SDK

    return azure.identity
