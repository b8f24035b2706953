"""Azure's refusals in our vocabulary: from an error code to what an operator does next."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_core.errors import (
    ConfigurationError,
    CredentialRejected,
    Malformed,
    NotReady,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.redaction import scrub
from optiinfra_pipelines.providers.azure.client.transport import Asked
from optiinfra_pipelines.providers.azure.client.waits import retry_after

UNAUTHORIZED, FORBIDDEN, TIMED_OUT, TOO_MANY = 401, 403, 408, 429
SERVER_ERRORS = 500

RENEWAL = (
    "Create a client secret for the application (Entra, App registrations, Certificates & secrets) "
    "and run `optiinfra credentials rotate`."
)
# AADSTS codes (learn.microsoft.com/entra/identity-platform/reference-error-codes) -> remedy.
SIGN_IN: Mapping[str, str] = {
    "7000215": f"The client secret is wrong; enter its value, not its id. {RENEWAL}",
    "7000222": f"The client secret has expired. {RENEWAL}",
    "7000229": "The application has no service principal in the tenant: create one "
    "(`az ad sp create`).",
    "7000112": "The application is disabled in the tenant: enable it.",
    "700016": "The tenant has no application with this client_id: correct client_id or tenant_id.",
    "700027": "The certificate is not one of the application's: upload it, or enter another.",
    "700213": "No federated credential of the application matches the token: correct its subject.",
    "70021": "No federated credential of the application matches the token: correct its subject.",
    "700024": "The token file holds an expired token: check that it is renewed.",
    "90002": "There is no tenant with this tenant_id: correct it.",
    "900023": "There is no tenant with this tenant_id: correct it.",
    "50034": "The tenant has no such principal: correct client_id and tenant_id.",
    "53003": "A Conditional Access policy blocks the principal: exclude it, or allow this address.",
}
# Codes that pass by themselves: Entra is overloaded, or the request timed out there.
SIGN_IN_PASSES = frozenset({"90033", "90036", "50196", "900144"})
_SIGN_IN_CODE = re.compile(r"AADSTS(\d+)")

EXPIRED_TOKEN = frozenset({"ExpiredAuthenticationToken", "InvalidAuthenticationToken"})
# A storage account answers 403 AuthenticationFailed to a token it cannot use, and names no action.
DENIED = frozenset(
    {
        "AuthorizationFailed", "LinkedAuthorizationFailed", "RBACAccessDenied", "Forbidden",
        "AccessDenied", "AuthorizationPermissionMismatch", "InsufficientAccountPermissions",
        "AuthorizationFailure", "IndirectCostDisabled",
    }
)  # fmt: skip
THROTTLED = frozenset({"TooManyRequests", "RateLimiting", "ServerBusy"})
SUBSCRIPTION_GONE = frozenset({"SubscriptionNotFound", "InvalidSubscriptionId"})
NOT_READY = frozenset({"BlobNotFound", "ConditionNotMet", "InvalidRange"})
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
TRUST = (
    "The server's certificate is not signed by a known authority: correct tls_ca, or this "
    "machine's certificate authorities."
)
REMEDIES: Mapping[str, str] = {
    "ContainerNotFound": "Correct cost_export: the storage account has no such container.",
    "InvalidMetric": "This program asks for a metric that Azure no longer has: open an issue.",
}
_NAMED_ACTION = re.compile(r"perform action '([\w./:*-]+)'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An error answer: HTTP status, Azure's own code and words (scrubbed), and its headers."""

    status: int
    code: str
    said: str
    headers: Mapping[str, str]


