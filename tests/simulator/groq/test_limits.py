"""Rate limits: a bucket a minute for requests and tokens, told in headers as Groq tells them.

https://console.groq.com/docs/rate-limits; durations as in openllmetry's recorded responses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import groq
import pytest
from groq import Groq

from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.groq.durations import go
from optiinfra_simulator.groq.limits import Limits, Plan
from optiinfra_simulator.groq.refusals import Refusal
from tests.simulator.groq.conftest import CARDS, RIGHT, asked


@dataclass
class Tick:
    """A clock of seconds that stands."""

    now: float = 1_000.0

    def __call__(self) -> float:
        """The present second."""
        return self.now


@pytest.fixture
def tick() -> Tick:
    """The clock of the limits."""
    return Tick()


@pytest.fixture
def double(tick: Tick) -> Iterator[GroqDouble]:
    """A plan of 30 requests and 20,000 tokens a minute."""
    plan = Plan(requests_per_minute=30, requests_per_day=14_400, tokens_per_minute=20_000)
    with GroqDouble(Setup(cards=CARDS, plan=plan, tick=tick)) as served:
        yield served


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0s"), (0.026, "26ms"), (0.0001728, "172.8µs"), (10.332999999, "10.332999999s"),
        (179.56, "2m59.56s"), (3600, "1h0m0s"), (7.66, "7.66s"), (86_400, "24h0m0s"), (60, "1m0s"),
    ],
)  # fmt: skip
def test_durations_are_gos(seconds: float, told: str) -> None:
    """As time.Duration prints them."""
    assert go(seconds) == told


def test_headers_tell_the_days_requests_and_the_minutes_tokens(client: Groq) -> None:
    """Limits, what remains and when it is whole again, on every answer."""
    raw = client.chat.completions.with_raw_response.create(**asked("quality", RIGHT))
    usage = raw.parse().usage
    assert usage is not None
    headers = raw.headers
    assert headers["x-ratelimit-limit-requests"] == "14400"
    assert headers["x-ratelimit-remaining-requests"] == "14399"
    assert headers["x-ratelimit-reset-requests"] == "6s"
    assert headers["x-ratelimit-limit-tokens"] == "20000"
    left = 20_000 - usage.total_tokens
    assert headers["x-ratelimit-remaining-tokens"] == str(left)
    assert headers["x-ratelimit-reset-tokens"] == go(usage.total_tokens * 60 / 20_000)


def test_requests_above_the_limit_are_refused_and_counted(
    client: Groq, double: GroqDouble, tick: Tick
) -> None:
    """After 30 in one moment the next waits two seconds, and is served then."""
    plain: dict[str, Any] = {"model": CARDS[0].id, "messages": [{"role": "user", "content": "x"}]}
    for _ in range(30):
        client.chat.completions.create(**plain)
    with pytest.raises(groq.RateLimitError) as refused:
        client.chat.completions.create(**plain)
    assert refused.value.response.headers["retry-after"] == "2"
    assert "requests per minute (RPM): Limit 30, Used 30" in refused.value.message
    assert double.violations == {"requests per minute (RPM)": 1}
    tick.now += 2
    client.chat.completions.create(**plain)
    assert double.violations == {"requests per minute (RPM)": 1}


def test_the_wait_is_the_excess_at_the_speed_of_the_bucket(tick: Tick) -> None:
    """The example of Aider-AI/aider#3265: 1,323 tokens too many at 250 a second are 5.292 s."""
    limits = Limits(Plan(tokens_per_minute=15_000), tick)
    limits.enter("m", 11_972)
    with pytest.raises(Refusal) as refused:
        limits.enter("m", 4_351)
    assert "Used 11972, Requested 4351. Please try again in 5.292s" in str(refused.value)
    assert dict(refused.value.headers)["retry-after"] == "6"
    limits.enter("other", 15_000)


def test_cached_tokens_cost_no_limit(client: Groq) -> None:
    """The second question takes less from the bucket by what was cached."""

    def remaining() -> tuple[int, int]:
        raw = client.chat.completions.with_raw_response.create(**asked("quality", RIGHT))
        usage = raw.parse().usage
        assert usage is not None
        assert usage.prompt_tokens_details is not None
        paid = usage.total_tokens - usage.prompt_tokens_details.cached_tokens
        return int(raw.headers["x-ratelimit-remaining-tokens"]), paid

    (first, _), (second, paid) = remaining(), remaining()
    assert first - second == paid


def test_a_request_above_the_whole_limit_is_too_large(client: Groq, double: GroqDouble) -> None:
    """413 with the code of a rate limit: waiting would not help."""
    with pytest.raises(groq.APIStatusError) as refused:
        client.chat.completions.create(**asked("quality", "word " * 30_000))
    assert refused.value.status_code == 413
    assert double.violations == {}


def test_a_plan_that_is_not_enforced_only_tells(tick: Tick) -> None:
    """Headers are there, refusals are not."""
    limits = Limits(Plan(requests_per_minute=1, enforced=False), tick)
    for _ in range(5):
        limits.enter("m", 300_000)
    assert limits.counted() == {}
    assert dict(limits.headers("m"))["x-ratelimit-remaining-tokens"] == "0"
