"""Carries out faults: refusals before a call, odd answers after it, broken bytes on the wire."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from optiinfra_simulator.azure import quotas
from optiinfra_simulator.azure.answers import AzureError
from optiinfra_simulator.azure.calls import Call
from optiinfra_simulator.azure.tokens import expired
from optiinfra_simulator.faults import Fault, FaultKind

# What Azure asks a throttled client to wait.
WAIT = 3
FIRST_PAGE = "simulated-first-page"


def refusal(fault: Fault, service: str, denial: Callable[[], AzureError]) -> AzureError | None:
    """The refusal that the fault calls for, in the words of the service."""
    own = quotas.graph_throttled if service == "resourcegraph" else quotas.throttled
    refusals: Mapping[FaultKind, Callable[[], AzureError]] = {
        FaultKind.THROTTLE: lambda: _throttled({"Retry-After": str(WAIT)}),
        FaultKind.THROTTLE_BARE: lambda: _throttled({}),
        FaultKind.THROTTLE_QUOTA: lambda: own(WAIT),
        FaultKind.ERROR_500: _broken,
        FaultKind.DENY: denial,
        FaultKind.EXPIRED: expired,
    }
    refuse = refusals.get(fault.kind)
    return refuse() if refuse else None


def _broken() -> AzureError:
    return AzureError(500, "InternalServerError", "Encountered internal server error.")


def _throttled(headers: Mapping[str, str]) -> AzureError:
    return AzureError(429, "TooManyRequests", "Too many requests. Please retry.", headers)


def twist(call: Call, document: Any) -> Any:
    """The document as the call's fault makes it."""
    kind = call.fault.kind if call.fault else None
    if kind in (FaultKind.EMPTY_PAGE, FaultKind.CYCLIC_TOKEN):
        return _paged(call, document, empty=kind is FaultKind.EMPTY_PAGE)
    if kind in _POINTS:
        return _with_points(document, _POINTS[kind])
    return document


def _paged(call: Call, document: Any, *, empty: bool) -> Any:
    """A page that leads to itself, with its items or without."""
    here = f"{call.url}?{call.request.query}"
    if "properties" in document:
        inner = document["properties"]
        rows = [] if empty else inner["rows"]
        return {**document, "properties": {**inner, "rows": rows, "nextLink": here}}
    if "totalRecords" in document:
        asked = (call.document().get("options") or {}).get("$skipToken") or FIRST_PAGE
        data = [] if empty else document["data"]
        return {**document, "data": data, "count": len(data), "$skipToken": asked}
    if "value" in document:
        return {**document, "value": [] if empty else document["value"], "nextLink": here}
    return document


Points = list[dict[str, Any]]


def _nulls(points: Points) -> Points:
    return [{name: value if name == "timeStamp" else None for name, value in one.items()}
            for one in points]  # fmt: skip


def _nans(points: Points) -> Points:
    return [{name: math.nan if isinstance(value, float) else value for name, value in one.items()}
            for one in points[:1]] + points[1:]  # fmt: skip


_POINTS: Mapping[FaultKind | None, Callable[[Points], Points]] = {
    FaultKind.NULL_POINTS: _nulls,
    FaultKind.NAN_POINTS: _nans,
    FaultKind.DUPLICATE_POINTS: lambda points: points[:1] + points,
}


def _with_points(document: Any, change: Callable[[Points], Points]) -> Any:
    """The document with every list of points changed, wherever it is."""
    if isinstance(document, dict):
        return {
            name: change(value) if name == "data" else _with_points(value, change)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [_with_points(one, change) for one in document]
    return document
