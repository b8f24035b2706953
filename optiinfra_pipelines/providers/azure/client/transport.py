"""Each HTTP request to Azure, whichever SDK client sends it: timed and written to the ledger."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from typing_extensions import override

from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_pipelines.providers.azure.client.actions import Operation

TOO_MANY = 429  # HTTP's Too Many Requests
QUERY_UNITS = "x-ms-ratelimit-microsoft.costmanagement-qpu-consumed"

# Tokens are fetched by the SDK inside a request, so they are known by where they come from.
TOKENS = Operation(name="Microsoft.Entra/tokens:get", permission="")
_TOKEN_PATHS = ("/oauth2/", "/.well-known/", "/metadata/identity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a thread is asking for, and where; ``units`` is how many things the request names."""

    operation: Operation
    region: str = "global"
    units: int = 1

    @override
    def __str__(self) -> str:
        return f"{self.operation.name} in {self.region}"


class Meter:
    """Writes requests to the ledger under what their thread asks for."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._local = threading.local()

    @contextmanager
    def asking(self, asked: Asked) -> Iterator[None]:
        """Requests of this thread belong to ``asked`` for the length of the block."""
        self._local.asked = asked
        try:
            yield
        finally:
            self._local.asked = None

    @contextmanager
    def signing_in(self) -> Iterator[list[Any]]:
        """What this thread's requests bring for the length of the block; None for no answer."""
        answers: list[Any] = []
        self._local.answers = answers
        try:
            yield answers
        finally:
            self._local.answers = None

    def record(self, url: str, response: Any, error: str, began: float) -> None:
        """One request that was sent, and what came of it."""
        asked: Asked = getattr(self._local, "asked", None) or Asked(operation=TOKENS)
        answers = getattr(self._local, "answers", None)
        if answers is not None:
            answers.append(response)
        if any(path in url for path in _TOKEN_PATHS):
            asked = Asked(operation=TOKENS)
        status = 0 if response is None else int(response.status_code)
        answered = 0 < status < 300  # noqa: PLR2004 - what is refused is not billed
        self._gate.ledger.record(
            Call(
                at=self._gate.clock.now(),
                operation=asked.operation.name,
                region=asked.region,
                units=_units(asked, response),
                usd=asked.operation.usd if answered else Decimal(0),
                milliseconds=round((time.monotonic() - began) * 1000),
                status=status,
                throttled=status == TOO_MANY,
                error=error,
            )
        )


def _units(asked: Asked, response: Any) -> int:
    told = response.headers.get(QUERY_UNITS, "") if response is not None else ""
    return int(told) if told.isdecimal() else asked.units


def metered(meter: Meter, gate: Gate, ca_file: str | None) -> Any:
    """The one transport of a connection's clients: a pool of sockets, each request in the ledger.

    Answers are read whole inside the request, so that one which is cut short is that request's
    failure. ``ca_file`` replaces the machine's certificate authorities.
    """
    return _transport_class()(
        meter,
        connection_timeout=min(5.0, gate.deadline_seconds),
        read_timeout=min(60.0, gate.deadline_seconds),
        connection_verify=ca_file or True,
    )


@cache
def _transport_class() -> type[Any]:
    from azure.core.exceptions import AzureError  # noqa: PLC0415 - loads the SDK
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415 - loads the SDK

    class Metered(RequestsTransport):  # type: ignore[misc]
        """A transport of azure-core that several clients share."""

        def __init__(self, meter: Meter, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._meter = meter
            self.open()

        def send(self, request: Any, **kwargs: Any) -> Any:
            """Send ``request`` and read its answer."""
            began = time.monotonic()
            kwargs["stream"] = False
            try:
                response = super().send(request, **kwargs)
            except AzureError as failure:
                self._meter.record(request.url, None, type(failure).__name__, began)
                raise
            self._meter.record(request.url, response, _code(response), began)
            return response

    return Metered


def _code(response: Any) -> str:
    told = response.headers.get("x-ms-error-code") or response.headers.get("x-ms-failure-cause")
    return str(told or "") if int(response.status_code) >= 400 else ""  # noqa: PLR2004 - refusals
