"""No more requests in a second than Vultr allows one address: shared by all of a process's keys."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

# 30 requests a second and source address (docs.vultr.com, "What rate limits apply to the Vultr
# API", September 2025); some room is left for whoever else calls from here.
MOST, SECOND = 25, 1.0
# An endpoint of the customer's own (a proxy, a simulator) has limits of its own, and says so.
MOST_ELSEWHERE = 1000


@dataclass(slots=True)
class Pace:
    """At most ``most`` requests begin in any second."""

    most: int = MOST
    clock: Callable[[], float] = time.monotonic
    _begun: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self) -> float:
        """Takes the next place; the seconds until it, 0 where it is now."""
        with self._lock:
            now = self.clock()
            at = now
            if len(self._begun) >= self.most:
                at = max(now, self._begun[-self.most] + SECOND)
            self._begun.append(at)
            while len(self._begun) > self.most:
                self._begun.popleft()
            return at - now


_paces: dict[str, Pace] = {}
_making = threading.Lock()


def pace_of(endpoint: str, most: int = MOST) -> Pace:
    """The pace that everyone in this process keeps towards an endpoint."""
    with _making:
        return _paces.setdefault(endpoint, Pace(most=most))
