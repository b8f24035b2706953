"""Answers in Azure's shapes: JSON bodies and refusals."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from optiinfra_simulator.azure.rigging import guid
from optiinfra_simulator.reply import Reply

# Blob storage has words of its own: it is busy where others are asked too often.
_STORAGE_REFUSALS: Mapping[int, tuple[int, str]] = MappingProxyType(
    {401: (401, "InvalidAuthenticationInfo"), 429: (503, "ServerBusy")}
)
JSON = ("Content-Type", "application/json; charset=utf-8")


class AzureError(Exception):
    """A refusal with the code and status of Azure; ``headers`` go with it."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that becomes JSON, with headers of its own."""

    document: Any
    headers: Mapping[str, str]
    status: int = 200


def bad_request(message: str) -> AzureError:
    """What Resource Manager says to a request that cannot be meant."""
    return AzureError(400, "BadRequest", message)


def whole(told: Any, otherwise: int, name: str) -> int:
    """A parameter that is a whole number, or ``otherwise`` where it is not given.

    Raises:
        AzureError: 400, it is none.
    """
    if told in (None, ""):
        return otherwise
    try:
        return int(told)
    except (TypeError, ValueError):
        raise bad_request(f"The value {told!r} of {name} is not a number.") from None


def not_found(path: str) -> AzureError:
    """What is said of a path or operation that does not exist here."""
    return AzureError(404, "NotFound", f"No HTTP resource was found that matches {path!r}.")


def reply(answer: Answer, request_id: str) -> Reply:
    """An answer as bytes."""
    headers = (JSON, ("x-ms-request-id", request_id), *answer.headers.items())
    return Reply(answer.status, headers, json.dumps(answer.document).encode())


def refusal(error: AzureError, service: str, request_id: str) -> Reply:
    """A refusal as the service writes it: bare for metrics, XML for Blob storage."""
    headers = (("x-ms-request-id", request_id), *error.headers.items())
    if service == "storage":
        status, code = _STORAGE_REFUSALS.get(error.status, (error.status, error.code))
        body = (
            '\ufeff<?xml version="1.0" encoding="utf-8"?><Error>'
            f"<Code>{code}</Code><Message>{error.message}\nRequestId:{request_id}</Message>"
            "</Error>"
        ).encode()
        told = (("Content-Type", "application/xml"), ("x-ms-error-code", code))
        return Reply(status, (*told, *headers), body)
    told_error: Mapping[str, Any] = {"code": error.code, "message": error.message}
    # Azure Monitor's metrics refuse without the envelope of Resource Manager.
    bare = service == "monitor" and error.status == 400  # noqa: PLR2004 - bad requests only
    document = told_error if bare else {"error": told_error}
    return Reply(error.status, (JSON, *headers), json.dumps(document).encode())


def request_guid(number: int) -> str:
    """The identifier of a request: they are counted."""
    return guid("request", number)
