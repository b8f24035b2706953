"""What Vultr and Prometheus refuse, and faults of the way there, as our errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from optiinfra_core.errors import (
    CredentialRejected,
    Malformed,
    NotFound,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.redaction import scrub

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERRORS = 401, 403, 404, 429, 500

# The API answers it with 401 where access control lists addresses and ours is not among them.
ADDRESS_REFUSED = "unauthorized ip address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An HTTP answer whose body is read; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def refusal(operation: str, answer: Answer, permission: str) -> OptiInfraError:
    """Vultr's error answer as one of our errors, its text scrubbed.

    ``permission`` is the ACL that the operation needs, as Vultr names it.
    """
    said = scrub(_message(answer.body))[:400]
    told = f"GET {operation}: HTTP {answer.status}: {said}"
    if answer.status == TOO_MANY:
        return Throttled(told, retry_after=_seconds(answer.headers))
    if answer.status >= SERVER_ERRORS:
        return Transient(told)
    if ADDRESS_REFUSED in said.lower():
        return CredentialRejected(
            told,
            remedy="Allow the address of this installation in the user's API access control.",
        )
    if answer.status == UNAUTHORIZED:
        return CredentialRejected(told)
    if answer.status == FORBIDDEN:
        return PermissionMissing(told, permissions=(permission,))
    return NotFound(told) if answer.status == NOT_FOUND else Permanent(told)


def metrics_refusal(answer: Answer) -> OptiInfraError:
    """The error answer of a Prometheus, or of what stands before it."""
    told = f"Prometheus: HTTP {answer.status}: {scrub(_message(answer.body))[:400]}"
    if answer.status == TOO_MANY:
        return Throttled(told, retry_after=_seconds(answer.headers))
    if answer.status >= SERVER_ERRORS:
        return Transient(told)
    if answer.status in (UNAUTHORIZED, FORBIDDEN):
        # Not the account's key: the rest of the account is collected.
        return PermissionMissing(
            told,
            permissions=("prometheus:query_range",),
            remedy="Correct the token or the password of `prometheus` in the credential.",
        )
    return Permanent(told, remedy="Check `prometheus.url`: redirects are not followed.")


def unreadable(operation: str, answer: Answer) -> Malformed:
    """An answer with status 200 that is not the JSON it should be."""
    return Malformed(
        f"GET {operation}: the answer is not the JSON that is documented",
        sample=scrub(answer.body[:300].decode("utf-8", "replace")),
    )


def _message(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return body[:200].decode("utf-8", "replace")
    return str(told.get("error", "")) if isinstance(told, Mapping) else ""


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        seconds = float(headers["retry-after"])
    except (KeyError, ValueError):
        return None
    return seconds if 0 <= seconds < float("inf") else None
