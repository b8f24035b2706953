"""What surrounds every request: its id, its log line, its figures, its headers, its size."""

import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optiinfra_api.auth.limits import Standing

log = structlog.get_logger("optiinfra_api.access")

REQUEST_ID = re.compile(r"^[\w-]{1,64}$", re.ASCII)
MAX_BODY_BYTES = 64 * 1024
# Batches of calls; compressed ones have the same bound here and once more when they are unpacked.
MAX_BATCH_BYTES = 8 * 1024 * 1024
LIMITS: Mapping[str, int] = {
    "/v1/traces": MAX_BATCH_BYTES,
    "/v1/logs": MAX_BATCH_BYTES,
    "/api/v2/applications/interactions": MAX_BATCH_BYTES,
}
TOO_LARGE = 413
STREAM = "text/event-stream"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

SECURITY_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Vary": "Authorization, X-API-Key, Accept",
}


class Figures:
    """The Prometheus figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "optiinfra_http_request_seconds",
            "Time to answer, by route template.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.calls = Counter(
            "optiinfra_received_calls_total",
            "Calls of language models that were sent in, by what became of them.",
            ("outcome",),
            registry=self.registry,
        )
        self.unchanged = Counter(
            "optiinfra_http_not_modified_total",
            "Answers 304, which cost no ClickHouse query.",
            ("route",),
            registry=self.registry,
        )


class Surroundings:
    """Gives every request an id, measures it, logs it and sets the headers of every answer.

    The query string is not logged: customers put names and tags into filters.
    """

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self.app = app
        self.figures = figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})["request_id"] = request_id(Headers(scope=scope))
        began = time.perf_counter()
        status, answered = 500, None

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status = message["status"]
                set_headers(message, scope["state"]["request_id"])
                set_rate(message, scope["state"].get("rate"))
                # An endless stream was answered when it began: hours are no time to answer.
                answered = time.perf_counter() if is_stream(message) else None
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        finally:
            self._report(scope, status, (answered or time.perf_counter()) - began)

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        route = template(scope)
        self.figures.seconds.labels(scope["method"], route, str(status)).observe(seconds)
        if status == 304:  # noqa: PLR2004 - its own name
            self.figures.unchanged.labels(route).inc()
        log.info(
            "request.answered",
            method=scope["method"],
            route=route,
            path=scope["path"][:200],
            status=status,
            milliseconds=round(seconds * 1000, 1),
            request_id=scope["state"]["request_id"],
            caller=scope["state"].get("key_id"),
            **told(scope["state"], "deprecated"),
        )


class BodyLimit:
    """Refuses a body over the limit of its path, announced or not, before anything reads it whole.

    64 KiB; 8 MiB where batches of calls are sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = LIMITS.get(scope["path"], MAX_BODY_BYTES)
        announced = Headers(scope=scope).get("content-length", "0")
        received = int(announced) if announced.isdecimal() else 0
        counted = 0

        async def receive_limited() -> Message:
            nonlocal counted
            message = await receive()
            counted += len(message.get("body", b""))
            if max(counted, received) > limit:
                raise HTTPException(TOO_LARGE, f"the body is over {limit} bytes")
            return message

        await self.app(scope, receive_limited, send)


def request_id(headers: Headers) -> str:
    """The id that the caller sent, if it is a plain one; else a new one."""
    sent = headers.get("x-request-id", "")
    return sent if REQUEST_ID.match(sent) else secrets.token_hex(8)


def set_headers(message: Message, identifier: str) -> None:
    """The headers of every answer."""
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = identifier
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache")
    if is_stream(message):
        headers["Cache-Control"] = "private, no-store"


def is_stream(message: Message) -> bool:
    """Whether the answer that begins is one of server-sent events."""
    return Headers(raw=message["headers"]).get("Content-Type", "").startswith(STREAM)


def set_rate(message: Message, rate: Standing | None) -> None:
    """The two fields of draft-ietf-httpapi-ratelimit-headers-10, where a key was counted."""
    if rate is None:
        return
    headers = MutableHeaders(scope=message)
    headers["RateLimit-Policy"] = f'"key";q={rate.limit};w=60'
    headers["RateLimit"] = f'"key";r={rate.left};t={rate.seconds}'


def told(state: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The field of the log line that only some requests have."""
    return {name: str(state[name])[:200]} if name in state else {}


def template(scope: Scope) -> str:
    """The route's template: a path as it came would make a new time series per customer."""
    return str(getattr(scope.get("route"), "path_format", "unmatched"))
