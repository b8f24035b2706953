"""Rate limits of a plan: requests and tokens a minute, requests a day, each a bucket that fills."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from optiinfra_simulator.groq.durations import go
from optiinfra_simulator.groq.refusals import Refusal

MINUTE, DAY = 60.0, 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a plan allows; the defaults are the developer plan's for gpt-oss (reference, 2026).

    With ``enforced`` false nothing is refused and the headers still tell.
    """

    requests_per_minute: int = 1_000
    requests_per_day: int = 500_000
    tokens_per_minute: int = 250_000
    enforced: bool = True


@dataclass(slots=True)
class Bucket:
    """Holds ``capacity`` and fills within ``period`` seconds.

    Groq's own refusals add up only for such a bucket: "Limit 15000, Used 11972, Requested 4351.
    Please try again in 5.289s" (Aider-AI/aider#3265) is the excess at 250 tokens a second.
    """

    name: str
    capacity: float
    period: float
    held: float
    at: float

    def fill(self, now: float) -> None:
        """Add what came in since the last look."""
        grown = (now - self.at) * self.capacity / self.period
        self.held = min(self.capacity, self.held + grown)
        self.at = now

    def wait(self, wanted: float) -> float:
        """Seconds until it holds ``wanted``."""
        return max(0.0, wanted - self.held) * self.period / self.capacity


@dataclass
class Limits:
    """The buckets of every model, safe to use from many threads; limits are per model.

    ``violations`` counts the refused requests by the bucket that refused them.
    """

    plan: Plan = field(default_factory=Plan)
    tick: Callable[[], float] = time.monotonic
    violations: Counter[str] = field(default_factory=Counter)
    _buckets: dict[str, tuple[Bucket, Bucket, Bucket]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def enter(self, model: str, tokens: int) -> None:
        """Take one request and ``tokens`` of prompt that no cache held.

        Raises:
            Refusal: 429 with ``retry-after``; 413 where the request alone is above the limit.
        """
        with self._lock:
            minute, day, held = self._filled(model)
            if self.plan.enforced and tokens > held.capacity:
                raise _too_large(model, held, tokens)
            for bucket, wanted in ((minute, 1), (day, 1), (held, tokens)):
                if self.plan.enforced and bucket.wait(wanted) > 0:
                    self.violations[bucket.name] += 1
                    refusal = _exceeded(model, bucket, wanted)
                    refusal.headers += _told(day, held)
                    raise refusal
            minute.held -= 1
            day.held -= 1
            held.held -= tokens

    def settle(self, model: str, tokens: int) -> None:
        """Take the tokens of the answer; they are not refused, they delay the next request."""
        with self._lock:
            self._filled(model)[2].held -= tokens

    def headers(self, model: str) -> tuple[tuple[str, str], ...]:
        """The x-ratelimit headers: requests are the day's, tokens the minute's.

        https://console.groq.com/docs/rate-limits.
        """
        with self._lock:
            _, day, held = self._filled(model)
            return _told(day, held)

    def counted(self) -> Mapping[str, int]:
        """Violations by bucket."""
        with self._lock:
            return dict(self.violations)

    def _filled(self, model: str) -> tuple[Bucket, Bucket, Bucket]:
        now = self.tick()
        if model not in self._buckets:
            self._buckets[model] = (
                _bucket("requests per minute (RPM)", self.plan.requests_per_minute, MINUTE, now),
                _bucket("requests per day (RPD)", self.plan.requests_per_day, DAY, now),
                _bucket("tokens per minute (TPM)", self.plan.tokens_per_minute, MINUTE, now),
            )
        found = self._buckets[model]
        for bucket in found:
            bucket.fill(now)
        return found


def _bucket(name: str, capacity: float, period: float, now: float) -> Bucket:
    return Bucket(name, capacity, period, capacity, now)


def _told(day: Bucket, held: Bucket) -> tuple[tuple[str, str], ...]:
    return (
        ("x-ratelimit-limit-requests", str(int(day.capacity))),
        ("x-ratelimit-limit-tokens", str(int(held.capacity))),
        ("x-ratelimit-remaining-requests", str(max(0, int(day.held)))),
        ("x-ratelimit-remaining-tokens", str(max(0, int(held.held)))),
        ("x-ratelimit-reset-requests", go(day.wait(day.capacity))),
        ("x-ratelimit-reset-tokens", go(held.wait(held.capacity))),
    )


def _kind(bucket: Bucket) -> str:
    return "tokens" if bucket.name.startswith("tokens") else "requests"


def _exceeded(model: str, bucket: Bucket, wanted: float) -> Refusal:
    wait = bucket.wait(wanted)
    refusal = Refusal(
        429,
        f"Rate limit reached for model `{model}` in organization `org_simulated` service tier"
        f" `on_demand` on {bucket.name}: Limit {int(bucket.capacity)}, Used"
        f" {int(bucket.capacity - bucket.held)}, Requested {int(wanted)}. Please try again in"
        f" {go(wait)}.",
        "rate_limit_exceeded",
        kind=_kind(bucket),
    )
    # Whole seconds, rounded up: what is waited for is there then.
    refusal.headers = (("retry-after", str(int(-(-wait // 1)))),)
    return refusal


def _too_large(model: str, bucket: Bucket, tokens: int) -> Refusal:
    return Refusal(
        413,
        f"Request too large for model `{model}` in organization `org_simulated` service tier"
        f" `on_demand` on {bucket.name}: Limit {int(bucket.capacity)}, Requested {tokens}, please"
        " reduce your message size and try again.",
        "rate_limit_exceeded",
        kind="tokens",
    )
