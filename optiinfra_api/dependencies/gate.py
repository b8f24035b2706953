"""How many batches are worked on at once: what is beyond waits, and beyond that is told to."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from optiinfra_core.errors import Throttled

T = TypeVar("T")

# Decoding holds the interpreter, storing waits for servers: a few threads keep both busy, and
# leave the reads their own.
AT_ONCE = 4
# Each may hold a body of 8 MiB and what it unpacks to.
MOST_WAITING = 32
RETRY_SECONDS = 1.0


class Gate:
    """Threads of its own for batches, so that reads never wait behind them."""

    def __init__(self, at_once: int = AT_ONCE, most: int = MOST_WAITING) -> None:
        self._at_once = at_once
        self._most = most
        self._inside = 0
        self._limiter: CapacityLimiter | None = None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place from before the body is read until the answer.

        Raises:
            Throttled: every place is taken.
        """
        if self._inside >= self._most:
            raise Throttled(
                f"{self._inside} batches are being stored already",
                retry_after=RETRY_SECONDS,
                remedy="Send it again after Retry-After; exporters do so by themselves.",
            )
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work`` returns, done in a thread."""
        if self._limiter is None:  # it belongs to the event loop, which runs by now
            self._limiter = CapacityLimiter(self._at_once)
        return await to_thread.run_sync(work, limiter=self._limiter)
