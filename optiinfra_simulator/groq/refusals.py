"""Error answers as Groq writes them: a status, a message, a type and a code."""

import json
from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.reply import Reply

JSON_HEADERS = (("Content-Type", "application/json"),)


class Refusal(Exception):
    """An error answer; ``extra`` joins the error object, ``headers`` the response's.

    Shapes: https://console.groq.com/docs/errors; codes as recorded in public issues
    (rate_limit_exceeded: Aider-AI/aider#3265, model_not_found: ai_automation_suggester#187).
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        kind: str = "invalid_request_error",
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: tuple[tuple[str, str], ...] = ()
        self.error: Mapping[str, Any] = {
            "message": message,
            "type": kind,
            **({"code": code} if code else {}),
            **extra,
        }

    def reply(self) -> Reply:
        """The whole answer."""
        return told(self.status, {"error": self.error}, self.headers)


def told(status: int, body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """A JSON answer."""
    return Reply(status, (*JSON_HEADERS, *headers), json.dumps(body).encode())


def unknown_key() -> Refusal:
    """The key is no one's."""
    return Refusal(401, "Invalid API Key", "invalid_api_key")


def no_route(method: str, path: str) -> Refusal:
    """Nothing is served there."""
    return Refusal(404, f"Unknown request URL: {method} {path}.", "unknown_url")


def no_model(model: str) -> Refusal:
    """The model is gone or never was."""
    return Refusal(
        404,
        f"The model `{model}` does not exist or you do not have access to it.",
        "model_not_found",
    )


def wrong(message: str, code: str | None = None, **extra: Any) -> Refusal:
    """A request that cannot be served as it is."""
    return Refusal(400, message, code, **extra)
