"""Paths of version 1 that go on working for a year: they answer as their successors do.

A rewritten path instead of routes of their own: the same handler, scopes, cursors and tags, and
nothing of it in the description that clients are generated from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SINCE = datetime(2026, 11, 22, tzinfo=UTC)
UNTIL = datetime(2027, 11, 30, tzinfo=UTC)
READS = frozenset({"GET", "HEAD"})
EXPLAINED = "/docs"


@dataclass(frozen=True, slots=True)
class Alias:
    """A path that is answered as ``successor``; one that ends in a slash stands for all below."""

    path: str
    successor: str

    def rewritten(self, path: str) -> str | None:
        """The path that answers for ``path``, None where this alias does not mean it."""
        if self.path.endswith("/") and path.startswith(self.path):
            return self.successor + path.removeprefix(self.path)
        return self.successor if path == self.path else None


ALIASES = (
    Alias("/api/v1/costs/", "/api/v2/costs/"),
    Alias("/api/v1/performance/", "/api/v2/performance/"),
    Alias("/api/v1/resources/", "/api/v2/resources/"),
    Alias("/api/v1/applications/", "/api/v2/applications/"),
    Alias("/api/v1/health", "/livez"),
    Alias("/api/v1/health/live", "/livez"),
    Alias("/api/v1/health/ready", "/readyz"),
)


class Deprecations:
    """Answers reads of old paths, and says in each answer what to use and until when."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        successor = successor_of(scope)
        if successor is None:
            await self.app(scope, receive, send)
            return
        # In place: who logs the request learns the route that answered from this scope.
        scope.setdefault("state", {})["deprecated"] = scope["path"]
        scope["path"], scope["raw_path"] = successor, quote(successor).encode()
        told = headers_for(successor)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def successor_of(scope: Scope) -> str | None:
    """The path that answers a read of an old one; None for everything else."""
    if scope["type"] != "http" or scope["method"] not in READS:
        return None
    found = (alias.rewritten(scope["path"]) for alias in ALIASES)
    return next((path for path in found if path is not None), None)


def headers_for(successor: str) -> Mapping[str, str]:
    """Since when (RFC 9745), until when (RFC 8594) and what instead (RFC 8288, RFC 5829)."""
    return {
        "Deprecation": f"@{int(SINCE.timestamp())}",
        "Sunset": format_datetime(UNTIL, usegmt=True),
        "Link": f'<{quote(successor)}>; rel="successor-version",'
        f' <{EXPLAINED}>; rel="deprecation"; type="text/html"',
    }
