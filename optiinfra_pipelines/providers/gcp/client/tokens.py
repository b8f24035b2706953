"""The one access token of a connection: fetched once for all its clients, renewed when refused."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.errors import CredentialRejected, InvalidRequest, OptiInfraError
from optiinfra_core.redaction import register_secret
from optiinfra_pipelines.providers.gcp.client.meter import Meter
from optiinfra_pipelines.providers.gcp.client.operations import TOKEN, Asked
from optiinfra_pipelines.providers.gcp.client.refusals import (
    SERVER_ERRORS,
    TIMED_OUT,
    TOO_MANY,
    fault,
    hidden,
    http_answer,
    refusal,
    unreadable,
)
from optiinfra_pipelines.providers.gcp.credential import GcpCredential

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# Where pods get tokens projected to ("Workload Identity Federation with Kubernetes"); no other
# file of this machine may be sent to a token endpoint that a customer names.
TOKEN_FOLDERS = (Path("/var/run/secrets/tokens"), Path("/var/run/service-account"))


@dataclass(frozen=True, slots=True)
class Answered:
    """What google-auth expects of a transport's answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class Tokens:
    """Opens an identity when first needed; threads may ask at the same time."""

    def __init__(self, credential: GcpCredential, gate: Gate, meter: Meter, session: Any) -> None:
        self._credential = credential
        self._gate = gate
        self._meter = meter
        self._session = session
        self._lock = threading.Lock()
        self._opened: Any = None
        self._about = credential.home

    @property
    def identity(self) -> Any:
        """Google's credentials object, not yet good for anything before ``ready``."""
        if self._opened is None:
            self._opened = _opened(self._credential)
        return self._opened

    @property
    def principal(self) -> str:
        """The service account's e-mail, else the audience of the workload identity."""
        told = getattr(self.identity, "service_account_email", None)
        return str(told or self._credential.identity.get("audience", ""))

    def ready(self) -> str:
        """An access token that is good for some minutes.

        Raises:
            CredentialRejected: Google refuses the identity.
            Transient: the token endpoint did not answer.
        """
        with self._lock:
            if not self.identity.valid:
                self._refresh()
            return str(self.identity.token)

    def renew(self, refused: str) -> None:
        """A fresh token in place of ``refused``, unless another thread has fetched one since."""
        with self._lock:
            if self.identity.token == refused:
                self._refresh()

    def _refresh(self) -> None:
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - loads the SDK

        asked = Asked(operation=TOKEN, about=self._about)
        try:
            self.identity.refresh(self._send)
        except OptiInfraError:
            raise
        except GoogleAuthError as failure:
            raise CredentialRejected(
                f"{asked}: {hidden(str(failure.args[0] if failure.args else failure))[:400]}",
                remedy="Create a new key of the service account (or correct the workload identity)"
                " and run `optiinfra credentials rotate`; check this machine's clock.",
            ) from None
        except (AttributeError, KeyError, TypeError, ValueError) as failure:
            raise unreadable(asked, failure) from None
        register_secret(str(self.identity.token))

    def _send(
        self,
        url: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> Answered:
        # google-auth sleeps between retries of its own; what may pass is raised past them.
        from requests import RequestException  # noqa: PLC0415 - loads the SDK

        asked = Asked(operation=TOKEN, about=self._about)
        target, seconds = _permitted(url, self._gate), min(30.0, self._gate.deadline_seconds)

        def send() -> Any:
            return self._session.request(
                method, target, data=body, headers=dict(headers or {}), timeout=seconds,
                allow_redirects=False,
            )  # fmt: skip

        try:
            response = self._meter.http(send, asked)
        except RequestException as failure:
            raise fault(asked, failure) from None
        if response.status_code in (TIMED_OUT, TOO_MANY) or response.status_code >= SERVER_ERRORS:
            raise refusal(asked, http_answer(response))
        return Answered(response.status_code, response.headers, response.content)


def _permitted(url: str, gate: Gate) -> str:
    """A token endpoint of Google's own, or one that this installation allows to be private."""
    parts = urlsplit(url)
    own = parts.hostname == "googleapis.com" or (parts.hostname or "").endswith(".googleapis.com")
    if parts.scheme == "https" and own and parts.port in (None, 443) and not parts.username:
        return url
    return permitted_endpoint(url, gate, name="token_uri") or url


def _opened(credential: GcpCredential) -> Any:
    opener: Callable[[dict[str, Any]], Any] = (
        _service_account if credential.service_account_key else _external_account
    )
    secret = credential.service_account_key or credential.workload_identity
    if secret is not None:
        register_secret(secret.get_secret_value())
    return opener(credential.identity)


def _service_account(info: dict[str, Any]) -> Any:
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - loads the SDK
    from google.oauth2 import service_account  # noqa: PLC0415 - loads the SDK

    register_secret(str(info.get("private_key", "")))
    try:
        return service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    except (GoogleAuthError, ValueError) as failure:
        raise CredentialRejected(
            f"the service account's key cannot be used: {type(failure).__name__}",
            remedy="Enter the JSON file as the Google Cloud console gave it out.",
        ) from None


def _external_account(info: dict[str, Any]) -> Any:
    from google.auth import identity_pool  # noqa: PLC0415 - loads the SDK
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415 - loads the SDK

    source = info.get("credential_source")
    _check_source(source)
    try:
        return identity_pool.Credentials.from_info(json.loads(json.dumps(info)), scopes=SCOPES)
    except (GoogleAuthError, ValueError) as failure:
        raise CredentialRejected(
            f"the workload identity cannot be used: {type(failure).__name__}",
            remedy="Enter the configuration that `gcloud iam workload-identity-pools "
            "create-cred-config --credential-source-file=...` wrote.",
        ) from None


def _check_source(source: Any) -> None:
    """Only a token file in a folder that is meant for tokens; programs and URLs are refused."""
    plain = isinstance(source, dict) and set(source) <= {"file", "format"}
    if not plain or "file" not in source:
        raise InvalidRequest(
            "the workload identity's credential_source is not a token file",
            remedy="Create the configuration with --credential-source-file; programs, URLs, "
            "certificates and AWS sources are not run or asked from here.",
        )
    file = Path(str(source["file"])).resolve()
    if not any(file.is_relative_to(folder.resolve()) for folder in TOKEN_FOLDERS):
        folders = ", ".join(map(str, TOKEN_FOLDERS))
        raise InvalidRequest(
            "the workload identity names a file outside the folders for tokens",
            remedy=f"Mount the token in one of {folders} and name it there.",
        )
