"""The one gate of a credential's calls: concurrency, deadline, and a ledger of every call."""

import random
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from optiinfra_core.windows import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request that went to a provider (each page and each retry is its own)."""

    at: datetime
    operation: str
    region: str
    units: int
    usd: Decimal
    milliseconds: int
    status: int
    throttled: bool
    error: str = ""


class Ledger(Protocol):
    """Where calls are written down."""

    def record(self, call: Call) -> None:
        """Remember ``call``; never fails the call itself."""
        ...


@dataclass(slots=True)
class CallLog:
    """A ledger in memory: a run hands it to the warehouse when it ends, however it ends."""

    calls: list[Call] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, call: Call) -> None:
        """Remember ``call``; threads may call at the same time."""
        with self._lock:
            self.calls.append(call)

    @property
    def usd(self) -> Decimal:
        """Estimated dollars of all calls so far."""
        return sum((call.usd for call in tuple(self.calls)), Decimal(0))

    def drain(self) -> Iterable[Call]:
        """The calls so far; the log is empty afterwards."""
        with self._lock:
            taken, self.calls = self.calls, []
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a client needs to make calls for one credential.

    ``endpoint_allowed`` says whether the credential may name a loopback or private endpoint;
    ``concurrency`` bounds calls under way at once; ``deadline_seconds`` one call with its retries,
    which wait by ``sleep``; ``chance`` gives a number in [0, 1) that keeps retries of many callers
    apart.
    """

    ledger: Ledger
    clock: Clock
    concurrency: int = 8
    deadline_seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
    private_endpoints: bool = False
