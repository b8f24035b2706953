"""One HTTP request to Vultr or Prometheus, bounded in time and size, and in the ledger."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_core.errors import Malformed, OptiInfraError, Transient
from optiinfra_core.redaction import scrub
from optiinfra_pipelines.providers.vultr.client.refusals import TOO_MANY, Answer

if TYPE_CHECKING:
    import httpx

OK = 200
# 500 instances are 0.6 MB; whoever answers more than this is not the API.
LARGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked: ``operation`` is its name in the ledger."""

    method: str
    url: str
    operation: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    form: Mapping[str, str] | None = None
    server_name: str = ""


class Wire:
    """Sends requests over kept connections; redirects are not followed, nothing is retried."""

    def __init__(self, gate: Gate, largest: int = LARGEST_ANSWER) -> None:
        self._gate = gate
        self._largest = largest
        self._made: httpx.Client | None = None
        self._making = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        if self._made is not None:
            self._made.close()

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status.

        Raises:
            Transient: none came, or not the whole of it.
            Malformed: it is larger than any answer should be.
        """
        import httpx  # noqa: PLC0415 - loaded with the first request

        started = time.monotonic()
        try:
            answer = self._answer(request, started)
        except OptiInfraError as error:
            self._note(request, started, 0, type(error).__name__)
            raise
        except httpx.HTTPError as fault:
            self._note(request, started, 0, type(fault).__name__)
            told = scrub(str(fault))[:300]
            raise Transient(f"{request.operation}: {type(fault).__name__}: {told}") from None
        refused = "" if answer.status == OK else f"HTTP {answer.status}"
        self._note(request, started, answer.status, refused)
        return answer

    def _answer(self, request: Request, started: float) -> Answer:
        extensions: dict[str, Any] = (
            {"sni_hostname": request.server_name} if request.server_name else {}
        )
        with self._client().stream(
            request.method,
            request.url,
            params=request.params,
            data=request.form,
            headers=dict(request.headers),
            extensions=extensions,
        ) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > self._largest:
                    raise Malformed(
                        f"{request.operation}: the answer is larger than {self._largest} bytes"
                    )
                if time.monotonic() - started > self._gate.deadline_seconds:
                    raise Transient(f"{request.operation}: the answer took too long")
            return Answer(
                status=response.status_code, headers=dict(response.headers), body=bytes(body)
            )

    def _client(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - loaded with the first request

        with self._making:
            if self._made is None:
                longest = self._gate.deadline_seconds
                self._made = httpx.Client(
                    follow_redirects=False,
                    trust_env=False,
                    timeout=httpx.Timeout(min(60.0, longest), connect=min(5.0, longest)),
                    headers={"User-Agent": "optiinfra", "Accept": "application/json"},
                )
            return self._made

    def _note(self, request: Request, started: float, status: int, error: str) -> None:
        self._gate.ledger.record(
            Call(
                at=self._gate.clock.now(),
                operation=request.operation,
                region="",
                units=1,
                usd=Decimal(0),
                milliseconds=round((time.monotonic() - started) * 1000),
                status=status,
                throttled=status == TOO_MANY,
                error=error,
            )
        )
