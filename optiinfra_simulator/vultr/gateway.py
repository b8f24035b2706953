"""Every request to the simulated Vultr: who asks, what goes wrong, and the answer."""

import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qsl

from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Fault, FaultKind, FaultPlan, Route
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.striking import spoil, strike
from optiinfra_simulator.vultr.prometheus import Prometheus
from optiinfra_simulator.vultr.prometheus import Refused as BadData
from optiinfra_simulator.vultr.routes import ROUTES, Asked, Estate, Refusal, cursor, needed

JSON_HEADERS = (("Content-Type", "application/json"),)
PROMETHEUS = "/prometheus/api/v1/"


@dataclass
class RateLimit:
    """At most ``most`` requests in a second; none where it is None."""

    most: int | None = None
    clock: Callable[[], float] = time.monotonic
    _recent: deque[float] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def exceeded(self) -> bool:
        """Whether this request is one too many."""
        if self.most is None:
            return False
        with self._lock:
            now = self.clock()
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            if len(self._recent) >= self.most:
                return True
            self._recent.append(now)
            return False


@dataclass
class Gateway:
    """Answers requests over HTTP: API v2 below /v2, a Prometheus below /prometheus."""

    keys: Mapping[str, Estate]
    tokens: Mapping[str, Estate]
    prometheus: Prometheus
    faults: FaultPlan = field(default_factory=FaultPlan)
    ledger: CallLedger = field(default_factory=CallLedger)
    limit: RateLimit = field(default_factory=RateLimit)
    stopping: Event = field(default_factory=Event)

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """The answer to one request.

        Raises:
            ConnectionResetError: a fault wants the connection to break.
        """
        path = str(environ["PATH_INFO"])
        key = str(environ.get("HTTP_AUTHORIZATION", "")).removeprefix("Bearer ").strip()
        if path.startswith(PROMETHEUS):
            return self._queried(environ, path.removeprefix(PROMETHEUS), key)
        operation, named = operation_of(path)
        estate = self.keys.get(key)
        fault = strike(self, Route("vultr", operation, "global", _email(estate)))
        if estate is None:
            return spoil(fault, told(401, refusal_body(Refusal(401, "Invalid API token."))))
        try:
            body = self._answered(environ, estate, (operation, named), fault)
        except Refusal as refusal:
            return spoil(fault, told(refusal.status, refusal_body(refusal)))
        return spoil(fault, told(200, body))

    def _answered(
        self,
        environ: Mapping[str, Any],
        estate: Estate,
        route: tuple[str, str],
        fault: Fault | None,
    ) -> Mapping[str, Any]:
        operation, named = route
        refusal = refused(fault, environ)
        if refusal is not None:
            raise refusal
        if self.limit.exceeded():
            raise Refusal(429, "Rate limit exceeded.")
        handler = ROUTES.get(operation)
        if handler is None or environ["REQUEST_METHOD"] != "GET":
            raise Refusal(404, "Invalid API path.")
        if needed(operation) and not set(needed(operation)) & set(estate.account.acls):
            raise Refusal(403, "Forbidden")
        query = dict(parse_qsl(str(environ["QUERY_STRING"])))
        now = estate.world.clock.now()
        answer = handler(Asked(estate=estate, named=named, query=query, now=now))
        return twisted(fault, answer, query)

    def _queried(self, environ: Mapping[str, Any], operation: str, token: str) -> Reply:
        estate = self.tokens.get(token)
        fault = strike(self, Route("prometheus", operation, "global", _email(estate)))
        if estate is None or (fault and fault.kind in (FaultKind.DENY, FaultKind.EXPIRED)):
            return Reply(401, (("Content-Type", "text/plain"),), b"Unauthorized\n")
        if fault is not None and fault.kind in (FaultKind.THROTTLE, FaultKind.ERROR_500):
            status = 429 if fault.kind is FaultKind.THROTTLE else 500
            return Reply(status, (("Content-Type", "text/plain"),), b"busy\n")
        form = dict(parse_qsl(str(environ["QUERY_STRING"])))
        form |= dict(parse_qsl(environ["wsgi.input"].read().decode()))
        try:
            return spoil(
                fault, told(200, {"status": "success", "data": self._data(estate, operation, form)})
            )
        except BadData as refusal:
            body = {"status": "error", "errorType": "bad_data", "error": str(refusal)}
            return told(400, body)

    def _data(self, estate: Estate, operation: str, form: Mapping[str, str]) -> Any:
        if operation == "query_range":
            return self.prometheus.query_range(estate.fleet, form)
        if operation == "query":
            return self.prometheus.query(estate.fleet, form)
        if operation == "labels":
            return self.prometheus.labels(estate.fleet)
        raise BadData(f"unknown endpoint {operation}")


def _email(estate: Estate | None) -> str:
    return estate.account.email if estate else ""


def operation_of(path: str) -> tuple[str, str]:
    """The operation below /v2 that a path names, and the identifier in it."""
    parts = path.removeprefix("/v2/").strip("/").split("/")
    plain = "/".join(parts)
    if plain in ROUTES:
        return plain, ""
    for at, part in enumerate(parts):
        candidate = "/".join([*parts[:at], "{id}", *parts[at + 1 :]])
        if candidate in ROUTES:
            return candidate, part
    return plain, ""


def told(status: int, body: Mapping[str, Any]) -> Reply:
    """A JSON answer."""
    return Reply(status, JSON_HEADERS, json.dumps(body).encode())


def refusal_body(refusal: Refusal) -> Mapping[str, Any]:
    """An error as API v2 writes it."""
    return {"error": str(refusal), "status": refusal.status}


def refused(fault: Fault | None, environ: Mapping[str, Any]) -> Refusal | None:
    """The refusal that a fault calls for; denied is the account's IP access control."""
    match fault.kind if fault else None:
        case FaultKind.THROTTLE:
            return Refusal(429, "Rate limit exceeded.")
        case FaultKind.ERROR_500:
            return Refusal(500, "Internal server error.")
        case FaultKind.DENY:
            return Refusal(401, f"Unauthorized IP address: {environ['SERVER_NAME']}")
        case FaultKind.EXPIRED:
            return Refusal(401, "Invalid API token.")
    return None


def twisted(
    fault: Fault | None, answer: Mapping[str, Any], query: Mapping[str, str]
) -> Mapping[str, Any]:
    """A page as a fault makes it: empty with more to come, or followed by itself."""
    if fault is None or "meta" not in answer:
        return answer
    again = {"next": query.get("cursor") or cursor(0), "prev": ""}
    meta = {**answer["meta"], "links": again}
    if fault.kind is FaultKind.CYCLIC_TOKEN:
        return {**answer, "meta": meta}
    if fault.kind is FaultKind.EMPTY_PAGE:
        emptied: dict[str, Any] = {key: [] for key in answer if key != "meta"}
        return {**emptied, "meta": meta}
    return answer
