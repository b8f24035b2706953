"""A REST request as it arrived, and one authorised call made of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from optiinfra_simulator.google.rest.errors import invalid
from optiinfra_simulator.google.rest.identities import Principal

if TYPE_CHECKING:
    from optiinfra_simulator.google.state import State


@dataclass(frozen=True, slots=True)
class Request:
    """Method, path (unquoted), query, headers and body."""

    method: str
    path: str
    query: Mapping[str, str]
    authorization: str
    body: bytes

    @classmethod
    def read(cls, environ: Mapping[str, Any]) -> "Request":
        """The request that a WSGI environment holds."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        query = parse_qs(str(environ["QUERY_STRING"]), keep_blank_values=True)
        return cls(
            str(environ["REQUEST_METHOD"]),
            unquote(str(environ["RAW_URI"]).partition("?")[0]),
            {name: values[-1] for name, values in query.items()},
            str(environ.get("HTTP_AUTHORIZATION", "")),
            environ["wsgi.input"].read(length) if length else b"",
        )

    def form(self) -> Mapping[str, str]:
        """The body as a form; JSON bodies of the same fields are taken too."""
        if self.body.lstrip()[:1] == b"{":
            return {name: str(value) for name, value in self.document().items()}
        fields = parse_qs(self.body.decode("utf-8", "replace"))
        return {name: values[-1] for name, values in fields.items()}

    def document(self) -> Mapping[str, Any]:
        """The body as JSON.

        Raises:
            GoogleError: it is none.
        """
        if not self.body:
            return {}
        try:
            document = json.loads(self.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise invalid("Invalid JSON payload received.", "parseError")
        return document


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of one operation by someone who may make it."""

    state: "State"
    principal: Principal
    request: Request
    parts: Mapping[str, str]
    now: datetime

    @property
    def project(self) -> str:
        """The project that is asked about."""
        return self.parts.get("project") or self.principal.project.id

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number of the query, at most ``most``.

        Raises:
            GoogleError: it is no number, or negative.
        """
        text = self.request.query.get(name)
        if text in (None, ""):
            return default
        if not str(text).isdigit():
            raise invalid(f"Invalid value for field '{name}': '{text}'.")
        return min(int(str(text)) or default, most)


Handler = Callable[[Call], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a service and the permission that it needs; none where it answers all.

    ``items`` and ``token`` say where its answer holds a page and the next token, ``asked`` what
    asks for a page: faults spoil these.
    """

    service: str
    name: str
    permission: str
    handler: Handler
    items: str = ""
    token: str = "nextPageToken"  # noqa: S105 - the name of a field
    asked: str = "pageToken"
