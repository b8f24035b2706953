"""How often a key may ask: a token bucket for each key, in this process."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from optiinfra_core.errors import Throttled
from optiinfra_core.windows import Clock

SIZE = 10_000


@dataclass(slots=True)
class Bucket:
    """What a key has left, and when that was counted."""

    tokens: float
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands: requests it may make a minute and has left, seconds until all are back."""

    limit: int
    left: int
    seconds: int


class RateLimiter:
    """Lets each key make ``per_minute`` requests at once and as many a minute.

    Exact for one process; N replicas let N times as many pass.
    """

    def __init__(self, clock: Clock, per_minute: int) -> None:
        self._clock = clock
        self._capacity = float(per_minute)
        self._per_second = per_minute / 60
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key_id: str) -> None:
        """Count one request of ``key_id``.

        Raises:
            Throttled: the bucket is empty; ``retry_after`` is when it holds a request again.
        """
        bucket = self._refilled(key_id)
        if bucket.tokens < 1:
            raise Throttled(
                f"this key has made {int(self._capacity)} requests within a minute",
                retry_after=(1 - bucket.tokens) / self._per_second,
                remedy="Wait as long as Retry-After says; ask for larger pages less often.",
            )
        bucket.tokens -= 1

    def standing(self, key_id: str) -> Standing:
        """How ``key_id`` stands now; asking costs nothing."""
        bucket = self._refilled(key_id)
        lacking = self._capacity - bucket.tokens
        return Standing(int(self._capacity), int(bucket.tokens), ceil(lacking / self._per_second))

    def _refilled(self, key_id: str) -> Bucket:
        now = self._clock.now()
        bucket = self._buckets.setdefault(key_id, Bucket(self._capacity, now))
        self._buckets.move_to_end(key_id)
        # The bucket that was quiet the longest is full again or nearly so: forgetting it is fair.
        while len(self._buckets) > SIZE:
            self._buckets.popitem(last=False)
        elapsed = max(0.0, (now - bucket.counted_at).total_seconds())
        bucket.tokens = min(self._capacity, bucket.tokens + elapsed * self._per_second)
        bucket.counted_at = now
        return bucket
