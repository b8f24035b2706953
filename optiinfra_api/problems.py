"""Our errors as one shape of answer: RFC 9457 problem+json with a request id and a remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from optiinfra_core.applications.otlp.body import TooLarge, UnsupportedMedia
from optiinfra_core.errors import (
    Conflict,
    CredentialRejected,
    InvalidRequest,
    Malformed,
    NotFound,
    NotReady,
    NotSupported,
    OptiInfraError,
    PermissionMissing,
    Throttled,
    Transient,
    WindowBusy,
)

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
URN = "urn:optiinfra:problem:"
RETRY_AFTER_SECONDS = 5


class FieldProblem(BaseModel):
    """One field of a request that was not accepted."""

    field: str = Field(description="Where it is: query.limit, body.credential.role_arn.")
    message: str = Field(description="What is accepted there.")


class Problem(BaseModel):
    """What went wrong and what to do about it (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable identifier of the kind of problem.")
    title: str = Field(description="The kind in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened in this request.")
    remedy: str = Field(description="What to do about it.")
    request_id: str = Field(description="Name it when you ask for help; the log holds it too.")
    errors: list[FieldProblem] | None = Field(
        default=None, description="The fields that were not accepted."
    )


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem as it travels: status, the name in its type, its title."""

    status: int
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a problem says besides its kind."""

    detail: str
    remedy: str
    errors: tuple[FieldProblem, ...] = ()


class Unreadable(InvalidRequest):
    """A body that is not what its headers say it is."""

    code = "unreadable"
    title = "The body cannot be read"
    default_remedy = "Send a body that is what Content-Type and Content-Encoding say."


UNAUTHENTICATED = Kind(401, "unauthenticated", "The API key is missing or not valid")
FORBIDDEN = Kind(403, "forbidden", "The API key lacks a scope")
THROTTLED = Kind(429, "throttled", "Too many requests")
UNAVAILABLE = Kind(503, "unavailable", "A server behind the API did not answer")
INVALID = Kind(422, "invalid-request", "The request is not valid")
INTERNAL = Kind(500, "internal", "The API failed")

# The most specific class that matches wins: subclasses stand before their parents.
KINDS: Mapping[type[OptiInfraError], Kind] = {
    PermissionMissing: FORBIDDEN,
    CredentialRejected: UNAUTHENTICATED,
    Throttled: THROTTLED,
    WindowBusy: Kind(503, "busy", "Another request is doing this"),
    Transient: UNAVAILABLE,
    NotReady: Kind(503, "not-ready", "Not ready yet"),
    NotFound: Kind(404, "not-found", "Not found"),
    Conflict: Kind(409, "conflict", "Conflict"),
    TooLarge: Kind(413, "content-too-large", "Content Too Large"),
    UnsupportedMedia: Kind(415, "unsupported-media-type", "Unsupported Media Type"),
    Unreadable: Kind(400, "bad-request", "Bad Request"),
    InvalidRequest: INVALID,
    NotSupported: Kind(422, "not-supported", "The provider does not offer this"),
    Malformed: Kind(
        502, "bad-gateway", "A server behind the API answered what we do not understand"
    ),
}

# Python 3.13 renamed this one after RFC 9110; a problem's type must not depend on that.
PHRASES: Mapping[int, str] = {413: "Content Too Large"}

REMEDIES: Mapping[int, str] = {
    400: "Send a body that is the JSON that /openapi.json describes.",
    403: "Use the API from a site that its operator allows, or from outside of a browser.",
    404: "Check the path against /openapi.json.",
    405: "Use a method that the Allow header lists.",
    413: "Send a smaller body: 64 KiB is the limit, 8 MiB where calls are sent.",
    415: "Send the body as application/json.",
    421: "Use a name of this server that its operator allows, or have this one added.",
}


def kind_of(error: OptiInfraError) -> Kind:
    """The kind of problem that ``error`` is; what nobody expected is an internal one."""
    for error_type, kind in KINDS.items():
        if isinstance(error, error_type):
            return kind
    return INTERNAL


def request_id(request: Request) -> str:
    """The id that the middleware gave the request."""
    return str(getattr(request.state, "request_id", ""))


def problem_response(
    request: Request, kind: Kind, answer: Answer, headers: Mapping[str, str] | None = None
) -> Response:
    """The problem as a response; never cached."""
    problem = Problem(
        type=URN + kind.code,
        title=kind.title,
        status=kind.status,
        detail=answer.detail,
        remedy=answer.remedy,
        request_id=request_id(request),
        errors=list(answer.errors) or None,
    )
    return Response(
        problem.model_dump_json(exclude_none=True),
        status_code=kind.status,
        media_type=MEDIA_TYPE,
        headers={
            "Cache-Control": "no-store",
            "X-Request-ID": request_id(request),
            **(headers or {}),
        },
    )


def headers_of(error: OptiInfraError, kind: Kind) -> Mapping[str, str]:
    """Retry-After where waiting helps, WWW-Authenticate where a key does."""
    if kind.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="optiinfra"'}
    if kind.status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        wait = getattr(error, "retry_after", None)
        return {"Retry-After": str(max(1, ceil(wait or RETRY_AFTER_SECONDS)))}
    return {}


async def on_our_error(request: Request, error: Exception) -> Response:
    """An error of ours: its kind, its own detail and its own remedy."""
    if not isinstance(error, OptiInfraError):
        return await on_anything_else(request, error)
    kind = kind_of(error)
    if kind is INTERNAL:
        log.error("request.failed", code=error.code, detail=error.detail)
    return problem_response(
        request, kind, Answer(error.detail, error.remedy), headers_of(error, kind)
    )


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses itself: no such path, no such method, an unreadable body."""
    if not isinstance(error, HTTPException):
        return await on_anything_else(request, error)
    phrase = PHRASES.get(error.status_code) or HTTPStatus(error.status_code).phrase
    kind = Kind(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    remedy = REMEDIES.get(error.status_code, "Check the request against /openapi.json.")
    detail = f"{request.method} {request.url.path}: {error.detail}"
    return problem_response(request, kind, Answer(detail, remedy), error.headers)


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """A parameter or body that does not fit its model; the offending value is not repeated."""
    if not isinstance(error, RequestValidationError):
        return await on_anything_else(request, error)
    fields = tuple(field_problem(entry) for entry in error.errors())
    detail = "; ".join(f"{field.field}: {field.message}" for field in fields)
    remedy = "Correct the fields that errors lists; /openapi.json says what each accepts."
    return problem_response(request, INVALID, Answer(detail, remedy, fields))


def field_problem(entry: Mapping[str, Any]) -> FieldProblem:
    """Place and message of one validation error: its input may hold a secret and stays out."""
    return FieldProblem(
        field=".".join(str(part) for part in entry["loc"]), message=str(entry["msg"])
    )


async def on_anything_else(request: Request, error: Exception) -> Response:
    """A fault of ours: the log gets the traceback, the caller the id to find it by."""
    log.error("request.crashed", request_id=request_id(request), exc_info=error)
    answer = Answer(
        "An unexpected error; nothing more is told outside the log.",
        "Try once more; if it lasts, open an issue with the request id.",
    )
    return problem_response(request, INTERNAL, answer)


def install(app: FastAPI) -> None:
    """Make every failure of ``app`` answer as a problem."""
    app.add_exception_handler(OptiInfraError, on_our_error)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(Exception, on_anything_else)


def responses(*told: tuple[int, str]) -> Mapping[int | str, dict[str, Any]]:
    """Problems as a description of an operation tells them."""
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": words, "content": problem} for status, words in told}


RESPONSES = responses(
    (401, UNAUTHENTICATED.title),
    (403, FORBIDDEN.title),
    (404, "Unknown, or another customer's"),
    (422, INVALID.title),
    (429, THROTTLED.title),
    (503, UNAVAILABLE.title),
)
CHANGING = responses((409, "It contradicts what is there"))
SENDING = responses((400, "The body cannot be read"), (413, "The body is too large"))


def describe(description: dict[str, Any]) -> None:
    """Add the problem's schema, which ``RESPONSES`` refers to, and what only some may answer."""
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = description["components"]["schemas"]
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for methods in description["paths"].values():
        for method, operation in methods.items():
            changing = {} if method == "get" else CHANGING
            sending = SENDING if "requestBody" in operation else {}
            more = {str(status): told for status, told in {**changing, **sending}.items()}
            operation["responses"] = {**more, **operation["responses"]}
