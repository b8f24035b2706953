"""Each HTTP request to AWS in the ledger, with its time and price, from the SDK's own events."""

import threading
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_pipelines.providers.aws.client import actions
from optiinfra_pipelines.providers.aws.client.refusals import THROTTLED, TOO_MANY


class Torn(Exception):
    """An answer shorter than it promised to be."""


class Meter:
    """Writes each HTTP request (each page, each retry) to the ledger, from botocore's events."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._local = threading.local()

    def attach(self, client: Any, service: str, region: str) -> None:
        """Listen to what ``client`` sends and receives."""
        events = client.meta.events
        events.register("before-parameter-build", partial(self._prepared, service))
        events.register("before-send", partial(self._sent, service, region))
        events.register("response-received", self._received)
        events.register("before-parse", self._answered)

    def abandoned(self, why: str) -> int:
        """Record a request of this thread whose answer could not be used; returns its status."""
        status = int(getattr(self._local, "status", 0))
        if getattr(self._local, "open", None) is not None:
            self._record(status=status, throttled=status == TOO_MANY, error=why)
        return status

    def _prepared(self, service: str, *, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        billed = actions.BILLED_BY.get(actions.called(service, model.name), "")
        self._local.units = len(params.get(billed, ())) if billed else 1

    def _sent(self, service: str, region: str, *, event_name: str, **_: Any) -> None:
        operation = event_name.rpartition(".")[2]
        self._local.status = 0
        self._local.open = (actions.called(service, operation), region, time.monotonic())

    def _answered(self, *, response_dict: Any, operation_model: Any, **_: Any) -> None:
        self._local.status = int(response_dict["status_code"])
        promised, body = response_dict["headers"].get("content-length", ""), response_dict["body"]
        if not isinstance(body, bytes) or operation_model.http.get("method") == "HEAD":
            return  # a stream, which the SDK checks itself, or an answer without a body
        if promised.isdecimal() and int(promised) > len(body):
            raise Torn

    def _received(
        self, *, response_dict: Any, parsed_response: Any, exception: Any, **_: Any
    ) -> None:
        if getattr(self._local, "open", None) is None:
            return  # refused before anything was sent
        status = int(response_dict["status_code"]) if response_dict else 0
        code = str((parsed_response or {}).get("Error", {}).get("Code", ""))
        self._record(
            status=status,
            throttled=code in THROTTLED or status == TOO_MANY,
            error=code or (type(exception).__name__ if exception else ""),
        )

    def _record(self, *, status: int, throttled: bool, error: str) -> None:
        name, region, started = self._local.open
        self._local.open = None
        units = getattr(self._local, "units", 1)
        answered = 0 < status < 300  # noqa: PLR2004 - AWS does not bill what it refuses
        self._gate.ledger.record(
            Call(
                at=self._gate.clock.now(),
                operation=name,
                region=region,
                units=units,
                usd=actions.price(name, units if answered else 0),
                milliseconds=round((time.monotonic() - started) * 1000),
                status=status,
                throttled=throttled,
                error=error,
            )
        )
