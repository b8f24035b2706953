"""The REST endpoint of every Google API: authenticates a request, authorises it, answers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import FaultPlan, Route
from optiinfra_simulator.google.rest import (
    accounts,
    clusters,
    compute,
    databases,
    mischief,
    tokens,
)
from optiinfra_simulator.google.rest.errors import (
    GoogleError,
    OAuthError,
    answer,
    denied,
    missing,
)
from optiinfra_simulator.google.rest.requests import Call, Operation, Request
from optiinfra_simulator.google.state import State
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.striking import spoil, strike

_TOKEN = Operation("oauth2", "token", "", lambda _: {})
_EXCHANGE = Operation("sts", "token", "", lambda _: {})


@dataclass
class Gateway:
    """Every REST request arrives here. ``stopping`` ends hangs when it is set."""

    state: State
    bigquery: Mapping[tuple[str, str], Operation]
    url: str = ""
    faults: FaultPlan = field(default_factory=FaultPlan)
    ledger: CallLedger = field(default_factory=CallLedger)
    stopping: Event = field(default_factory=Event)
    _patterns: list[tuple[str, re.Pattern[str], Operation]] = field(init=False)

    def __post_init__(self) -> None:
        tables = (
            compute.OPERATIONS, databases.OPERATIONS, clusters.OPERATIONS, accounts.OPERATIONS,
            tokens.OPERATIONS, self.bigquery,
        )  # fmt: skip
        self._patterns = [
            (method, _pattern(path), operation)
            for table in tables
            for (method, path), operation in table.items()
        ]

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request.

        Raises:
            ConnectionResetError: a fault wants the connection to break.
        """
        request = Request.read(environ)
        if request.method == "POST" and request.path in ("/token", "/v1/token"):
            return self._token(request)
        operation, parts = self._found(request)
        try:
            principal = self.state.identities.bearer(request.authorization)
        except GoogleError as error:
            self.ledger.record(_route(operation, ""))
            return error.reply()
        project = parts.get("project") or principal.project.id
        route = _route(operation, project)
        fault = strike(self, route)
        try:
            if fault is not None:
                refused = mischief.refusal(fault, operation, project)
                if refused is not None:
                    raise refused
            call = Call(
                state=self.state, principal=principal, request=request, parts=parts,
                now=self.state.now,
            )  # fmt: skip
            document = self._handled(operation, call)
            if fault is not None:
                document = mischief.twist(fault, operation, request, document)
            reply = answer(document)
        except (GoogleError, OAuthError) as error:
            reply = error.reply()
        return spoil(fault, reply)

    def _handled(self, operation: Operation, call: Call) -> Mapping[str, Any]:
        if operation.permission and not call.principal.may(operation.permission, call.project):
            if operation.service == "compute":
                message = (
                    f"Required '{operation.permission}' permission for 'projects/{call.project}'"
                )
                raise GoogleError(403, message, "forbidden")
            raise denied(operation.permission, f"projects/{call.project}")
        return operation.handler(call)

    def _token(self, request: Request) -> Reply:
        exchange = request.path == "/v1/token"
        operation = _EXCHANGE if exchange else _TOKEN
        fault = strike(self, _route(operation, ""))
        try:
            refused = mischief.refusal(fault, operation, "") if fault else None
            if refused is not None:
                raise refused
            identities = self.state.identities
            document = (
                tokens.exchanged(identities, request)
                if exchange
                else tokens.of_assertion(identities, request, self.url)
            )
            reply = answer(document)
        except (GoogleError, OAuthError) as error:
            reply = error.reply()
        return spoil(fault, reply)

    def _found(self, request: Request) -> tuple[Operation, Mapping[str, str]]:
        for method, pattern, operation in self._patterns:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                return operation, match.groupdict()
        name = f"{request.method} {request.path}"
        return Operation("unknown", name, "", _unknown), {}


def _unknown(call: Call) -> Mapping[str, Any]:
    raise missing(f"The simulator does not answer {call.request.method} {call.request.path}.")


def _pattern(path: str) -> re.Pattern[str]:
    """A path as a pattern; names in braces match one part of it, up to a colon."""
    parts = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)
        )
    )


def _route(operation: Operation, account: str) -> Route:
    return Route(operation.service, operation.name, "global", account)
