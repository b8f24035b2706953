"""Each request to Google in the ledger, with its time and price, whichever way it travels."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_pipelines.providers.gcp.client.operations import TOKEN, Asked
from optiinfra_pipelines.providers.gcp.client.refusals import THROTTLED, TOO_MANY, http_answer

# US dollars: cloud.google.com/stackdriver/pricing (0.50 per million time series returned, since
# 2025-10-02) and cloud.google.com/bigquery/pricing (on demand, 6.25 per TiB, US multi-region).
PER_SERIES = Decimal("0.0000005")
PER_TIB = Decimal("6.25")
TIB = 2**40


@dataclass(frozen=True, slots=True)
class Bill:
    """What one answer cost."""

    units: int = 1
    usd: Decimal = Decimal(0)


FREE = Bill()


@dataclass(frozen=True, slots=True)
class Told:
    """What one request came to; status 0 where nothing came back."""

    status: int = 0
    error: str = ""
    throttled: bool = False
    bill: Bill = FREE


Pricing = Callable[[Any], Bill]


class Meter:
    """Writes each request, each page and each retry of it, to the ledger."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._local = threading.local()

    @contextmanager
    def asking(self, asked: Asked, pricing: Pricing | None = None) -> Iterator[None]:
        """What this thread sends inside is ``asked``, each answer priced by ``pricing``."""
        before = getattr(self._local, "asked", (None, None))
        self._local.asked = (asked, pricing)
        try:
            yield
        finally:
            self._local.asked = before

    def http(self, send: Callable[[], Any], asked: Asked | None = None) -> Any:
        """The ``requests.Response`` that ``send`` brings, its body read whole."""
        current, pricing = getattr(self._local, "asked", (None, None))
        asked = asked or current or Asked(operation=TOKEN, about="the credential")
        started = time.monotonic()
        try:
            response = send()
        except OSError as failure:  # requests' errors are of this kind
            self.record(asked, started, Told(error=type(failure).__name__))
            raise
        status, error, throttled = int(response.status_code), "", False
        if status >= 400:  # noqa: PLR2004 - HTTP's refusals
            answer = http_answer(response)
            throttled = status == TOO_MANY or bool(answer.reasons & THROTTLED)
            error = next(iter(sorted(filter(None, answer.reasons))), str(status))
        bill = pricing(response) if pricing and not error else FREE
        self.record(asked, started, Told(status, error, throttled, bill))
        return response

    def record(self, asked: Asked, started: float, told: Told) -> None:
        """Write one request down; ``started`` is of the monotonic clock."""
        self._gate.ledger.record(
            Call(
                at=self._gate.clock.now(),
                operation=asked.operation.name,
                region="global",
                units=told.bill.units,
                usd=told.bill.usd,
                milliseconds=round((time.monotonic() - started) * 1000),
                status=told.status,
                throttled=told.throttled,
                error=told.error,
            )
        )
