"""Google Cloud for tests: REST and OAuth on one socket, Cloud Monitoring over gRPC on another."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import grpc
from google.cloud import monitoring_v3 as api
from google.rpc import status_pb2
from grpc_status import rpc_status

from optiinfra_core.testing.http_double import Fate, Incoming, Reply
from tests.providers.gcp.bigquery import BigQuery, refusal, reply

PROJECT = "acme-prod-314159"
EMPTY_SCOPE = {"warning": {"code": "NO_RESULTS_ON_PAGE", "message": "none", "data": []}}

Answering = Callable[[Incoming], Fate | Mapping[str, Any] | None]


@dataclass
class GoogleDouble:
    """Answers like an empty project, except where a test says otherwise.

    ``script`` maps the end of a path to a function of the request; what it returns is sent, a
    mapping as JSON; None falls back to the empty project.
    """

    script: dict[str, Answering] = field(default_factory=dict)
    bigquery: BigQuery | None = None
    seen: list[Incoming] = field(default_factory=list)
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, incoming: Incoming) -> Fate:
        """The fate of one request."""
        path = unquote(urlsplit(incoming.path).path)
        with self._lock:
            self.seen.append(incoming)
        for ending, scripted in self.script.items():
            if path.endswith(ending):
                fate = scripted(incoming)
                if fate is not None:
                    return reply(fate) if isinstance(fate, Mapping) else fate
        return self._empty(path, incoming)

    def _empty(self, path: str, incoming: Incoming) -> Reply:
        if path == "/token":
            return self.token()
        if path.startswith("/bigquery/") and self.bigquery:
            return self.bigquery(incoming)
        told = _nothing(path, incoming)
        return refusal(404, "notFound", path) if told is None else reply(told)

    def token(self) -> Reply:
        """A fresh access token."""
        with self._lock:
            self.tokens += 1
            number = self.tokens
        return reply(
            {"access_token": f"token-{number}-of-the-test", "expires_in": 3599, "token_type": "x"}
        )

    def on(self, ending: str, *fates: Fate | Mapping[str, Any]) -> None:
        """Answer requests whose path ends so with ``fates`` in order, the last one for ever."""
        queue = iter(fates)
        last: list[Fate | Mapping[str, Any]] = []

        def following(_incoming: Incoming) -> Fate | Mapping[str, Any]:
            fate = next(queue, None)
            if fate is not None:
                last[:] = [fate]
            return last[0]

        self.script[ending] = following

    def count(self, ending: str) -> int:
        """How many requests to paths that end so arrived."""
        return sum(unquote(urlsplit(one.path).path).endswith(ending) for one in self.seen)


def _nothing(path: str, incoming: Incoming) -> Mapping[str, Any] | None:
    if path.endswith(":testIamPermissions"):
        return {"permissions": json.loads(incoming.body)["permissions"]}
    if "/aggregated/" in path:
        return {"items": {"zones/us-east1-b": EMPTY_SCOPE}}
    if path.startswith("/v1/billingAccounts/"):
        return {"name": path[4:], "open": True, "displayName": "Acme billing"}
    return {} if path.endswith(("/global/snapshots", "/instances", "/clusters")) else None


def parameters(incoming: Incoming) -> Mapping[str, str]:
    """The parameters of a request's query."""
    return {key: one[0] for key, one in parse_qs(urlsplit(incoming.path).query).items()}


Refuse = tuple[grpc.StatusCode, str] | status_pb2.Status
Listed = Callable[[Any], Any]


@dataclass
class MonitoringDouble:
    """Answers ListTimeSeries: the next of ``fates`` first, then ``answer``.

    A fate is a status to refuse with, None to answer. ``bearers`` are the tokens that came.
    """

    answer: Listed = lambda _request: api.ListTimeSeriesResponse()
    fates: list[Refuse | None] = field(default_factory=list)
    asked: list[Any] = field(default_factory=list)
    bearers: list[str] = field(default_factory=list)
    stalled: threading.Event | None = None

    def __call__(self, raw: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer one call."""
        request = api.ListTimeSeriesRequest.deserialize(raw)
        self.asked.append(request)
        self.bearers.append(str(dict(context.invocation_metadata()).get("authorization")))
        if self.stalled is not None:
            self.stalled.wait(30)
        refused = self.fates.pop(0) if self.fates else None
        if isinstance(refused, status_pb2.Status):
            context.abort_with_status(rpc_status.to_status(refused))
        elif refused is not None:
            context.abort(*refused)
        told: bytes = api.ListTimeSeriesResponse.serialize(self.answer(request))
        return told


@contextmanager
def monitoring_server(double: MonitoringDouble) -> Iterator[str]:
    """Serve ``double`` on a socket; yields its address as ``grpc://host:port``."""
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool)
    handler = grpc.unary_unary_rpc_method_handler(double)
    server.add_generic_rpc_handlers(
        (
            grpc.method_handlers_generic_handler(
                "google.monitoring.v3.MetricService", {"ListTimeSeries": handler}
            ),
        )
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"grpc://127.0.0.1:{port}"
    finally:
        server.stop(0).wait()
        pool.shutdown()
