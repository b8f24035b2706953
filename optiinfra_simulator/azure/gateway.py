"""The endpoint of the simulated Azure: authenticates, authorises, answers or refuses."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Any

from optiinfra_simulator.azure import blobs, mischief
from optiinfra_simulator.azure.answers import (
    Answer,
    AzureError,
    not_found,
    refusal,
    reply,
    request_guid,
)
from optiinfra_simulator.azure.calls import Azure, Call, Operation, Request, read, subscription_of
from optiinfra_simulator.azure.entra import Entra
from optiinfra_simulator.azure.roles import Principal
from optiinfra_simulator.azure.routes import OPERATIONS
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Fault, FaultPlan, Route
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.striking import spoil, strike

_SIGN_IN = re.compile(
    r"/(?P<tenant>[^/]+)/(?P<what>v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/token)$"
)


@dataclass
class Gateway:
    """Every request of an Azure client arrives here. ``stopping`` ends hangs when it is set."""

    azure: Azure
    faults: FaultPlan = field(default_factory=FaultPlan)
    ledger: CallLedger = field(default_factory=CallLedger)
    stopping: Event = field(default_factory=Event)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request.

        Raises:
            ConnectionResetError: a fault wants the connection to break.
        """
        request = read(environ)
        request_id = request_guid(next(self._numbers))
        sign_in = _SIGN_IN.match(request.path)
        if sign_in:
            return self._sign_in(request, sign_in, request_id)
        operation, named = _operation(request)
        service = operation.service if operation else "unknown"
        region = named.get("region") or request.parameters.get("region") or "global"
        title = _title(operation, request, named)
        try:
            principal, subscription = self._authenticate(request, operation, named)
        except AzureError as error:
            self.ledger.record(Route(service, title, region, ""))
            return refusal(error, service, request_id)
        route = Route(service, title, region, subscription)
        fault = strike(self, route)
        call = Call(
            azure=self.azure,
            request=request,
            principal=principal,
            subscription=subscription,
            named=named,
            now=self.azure.estate.world.clock.now(),
            fault=fault,
        )
        try:
            answered = self._answer(call, operation, request_id)
        except AzureError as error:
            answered = refusal(error, service, request_id)
        return spoil(fault, answered)

    def _sign_in(self, request: Request, match: re.Match[str], request_id: str) -> Reply:
        token = match["what"].endswith("token")
        route = Route("identity", "Token" if token else "Discovery", "global", match["tenant"])
        fault = strike(self, route)
        entra = Entra(self.azure.identities, self.azure.origin)
        tenant = match["tenant"]
        try:
            if fault:
                _refuse(fault, "identity", None, "")
            answer = entra.token(tenant, request.body) if token else entra.discovery(tenant)
            answered = reply(answer, request_id)
        except AzureError as error:
            answered = refusal(error, "identity", request_id)
        return spoil(fault, answered)

    def _authenticate(
        self, request: Request, operation: Operation | None, named: Mapping[str, str]
    ) -> tuple[Principal, str]:
        if not request.bearer:
            raise AzureError(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
                {
                    "WWW-Authenticate": 'Bearer authorization_uri="https://login.microsoftonline.com/"'
                },
            )
        claims = self.azure.identities.mint.read(request.bearer)
        audience = str(claims["aud"])
        fitting = (self.azure.origin, operation.audience if operation else "")
        if not audience.startswith(fitting):
            raise AzureError(
                401,
                "InvalidAuthenticationToken",
                f"The access token has been obtained for wrong audience '{audience}'.",
            )
        principal = self.azure.identities.principal(claims)
        if "account" in named:
            named = {**named, "subscription": blobs.owner(named["account"])}
        return principal, subscription_of(named, principal)

    def _answer(self, call: Call, operation: Operation | None, request_id: str) -> Reply:
        if operation is None:
            raise not_found(call.request.path)
        if call.fault:
            _refuse(call.fault, operation.service, call, operation.action)
        if operation.action:
            call.principal.authorise(call.subscription, operation.action)
        answered = operation.handler(call)
        if isinstance(answered, Answer):
            document = mischief.twist(call, answered.document)
            return reply(Answer(document, answered.headers, answered.status), request_id)
        return answered


def _refuse(fault: Fault, service: str, call: Call | None, action: str) -> None:
    def denial() -> AzureError:
        if call is None:
            return AzureError(403, "Forbidden", "Access is denied.")
        return call.principal.denial(call.subscription, action)

    refused = mischief.refusal(fault, service, denial)
    if refused is not None:
        raise refused


def _operation(request: Request) -> tuple[Operation | None, Mapping[str, str]]:
    for operation in OPERATIONS:
        match = operation.path.match(request.path)
        if match and re.fullmatch(operation.method, request.method):
            return operation, {k: v for k, v in match.groupdict().items() if v is not None}
    return None, {}


def _title(operation: Operation | None, request: Request, named: Mapping[str, str]) -> str:
    """The operation's name in the ledger; those of Blob storage differ by what is asked for."""
    if operation is None:
        return f"{request.method} {request.path}"
    if operation.service != "storage":
        return operation.name
    if "blob" not in named:
        return "ListBlobs"
    return "GetBlobProperties" if request.method == "HEAD" else "GetBlob"
