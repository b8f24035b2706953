"""Google's refusals in our vocabulary: from statuses and reasons to what an operator does next."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optiinfra_core.errors import (
    CredentialRejected,
    Malformed,
    NotFound,
    NotSupported,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.redaction import scrub
from optiinfra_pipelines.providers.gcp.client.operations import TABLE_DATA, Asked

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERRORS = 401, 403, 404, 429, 500
TIMED_OUT, ABORTED = 408, 409

# Reasons of throttling that come with 403 as well as with 429 (BigQuery "Error messages", Compute
# "Handling rate limit errors", google.rpc.ErrorReason).
THROTTLED = frozenset(
    {
        "rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded",
        "jobRateLimitExceeded", "concurrentLimitExceeded", "RATE_LIMIT_EXCEEDED",
        "RESOURCE_QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED",
    }
)  # fmt: skip
API_OFF = frozenset({"accessNotConfigured", "SERVICE_DISABLED"})
TOO_DEAR = frozenset({"bytesBilledLimitExceeded"})
PASSING = frozenset({"backendError", "internalError", "jobBackendError", "UNAVAILABLE", "ABORTED"})

NAMED_PERMISSION = re.compile(
    r"(?:Required '|Permission '?|permission: '?|lacks )([a-z]+\.[A-Za-z]+\.[A-Za-z]+)"
)
NAMED_API = re.compile(r"\b([a-z]+\.googleapis\.com)\b")
CREDENTIAL_SHAPED = re.compile(r"(?:ya29|1/)[\w./-]{16,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a refusal says, whichever way it travelled; status 0 where nothing came back."""

    status: int
    message: str
    reasons: frozenset[str] = frozenset()
    service: str = ""
    retry_after: float | None = None


def http_answer(response: Any) -> Answer:
    """The refusal in a ``requests.Response``: Google's JSON error, or whatever stands there."""
    try:
        error = json.loads(response.content)["error"]
    except (ValueError, KeyError, TypeError):
        error = {}
    if not isinstance(error, Mapping):
        # The token endpoints of OAuth answer {"error": "invalid_grant"}.
        error = {"message": str(error), "errors": [{"reason": str(error)}]}
    details = [each for each in error.get("details") or () if isinstance(each, Mapping)]
    return Answer(
        status=int(response.status_code),
        message=str(error.get("message") or "no explanation"),
        reasons=frozenset(_reasons(error, details)),
        service=_service(details),
        retry_after=_header(response.headers) or _delay(details),
    )


def _reasons(error: Mapping[str, Any], details: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    yield str(error.get("status", ""))
    for each in (*(error.get("errors") or ()), *details):
        if isinstance(each, Mapping) and each.get("reason"):
            yield str(each["reason"])


def _service(details: Iterable[Mapping[str, Any]]) -> str:
    metadata = (each.get("metadata") for each in details)
    return next((str(one["service"]) for one in metadata if one and "service" in one), "")


def _delay(details: Iterable[Mapping[str, Any]]) -> float | None:
    # google.rpc.RetryInfo in JSON: {"retryDelay": "3.5s"}.
    told = next((str(each["retryDelay"]) for each in details if "retryDelay" in each), "")
    return _seconds(told.removesuffix("s"))


def _header(headers: Mapping[str, str]) -> float | None:
    return _seconds(headers.get("retry-after", ""))


def _seconds(told: str) -> float | None:
    try:
        return max(0.0, float(told))
    except ValueError:
        return None


def call_answer(error: Any) -> Answer:
    """The refusal in a ``GoogleAPICallError``, which came by HTTP or by gRPC."""
    response = getattr(error, "response", None)
    if hasattr(response, "status_code") and hasattr(response, "content"):
        return http_answer(response)
    delays = [each.retry_delay for each in error.details or () if hasattr(each, "retry_delay")]
    named = {str(each["reason"]) for each in error.errors or () if isinstance(each, Mapping)}
    return Answer(
        status=int(error.code or 0),
        message=str(error.message),
        reasons=frozenset({str(error.reason or ""), *named}),
        service=str((error.metadata or {}).get("service", "")),
        retry_after=delays[0].seconds + delays[0].nanos / 1e9 if delays else None,
    )


def refusal(asked: Asked, answer: Answer) -> OptiInfraError:
    """A refusal as one of our errors, its text scrubbed."""
    told = f"{asked}: {answer.status or 'no answer'}: {hidden(answer.message)[:600]}"
    if answer.status == TOO_MANY or answer.reasons & THROTTLED:
        return Throttled(told, retry_after=answer.retry_after)
    if answer.reasons & API_OFF:
        return _disabled(asked, answer, told)
    if answer.reasons & TOO_DEAR:
        return Permanent(
            told, remedy="Raise billing_export.maximum_gib, or ask for fewer days at once."
        )
    if answer.status == UNAUTHORIZED:
        return CredentialRejected(told)
    if answer.status == FORBIDDEN:
        return _denied(asked, answer, told)
    return _by_status(answer, told)


def _by_status(answer: Answer, told: str) -> OptiInfraError:
    if answer.status == NOT_FOUND:
        return NotFound(told)
    passing = answer.status in (0, TIMED_OUT, ABORTED) or answer.status >= SERVER_ERRORS
    return Transient(told) if passing or answer.reasons & PASSING else Permanent(told)


def _disabled(asked: Asked, answer: Answer, told: str) -> OptiInfraError:
    named = NAMED_API.search(answer.message)
    api = answer.service or (named[1] if named else asked.operation.api)
    return NotSupported(
        told,
        remedy=f"Enable the API in the project: gcloud services enable {api} "
        f"--project {asked.about.split('.')[0]}",
    )


def _denied(asked: Asked, answer: Answer, told: str) -> OptiInfraError:
    named = NAMED_PERMISSION.search(answer.message)
    permission = named[1] if named else asked.operation.permission
    if not permission:
        return CredentialRejected(told)
    reading = permission == TABLE_DATA
    where = "dataset of the billing export" if reading else "project"
    return PermissionMissing(
        told,
        permissions=(permission,),
        remedy=f"Grant {permission} on the {where} to the service account: the custom role "
        "optiinfra_pipelines/providers/gcp/role.yaml has all that is needed.",
    )


def fault(asked: Asked, failure: Exception) -> OptiInfraError:
    """A fault on the way to Google: nothing, or not all, came back."""
    return Transient(f"{asked}: {type(failure).__name__}: {hidden(str(failure))[:400]}")


def unreadable(asked: Asked, failure: Exception) -> OptiInfraError:
    """An answer that cannot be read although its status is good."""
    sample = hidden(f"{type(failure).__name__}: {failure}")
    return Malformed(f"{asked}: the answer cannot be read", sample=sample)


def hidden(text: str) -> str:
    """``text`` without secrets, Google's access tokens among them."""
    return scrub(CREDENTIAL_SHAPED.sub("[redacted]", text))
