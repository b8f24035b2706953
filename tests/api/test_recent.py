"""What is remembered for some seconds: one load for all who miss, and none that is too old."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest

from optiinfra_api.recent import Recent
from optiinfra_core.errors import Transient
from optiinfra_core.windows import FixedClock

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LIFE = 10


class Source:
    """Loads the number of the load; waits at a gate."""

    def __init__(self) -> None:
        self.loads = 0
        self.refuses = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> int:
        """The number of this load."""
        self.loads += 1
        number = self.loads
        await self.gate.wait()
        if self.refuses:
            raise Transient("away")
        return number


def played(scene: Callable[[FixedClock, Recent[str, int], Source], Awaitable[None]]) -> None:
    """Play a scene with a memory of its own."""

    async def whole() -> None:
        """The scene."""
        clock = FixedClock(NOW)
        await scene(clock, Recent(clock, seconds=LIFE, size=2), Source())

    asyncio.run(whole())


async def settled() -> None:
    """Let the loads that can end, end."""
    for _ in range(5):
        await asyncio.sleep(0)


def test_those_who_miss_at_once_share_one_load() -> None:
    """Also where one of them goes."""

    async def scene(_clock: FixedClock, recent: Recent[str, int], source: Source) -> None:
        """Three ask while the gate is shut; the first one leaves."""
        source.gate.clear()
        asking = [asyncio.ensure_future(recent.get("a", source.load)) for _ in range(3)]
        await settled()
        asking[0].cancel()
        source.gate.set()
        assert await asyncio.gather(*asking[1:]) == [1, 1]
        assert source.loads == 1

    played(scene)


def test_a_value_in_the_second_half_of_its_life_is_loaded_behind_the_askers_back() -> None:
    """Whoever asks meanwhile gets the value that is held; whoever asks later the new one."""

    async def scene(clock: FixedClock, recent: Recent[str, int], source: Source) -> None:
        """Half a life later, with a shut gate."""
        assert await recent.get("a", source.load) == 1
        clock.advance(timedelta(seconds=LIFE / 2))
        source.gate.clear()
        assert [await recent.get("a", source.load) for _ in range(2)] == [1, 1]
        await settled()
        source.gate.set()
        await settled()
        assert await recent.get("a", source.load) == 2
        assert source.loads == 2

    played(scene)


def test_a_load_behind_the_back_that_fails_keeps_the_value_to_its_end_and_no_longer() -> None:
    """Then the error is told to whoever asks."""

    async def scene(clock: FixedClock, recent: Recent[str, int], source: Source) -> None:
        """The source goes away after the first load."""
        await recent.get("a", source.load)
        source.refuses = True
        clock.advance(timedelta(seconds=LIFE / 2))
        assert await recent.get("a", source.load) == 1
        await settled()
        clock.advance(timedelta(seconds=LIFE / 2))
        with pytest.raises(Transient):
            await recent.get("a", source.load)

    played(scene)


def test_a_load_that_began_before_something_was_forgotten_is_not_kept() -> None:
    """It may have read what was so before: a key that is revoked since."""

    async def scene(_clock: FixedClock, recent: Recent[str, int], source: Source) -> None:
        """Forget while the gate is shut."""
        source.gate.clear()
        asking = asyncio.ensure_future(recent.get("a", source.load))
        await settled()
        recent.forget(lambda _: True)
        source.gate.set()
        assert await asking == 1
        assert await recent.get("a", source.load) == 2

    played(scene)
