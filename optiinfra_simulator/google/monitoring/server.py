"""Cloud Monitoring's socket: gRPC without TLS, authorised by the metadata of each call."""

from collections.abc import Callable
from concurrent import futures
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from optiinfra_simulator.calls import CallLedger
from optiinfra_simulator.faults import Fault, FaultKind, FaultPlan, Route
from optiinfra_simulator.google.monitoring import service
from optiinfra_simulator.google.monitoring.methods import Refused
from optiinfra_simulator.google.monitoring.service import Unknown
from optiinfra_simulator.google.rest.errors import GoogleError
from optiinfra_simulator.google.state import State

_SERVICE = "google.monitoring.v3.MetricService"
_WAIT = 2
# Statuses by name; THROTTLE alone says how long to wait.
_FAULTS = {
    FaultKind.THROTTLE: (
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Time series queries'",
    ),
    FaultKind.THROTTLE_BARE: ("RESOURCE_EXHAUSTED", "Quota exceeded"),
    FaultKind.THROTTLE_QUOTA: ("RESOURCE_EXHAUSTED", "Quota exceeded"),
    FaultKind.ERROR_500: ("INTERNAL", "Internal error encountered."),
    FaultKind.RESET: ("UNAVAILABLE", "Connection reset by peer"),
    FaultKind.UNREACHABLE: ("UNAVAILABLE", "The service is currently unavailable."),
    FaultKind.DENY: ("PERMISSION_DENIED", "The caller does not have permission"),
    FaultKind.EXPIRED: ("UNAUTHENTICATED", "Request had invalid authentication credentials."),
}


@dataclass
class MonitoringServer:
    """Serves one world; the socket listens from construction, answers from ``start`` on."""

    state: State
    faults: FaultPlan
    ledger: CallLedger
    port: int = 0
    stopping: Event = field(default_factory=Event)
    _server: Any = field(init=False)
    _started: bool = False

    def __post_init__(self) -> None:
        import grpc  # noqa: PLC0415 - loads with the first simulated Google Cloud
        from google.cloud.monitoring_v3.types import metric_service as types  # noqa: PLC0415

        methods = {
            "ListTimeSeries": self._method(
                ("timeSeries.list", "monitoring.timeSeries.list"),
                (types.ListTimeSeriesRequest, types.ListTimeSeriesResponse),
                self._time_series,
            ),
            "ListMetricDescriptors": self._method(
                ("metricDescriptors.list", "monitoring.metricDescriptors.list"),
                (types.ListMetricDescriptorsRequest, types.ListMetricDescriptorsResponse),
                self._descriptors,
            ),
        }
        self._server = grpc.server(
            futures.ThreadPoolExecutor(8, thread_name_prefix="monitoring"),
            options=[("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)],
        )
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(behaviour)
            for name, behaviour in methods.items()
        }
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_SERVICE, handlers),)
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")

    def start(self) -> None:
        """Answer from now on."""
        self._started = True
        self._server.start()

    def stop(self) -> None:
        """End calls that hang and give the port back."""
        self.stopping.set()
        if not self._started:
            # gRPC keeps the port of a server that never ran until the process ends.
            self.start()
        self._server.stop(grace=0).wait()

    def _time_series(self, request: Any, response: Any, fault: Fault | None) -> None:
        service.list_time_series(self.state, request, response, fault)

    def _descriptors(self, request: Any, response: Any, _: Fault | None) -> None:
        service.list_metric_descriptors(request, response)

    def _method(
        self,
        names: tuple[str, str],
        types: tuple[Any, Any],
        fill: Callable[[Any, Any, Fault | None], None],
    ) -> Callable[[bytes, Any], bytes]:
        """What answers one method, in bytes, so that faults can spoil them."""
        asked, given = (type(kind.pb(kind())) for kind in types)

        def behaviour(body: bytes, context: Any) -> bytes:
            request = asked.FromString(body)
            project = request.name.removeprefix("projects/")
            route = Route("monitoring", names[0], "global", project)
            self.ledger.record(route)
            fault = self.faults.strike(route)
            self._authorise(context, names[1], project)
            if fault is not None:
                self._refuse(fault, context)
            response = given()
            try:
                fill(request, response, fault)
            except Refused as error:
                _abort(context, "INVALID_ARGUMENT", str(error))
            except Unknown as error:
                _abort(context, "NOT_FOUND", str(error))
            return _spoilt(fault, response.SerializeToString())

        return behaviour

    def _authorise(self, context: Any, permission: str, project: str) -> None:
        metadata = dict(context.invocation_metadata())
        try:
            principal = self.state.identities.bearer(str(metadata.get("authorization", "")))
        except GoogleError as error:
            _abort(context, "UNAUTHENTICATED", error.message)
            return
        if not principal.may(permission, project):
            _abort(
                context,
                "PERMISSION_DENIED",
                f"Permission {permission} denied (or the resource may not exist).",
            )

    def _refuse(self, fault: Fault, context: Any) -> None:
        if fault.kind is FaultKind.HANG:
            self.stopping.wait(fault.seconds)
        if fault.kind is FaultKind.THROTTLE:
            context.set_trailing_metadata((("grpc-status-details-bin", _patience()),))
        if fault.kind in _FAULTS:
            _abort(context, *_FAULTS[fault.kind])


def _patience() -> bytes:
    """The details of a refusal that says how long to wait (google.rpc.RetryInfo)."""
    from google.protobuf import any_pb2, duration_pb2  # noqa: PLC0415 - as above
    from google.rpc import error_details_pb2, status_pb2  # noqa: PLC0415 - as above

    detail = any_pb2.Any()
    detail.Pack(error_details_pb2.RetryInfo(retry_delay=duration_pb2.Duration(seconds=_WAIT)))
    message = _FAULTS[FaultKind.THROTTLE][1]
    status = status_pb2.Status(code=8, message=message, details=[detail])
    return bytes(status.SerializeToString())


def _abort(context: Any, status: str, message: str) -> None:
    import grpc  # noqa: PLC0415 - as above

    context.abort(getattr(grpc.StatusCode, status), message)


def _spoilt(fault: Fault | None, body: bytes) -> bytes:
    if fault is not None and fault.kind is FaultKind.TRUNCATE:
        return body[: len(body) // 2 + 1]
    if fault is not None and fault.kind is FaultKind.GARBAGE:
        return b"\xff\xff\xff\xff"
    return body
