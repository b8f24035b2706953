"""What the SDK raises, as faults of one call or as errors that stop the run.

An answer's own words are kept out: servers quote what they refuse, and that is somebody's text.
Loaded with the first request only: it imports groq.
"""

import re
from collections.abc import Mapping
from typing import Any

import groq
import httpx

from optiinfra_core.errors import ConfigurationError, CredentialRejected, OptiInfraError
from optiinfra_pipelines.judging.client.faults import Fate, Fault
from optiinfra_pipelines.judging.durations import wait

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY, SERVER_ERRORS = 401, 403, 404, 429, 500

# error.code of Groq (console.groq.com/docs/errors and issues that quote it) and of OpenAI.
OF_CODE: Mapping[str, tuple[Fate, str]] = {
    "model_not_found": (Fate.MODEL_GONE, "model_not_found"),
    "model_decommissioned": (Fate.MODEL_GONE, "model_decommissioned"),
    "model_not_active": (Fate.MODEL_GONE, "model_not_active"),
    "model_terms_required": (Fate.MODEL_GONE, "model_terms_required"),
    "model_permission_blocked_org": (Fate.MODEL_GONE, "model_blocked"),
    "model_permission_blocked_project": (Fate.MODEL_GONE, "model_blocked"),
    "json_validate_failed": (Fate.UNUSABLE, "json_validate_failed"),
    "context_length_exceeded": (Fate.INVALID, "too_large"),
    "request_too_large": (Fate.INVALID, "too_large"),
    "content_filter": (Fate.INVALID, "content_filter"),
}
OF_STATUS: Mapping[int, tuple[Fate, str]] = {
    408: (Fate.UNAVAILABLE, "http_408"),
    409: (Fate.UNAVAILABLE, "http_409"),
    413: (Fate.INVALID, "too_large"),
    425: (Fate.UNAVAILABLE, "http_425"),
    429: (Fate.THROTTLED, "throttled"),
    # Groq's flex tier has no room: console.groq.com/docs/flex-processing.
    498: (Fate.UNAVAILABLE, "capacity_exceeded"),
}
# The ways in which servers say that they cannot be held to a form.
FORM_REFUSED = re.compile(
    r"response.?format|json.?schema|json.?object|guided|grammar|structured", re.IGNORECASE
)
# Groq tells an answer that was cut as one that failed: `failed_generation` then holds these words
# instead of what the model wrote (quoted by many clients of its API).
OUT_OF_ROOM = "max completion tokens reached"
MAY_REFUSE_FORM = (400, 422, 500, 501)
# vLLM and Ollama name no code: "The model `x` does not exist.", "model 'x' not found".
NAMES_A_MODEL = re.compile(r"\bmodel\b", re.IGNORECASE)
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def translated(error: groq.APIError) -> Fault | OptiInfraError:
    """The fault of a call, or the error for which no call can succeed."""
    if isinstance(error, groq.APITimeoutError | groq.APIConnectionError):
        return _without_answer(error)
    if isinstance(error, groq.APIStatusError):
        return _refused(error)
    return Fault(Fate.GARBLED, "answer_not_json", http=200, paid=True)


def _without_answer(error: groq.APIError) -> Fault:
    """No connection: nothing was sent. No answer in time, or a broken one: it may be billed."""
    if isinstance(error.__cause__, NEVER_SENT):
        return Fault(Fate.UNAVAILABLE, "no_connection")
    if isinstance(error, groq.APITimeoutError):
        return Fault(Fate.LOST, "timeout", paid=True)
    return Fault(Fate.UNAVAILABLE, "connection_lost", paid=True)


def _refused(error: groq.APIStatusError) -> Fault | OptiInfraError:
    status = error.status_code
    code, message = _told(error.body)
    if status in OF_STATUS:
        fate, reason = OF_STATUS[status]
        return Fault(fate, reason, http=status, retry_after=_wait(error, status))
    if _out_of_room(error.body):
        return Fault(Fate.CUT, "answer_cut", http=status, paid=True)
    if code in OF_CODE:
        fate, reason = OF_CODE[code]
        # The model answered before the server threw it away; it may bill that.
        return Fault(fate, reason, http=status, paid=fate is Fate.UNUSABLE)
    if status == NOT_FOUND and NAMES_A_MODEL.search(message):
        return Fault(Fate.MODEL_GONE, "model_not_found", http=status)
    if status in MAY_REFUSE_FORM and FORM_REFUSED.search(message):
        return Fault(Fate.NO_SCHEMA, "form_refused", http=status)
    return _by_status(status)


def _by_status(status: int) -> Fault | OptiInfraError:
    if status in (UNAUTHORIZED, FORBIDDEN):
        return CredentialRejected(
            f"the judge's server refuses the key: HTTP {status}",
            remedy="Set OPTIINFRA_JUDGE_API_KEY to a key that the server accepts.",
        )
    if status == NOT_FOUND:
        return ConfigurationError(
            "the judge's server does not have the paths of the API: HTTP 404",
            remedy="Check OPTIINFRA_JUDGE_BASE_URL: it ends with /v1 on most servers.",
        )
    if status >= SERVER_ERRORS:
        return Fault(Fate.UNAVAILABLE, f"http_{status}", http=status)
    return Fault(Fate.INVALID, f"http_{status}", http=status)


def _wait(error: groq.APIStatusError, status: int) -> float | None:
    if status != TOO_MANY:
        return None
    return wait({name.lower(): value for name, value in error.response.headers.items()})


def _told(body: object) -> tuple[str, str]:
    """The code and the message of an error answer; empty where it has none."""
    told = _error(body)
    return str(told.get("code") or ""), str(told.get("message") or "")


def _out_of_room(body: object) -> bool:
    return str(_error(body).get("failed_generation") or "").startswith(OUT_OF_ROOM)


def _error(body: object) -> Mapping[str, Any]:
    outer: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    inner = outer.get("error", outer)
    return inner if isinstance(inner, Mapping) else {"message": inner}
