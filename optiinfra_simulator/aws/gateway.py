"""The AWS endpoint: authenticates a request, authorises it, answers or refuses."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from optiinfra_simulator.aws import (
    balancers,
    clusters,
    compute,
    databases,
    explorer,
    functions,
    mischief,
    monitoring,
    policies,
    serialising,
    signatures,
    sts,
)
from optiinfra_simulator.aws.calls import Call, Cloud, Handler
from optiinfra_simulator.aws.dialects import AwsError, dialect, refuse
from optiinfra_simulator.aws.floor import Floor
from optiinfra_simulator.aws.identities import Principal
from optiinfra_simulator.aws.requests import Request, parameters, read, rewind
from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Fault, FaultPlan, Route
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.striking import spoil, strike

HANDLERS: Mapping[str, Mapping[str, Handler]] = {
    "sts": sts.HANDLERS,
    "ce": explorer.HANDLERS,
    "cloudwatch": monitoring.HANDLERS,
    "ec2": compute.HANDLERS,
    "rds": databases.HANDLERS,
    "elb": balancers.CLASSIC,
    "elbv2": balancers.HANDLERS,
    "lambda": functions.HANDLERS,
    "eks": clusters.HANDLERS,
}


@dataclass
class Gateway:
    """Every request of an AWS client arrives here. ``stopping`` ends hangs when it is set."""

    cloud: Cloud
    floor: Floor
    faults: FaultPlan = field(default_factory=FaultPlan)
    ledger: CallLedger = field(default_factory=CallLedger)
    stopping: Event = field(default_factory=Event)

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request.

        Raises:
            ConnectionResetError: a fault wants the connection to break.
        """
        request = read(environ)
        request_id = str(uuid.uuid4())
        try:
            principal = self._authenticate(request)
        except AwsError as error:
            self.ledger.record(_route(request, ""))
            return refuse(request.protocol, error, request_id)
        route = _route(request, principal.account)
        fault = strike(self, route)
        try:
            reply = self._reply(request, principal, fault, (environ, request_id))
        except AwsError as error:
            reply = refuse(request.protocol, error, request_id)
        return spoil(fault, reply)

    def _authenticate(self, request: Request) -> Principal:
        speaks = dialect(request.service)
        if not request.access_key:
            message = "Request is missing Authentication Token"
            raise AwsError("MissingAuthenticationToken", message, 403)
        principal = self.cloud.identities.principals.get(request.access_key)
        if principal is None or principal.token != request.token:
            raise AwsError.of(
                speaks.unknown_key, "The security token included in the request is invalid."
            )
        if not signatures.signed_with(request, principal.secret):
            raise AwsError.of(
                speaks.bad_signature,
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method.",
            )
        if principal.expires is not None and self.cloud.identities.wall.now() >= principal.expires:
            message = "The security token included in the request is expired"
            raise AwsError.of(speaks.expired, message)
        return principal

    def _reply(
        self,
        request: Request,
        principal: Principal,
        fault: Fault | None,
        carried: tuple[Mapping[str, Any], str],
    ) -> Reply:
        environ, request_id = carried
        speaks = dialect(request.service)
        action = policies.action(request.service, request.operation)
        if fault is not None:
            refusal = mischief.refusal(fault, speaks, principal.arn, action)
            if refusal is not None:
                raise refusal
        self._authorise(request, principal, action)
        handler = HANDLERS.get(request.service, {}).get(request.operation)
        if handler is None:
            self._leave_to_moto(request)
            return self.floor.reply(rewind(environ, request), request, principal.account)
        asked = self._parameters(request)
        call = Call(
            cloud=self.cloud,
            principal=principal,
            region=request.region,
            parameters=asked,
            now=self.cloud.world.clock.now(),
        )
        result = handler(call)
        if fault is not None:
            result = mischief.twist(fault, (request.service, request.operation), asked, result)
        return serialising.answer(
            request.service, request.operation, request.protocol, result, request_id
        )

    def _parameters(self, request: Request) -> Mapping[str, Any]:
        try:
            return parameters(request)
        except json.JSONDecodeError:
            raise AwsError("SerializationException", "the body is not JSON") from None

    def _authorise(self, request: Request, principal: Principal, action: str) -> None:
        if request.service == "sts":
            return
        speaks = dialect(request.service)
        resource = "*"
        if request.service == "s3" and request.bucket:
            resource = f"arn:aws:s3:::{request.path.lstrip('/')}"
            if self.floor.owner(request.bucket) not in (None, principal.account):
                raise mischief.denial(speaks, principal.arn, action)
        if not policies.allowed(principal.statements, action, resource):
            raise mischief.denial(speaks, principal.arn, action)

    def _leave_to_moto(self, request: Request) -> None:
        """Refuse what moto would answer with an emptiness that is not true of this world."""
        if request.service not in HANDLERS:
            return
        if request.service == "ec2" and request.operation in compute.LEFT_TO_MOTO:
            return
        raise AwsError.of(
            dialect(request.service).unsupported,
            f"The operation {request.operation} is not simulated.",
        )


def _route(request: Request, account: str) -> Route:
    return Route(request.service, request.operation, request.region, account)
