"""Keeps all threads of a judge within its plan, and quiet when the server asks for it."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from optiinfra_core.errors import Throttled

# Plans count by the minute. What leaves here in a minute may arrive in a little less.
SPAN_SECONDS = 61.0
# A worker sleeps through waits up to this; a longer one is for a later run.
PATIENCE_SECONDS = 30.0
# Rounding may leave a rest of a wait that no clock can show.
SHORTEST_SLEEP = 0.001


@dataclass(slots=True)
class Slot:
    """One admitted call; its tokens count for a minute from ``at``."""

    at: float
    tokens: int


@dataclass(slots=True, kw_only=True)
class Limiter:
    """At most ``requests`` calls and ``tokens`` tokens in any minute, over all threads.

    Every call of the last minute is remembered, so that no minute, however it is laid, holds
    more; a bucket that refills would let twice the plan through in its first one. ``ticks`` is a
    clock that only goes forward: setting the machine's clock changes nothing here.
    """

    requests: int
    tokens: int
    ticks: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    patience: float = PATIENCE_SECONDS
    _admitted: deque[Slot] = field(default_factory=deque)
    _blocked_until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, tokens: int) -> Slot:
        """Wait for room for a call of up to ``tokens``; one larger than the plan waits for all.

        Raises:
            Throttled: the server asked for more quiet than a worker should sleep through.
        """
        while True:
            with self._lock:
                now = self.ticks()
                quiet = self._blocked_until - now
                pause = max(quiet, self._room(now, tokens))
                if pause <= 0:
                    slot = Slot(now, tokens)
                    self._admitted.append(slot)
                    return slot
            if quiet > self.patience:
                raise Throttled(
                    f"the judge's server asks for {quiet:.0f} s of quiet", retry_after=quiet
                )
            self.sleep(max(pause, SHORTEST_SLEEP))

    def settle(self, slot: Slot, tokens: int) -> None:
        """The call took ``tokens``: what it did not need is free again."""
        with self._lock:
            slot.tokens = tokens

    def block(self, seconds: float) -> None:
        """Nobody calls for ``seconds``; a longer block that holds already stays."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, self.ticks() + seconds)

    def _room(self, now: float, tokens: int) -> float:
        """Seconds until both limits have room; 0 or less: now."""
        while self._admitted and self._admitted[0].at + SPAN_SECONDS <= now:
            self._admitted.popleft()
        count = len(self._admitted)
        used = sum(slot.tokens for slot in self._admitted)
        pause = 0.0
        for slot in self._admitted:
            if count < self.requests and used + min(tokens, self.tokens) <= self.tokens:
                break
            count -= 1
            used -= slot.tokens
            pause = slot.at + SPAN_SECONDS - now
        return pause