def read(response: Any) -> Refused:
    """What an error answer says; Azure nests its code in ``error``, or does not."""
    headers = {str(k).lower(): str(v) for k, v in response.headers.items()}
    try:
        body = json.loads(response.text())
    except (ValueError, TypeError):
        body = {}
    body = body if isinstance(body, Mapping) else {}
    nested = body.get("error")
    inner = nested if isinstance(nested, Mapping) else body
    code = str(inner.get("code") or headers.get("x-ms-error-code", ""))
    said = str(inner.get("message") or response.reason or "")
    return Refused(
        status=int(response.status_code), code=code, said=scrub(said)[:1500], headers=headers
    )


def refusal(asked: Asked, answer: Refused, now: datetime) -> OptiInfraError:
    """An error answer as one of our errors."""
    told = f"{asked}: {answer.code or f'HTTP {answer.status}'}: {answer.said}"
    wait = retry_after(answer.headers, now)
    if answer.status == TOO_MANY:
        return Throttled(told, retry_after=wait)
    if answer.status >= SERVER_ERRORS or answer.status == TIMED_OUT:
        # Storage, and Cost Management at times, throttle by 503.
        asks = wait is not None or answer.code in THROTTLED
        return Throttled(told, retry_after=wait) if asks else Transient(told)
    if answer.status == FORBIDDEN or answer.code in DENIED | SUBSCRIPTION_GONE:
        return _denied(asked, answer, told)
    if answer.status == UNAUTHORIZED:
        return CredentialRejected(told)
    if answer.code in NOT_READY:
        return NotReady(told)
    return Permanent(told, remedy=REMEDIES.get(answer.code))


def _denied(asked: Asked, answer: Refused, told: str) -> OptiInfraError:
    if answer.code in SUBSCRIPTION_GONE:
        return PermissionMissing(
            told,
            permissions=("Microsoft.Resources/subscriptions/read",),
            remedy="Correct subscription_id and tenant_id, or assign the role to the principal at "
            "the subscription: Azure answers alike to both.",
        )
    named = _NAMED_ACTION.search(answer.said)
    permission = named[1] if named else asked.operation.permission
    where = "the export's container" if asked.operation.data else "the subscription"
    return PermissionMissing(
        told,
        permissions=(permission,),
        remedy=f"Assign a role with {permission} to the principal at {where}; "
        "a new assignment takes some minutes.",
    )


def identity(failure: Exception, answers: Sequence[Any]) -> OptiInfraError:
    """Why Entra gave no token, as one of our errors; ``answers`` are those it gave or did not."""
    told = f"sign-in: {scrub(str(failure))[:600]}"
    if UNTRUSTED in told:
        return ConfigurationError(told, remedy=TRUST)
    if answers and answers[-1] is None:
        return Transient(told)
    status = int(answers[-1].status_code) if answers else 0
    if status == TOO_MANY:
        return Throttled(told, retry_after=_seconds(answers[-1]))
    found = _SIGN_IN_CODE.search(str(failure))
    code = found[1] if found else ""
    if code in SIGN_IN:
        return CredentialRejected(told, remedy=SIGN_IN[code])
    if status >= SERVER_ERRORS or code in SIGN_IN_PASSES:
        return Transient(told)
    return CredentialRejected(told)


def _seconds(response: Any) -> float | None:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdecimal() else None


def fault(asked: Asked, failure: Exception) -> OptiInfraError:
    """A fault of the network or of the SDK's own as one of our errors."""
    from azure.core import exceptions  # noqa: PLC0415 - loads the SDK

    told = f"{asked}: {type(failure).__name__}: {scrub(str(failure))[:400]}"
    if UNTRUSTED in told:
        return ConfigurationError(told, remedy=TRUST)
    passing = (
        exceptions.ServiceRequestError,
        exceptions.ServiceResponseError,
        exceptions.IncompleteReadError,
    )
    return Transient(told) if isinstance(failure, passing) else Permanent(told)


def unreadable(asked: Asked, failure: Exception) -> Malformed:
    """An answer that the SDK or we could not understand."""
    return Malformed(
        f"{asked}: the answer cannot be read: {type(failure).__name__}",
        sample=scrub(str(failure)),
    )
