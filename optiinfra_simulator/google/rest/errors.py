"""Refusals in the shape of Google's REST APIs, after google.aip.dev/193 and Compute's reference."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optiinfra_simulator.reply import Reply

_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
}
_JSON = ("Content-Type", "application/json; charset=UTF-8")


@dataclass
class GoogleError(Exception):
    """A refusal: the HTTP code, what is wrong and the reason in one word."""

    code: int
    message: str
    reason: str
    details: Sequence[Mapping[str, Any]] = ()
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def status(self) -> str:
        """The canonical name of the code."""
        return _STATUSES[self.code]

    def reply(self) -> Reply:
        """The refusal on the wire."""
        error: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "errors": [{"message": self.message, "domain": "global", "reason": self.reason}],
            "status": self.status,
        }
        if self.details:
            error["details"] = list(self.details)
        return Reply(self.code, (_JSON, *self.headers), json.dumps({"error": error}).encode())


@dataclass
class OAuthError(Exception):
    """A refusal of a token endpoint, in the shape of RFC 6749, section 5.2."""

    error: str
    description: str
    code: int = 400

    def reply(self) -> Reply:
        """The refusal on the wire."""
        body = {"error": self.error, "error_description": self.description}
        return Reply(self.code, (_JSON,), json.dumps(body).encode())


def answer(document: Mapping[str, Any]) -> Reply:
    """A document on the wire."""
    return Reply(200, (_JSON, ("Vary", "Origin")), json.dumps(document).encode())


def denied(permission: str, resource: str) -> GoogleError:
    """The refusal of what no role allows."""
    return GoogleError(
        403,
        f"Permission '{permission}' denied on resource '{resource}' (or it may not exist).",
        "forbidden",
        (
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "iam.googleapis.com",
                "metadata": {"permission": permission, "resource": resource},
            },
        ),
    )


def unauthenticated(reason: str) -> GoogleError:
    """The refusal of a missing, unknown or expired token."""
    return GoogleError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential.",
        "authError",
        (
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": reason,
                "domain": "googleapis.com",
            },
        ),
        (("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/", error=invalid_token'),),
    )


def invalid(message: str, reason: str = "invalid") -> GoogleError:
    """The refusal of what cannot be meant."""
    return GoogleError(400, message, reason)


def missing(message: str) -> GoogleError:
    """The refusal of what does not exist."""
    return GoogleError(404, message, "notFound")
