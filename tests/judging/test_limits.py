"""The plan holds over every minute and every thread, whatever the machine's clock does."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from optiinfra_core.errors import Throttled
from optiinfra_pipelines.judging.limits import SPAN_SECONDS, Limiter
from tests.judging.scripted import Time


def limiter(passing: Time, requests: int = 1000, tokens: int = 250_000) -> Limiter:
    """A limiter whose waits pass at once."""
    return Limiter(requests=requests, tokens=tokens, ticks=passing.ticks, sleep=passing.sleep)


def busiest(admitted: list[tuple[float, int]]) -> tuple[int, int]:
    """The most calls and the most tokens in any 60 seconds that begin with a call."""
    admitted.sort()
    minutes = [
        [tokens for at, tokens in admitted if start <= at < start + 60] for start, _ in admitted
    ]
    return max(map(len, minutes)), max(map(sum, minutes))


def test_no_minute_holds_more_than_the_plan() -> None:
    """2,000 calls of mixed size: neither limit is passed, and the plan is used up."""
    passing, dice = Time(), random.Random(4)  # noqa: S311 - a test
    plan = limiter(passing, requests=30, tokens=8_000)
    admitted = []
    for _ in range(2_000):
        slot = plan.take(dice.randrange(50, 1_500))
        admitted.append((slot.at, slot.tokens))
        passing.seconds += dice.random()
    calls, tokens = busiest(admitted)
    assert calls <= 30
    assert tokens <= 8_000
    spent = sum(tokens for _, tokens in admitted)
    minutes = (admitted[-1][0] - admitted[0][0]) / 60
    assert spent / minutes > 0.85 * 8_000


def test_threads_share_the_plan() -> None:
    """Eight threads together get what one would."""
    passing = Time()
    plan = limiter(passing, requests=50)
    with ThreadPoolExecutor(8) as pool:
        slots = list(pool.map(lambda _: plan.take(10), range(400)))
    assert busiest([(slot.at, slot.tokens) for slot in slots])[0] <= 50


def test_tokens_that_were_not_needed_are_free_again() -> None:
    """A call takes room for the longest answer and gives back the rest."""
    passing = Time()
    plan = limiter(passing, tokens=2_000)
    slot = plan.take(1_500)
    plan.settle(slot, 400)
    plan.take(1_500)
    assert passing.slept == []
    plan.take(1_500)
    assert passing.slept == [SPAN_SECONDS]


def test_a_call_larger_than_the_plan_waits_for_an_empty_minute() -> None:
    """It is let through alone: the server has the last word on it."""
    passing = Time()
    plan = limiter(passing, tokens=2_000)
    plan.take(1)
    plan.take(9_000)
    assert passing.slept == [SPAN_SECONDS]


def test_a_block_holds_for_every_thread() -> None:
    """Those who come while it lasts wait for its end, not longer."""
    passing = Time()
    plan = limiter(passing)
    plan.block(20)
    plan.block(3)
    plan.take(1)
    assert passing.slept == [20]


def test_a_block_above_patience_is_not_slept_through() -> None:
    """The rest of it is told, so that a scheduler can come back then."""
    passing = Time()
    plan = limiter(passing)
    plan.block(900)
    passing.seconds += 100
    with pytest.raises(Throttled) as stopped:
        plan.take(1)
    assert stopped.value.retry_after == pytest.approx(800)
    assert passing.slept == []


def test_the_clock_of_the_machine_does_not_count() -> None:
    """The default clock only goes forward; time that stands still gives nothing away."""
    plan = Limiter(requests=1, tokens=10_000)
    plan.take(1)
    entered = threading.Event()

    def second() -> None:
        entered.set()
        plan.take(1)

    waiting = threading.Thread(target=second, daemon=True)
    plan.sleep = lambda _: threading.Event().wait(0.01)  # type: ignore[assignment]
    waiting.start()
    assert entered.wait(5)
    waiting.join(0.1)
    assert waiting.is_alive()
