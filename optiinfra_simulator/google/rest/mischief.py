"""Carries out faults on REST calls: refusals before a call, odd answers after, broken bytes."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.google.rest import clusters, compute, databases
from optiinfra_simulator.google.rest.errors import GoogleError, denied, unauthenticated
from optiinfra_simulator.google.rest.paging import FIRST
from optiinfra_simulator.google.rest.requests import Operation, Request

_WAIT = "2"


def refusal(fault: Fault, operation: Operation, project: str) -> GoogleError | None:
    """The refusal that the fault calls for; only THROTTLE says how long to wait."""
    match fault.kind:
        case FaultKind.THROTTLE:
            return _throttled(operation, (("Retry-After", _WAIT),))
        case FaultKind.THROTTLE_BARE | FaultKind.THROTTLE_QUOTA:
            return _throttled(operation, ())
        case FaultKind.ERROR_500:
            return GoogleError(500, "Internal error encountered.", "backendError")
        case FaultKind.DENY:
            return denied(operation.permission or operation.name, f"projects/{project}")
        case FaultKind.EXPIRED:
            return unauthenticated("ACCESS_TOKEN_EXPIRED")
        case _:
            return None


def _throttled(operation: Operation, headers: tuple[tuple[str, str], ...]) -> GoogleError:
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com",
        "metadata": {"service": f"{operation.service}.googleapis.com"},
    }
    message = f"Quota exceeded for quota metric 'Queries' of service '{operation.service}'."
    return GoogleError(429, message, "rateLimitExceeded", (detail,), headers)


def twist(
    fault: Fault, operation: Operation, request: Request, document: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The answer as the fault makes it."""
    if fault.kind in (FaultKind.EMPTY_PAGE, FaultKind.CYCLIC_TOKEN) and operation.items:
        token = request.query.get(operation.asked) or FIRST
        if fault.kind is FaultKind.CYCLIC_TOKEN:
            return {**document, operation.token: token}
        held = document.get(operation.items)
        return {**document, operation.items: [] if isinstance(held, list) else {},
                operation.token: token}  # fmt: skip
    if fault.kind is FaultKind.UNREACHABLE:
        return _unreachable(operation, request, document)
    return document


def _unreachable(
    operation: Operation, request: Request, document: Mapping[str, Any]
) -> Mapping[str, Any]:
    if operation.service == "compute" and isinstance(document.get("items"), dict):
        opted = request.query.get("returnPartialSuccess", "").lower() == "true"
        return compute.unreachable(document, opted=opted)
    if operation.service == "sqladmin":
        return databases.unreachable(document)
    if operation.service == "container":
        return clusters.unreachable(document)
    return document
