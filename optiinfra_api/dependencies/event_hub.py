"""Events for everybody who follows: one task of each process reads them, whoever wrote them."""

import asyncio
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress

import structlog
from starlette.concurrency import run_in_threadpool

from optiinfra_core.database.events import CHANNEL, Event, EventLog
from optiinfra_core.database.listening import rings
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import OptiInfraError, Throttled

log = structlog.get_logger(__name__)

RECENT = 1000
PAGE = 500
# Where no notification comes through (a pooler, a server that is away) it looks this often.
LOOK_SECONDS = 5.0
MOST_OF_A_KEY = 8
MOST = 1000


class EventHub:
    """What was told lately, and a bell for those who wait for more.

    A follower keeps its own position. What is older than the hub remembers it reads from the log,
    so that a slow follower costs no memory and misses nothing.
    """

    def __init__(self, events: EventLog, endpoint: PostgresEndpoint) -> None:
        self.log = events
        self.closing = False
        self._endpoint = endpoint
        self._recent: deque[Event] = deque()
        self._floor = 0
        self._position: int | None = None
        self._bell = asyncio.Condition()
        self._reading: asyncio.Task[None] | None = None
        self._places: Counter[str] = Counter()

    @contextmanager
    def place(self, key_id: str) -> Iterator[None]:
        """One of the places of a key, for the length of the block.

        Raises:
            Throttled: all are taken, those of the key or those of this process.
        """
        if self._places[key_id] >= MOST_OF_A_KEY or self._places.total() >= MOST:
            raise Throttled(
                f"this key follows events {self._places[key_id]} times already",
                retry_after=30,
                remedy=f"Close some: {MOST_OF_A_KEY} for each key are allowed, {MOST} in all.",
            )
        self._places[key_id] += 1
        try:
            yield
        finally:
            self._places[key_id] -= 1
            self._places += Counter()  # forgets the keys that have none left

    def start(self) -> None:
        """Read what is told from now on; a process that nobody ever followed does not."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read())

    async def news(self, position: int, seconds: float) -> tuple[tuple[Event, ...], int]:
        """What was told after ``position``, and the position after it.

        Waits for something, at most ``seconds``; nothing comes with the same position.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._bell:
                await self._bell.wait_for(lambda: self.closing or self._is_after(position))
        if self._reading is not None and self._reading.done():
            self._reading.result()  # raises: who waits for a reader that died waits in vain
        if self._position is None or self._position <= position:
            return (), position
        if position < self._floor:
            return await self.page(position)
        return tuple(event for event in self._recent if event.id > position), self._position

    async def page(self, position: int) -> tuple[tuple[Event, ...], int]:
        """The first events after ``position`` from the log, and the position after them."""
        found = await run_in_threadpool(lambda: self.log.after(position, limit=PAGE))
        return found, found[-1].id if found else position

    async def ring(self) -> None:
        """Wake all who wait, so that each looks again whether it may go on."""
        async with self._bell:
            self._bell.notify_all()

    async def close(self) -> None:
        """End what is followed."""
        self.closing = True
        await self.ring()
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    def _is_after(self, position: int) -> bool:
        return self._position is not None and self._position > position

    async def _read(self) -> None:
        async with aclosing(rings(self._endpoint, CHANNEL, LOOK_SECONDS)) as heard:
            async for _ in heard:
                try:
                    await self._look()
                except OptiInfraError as error:
                    log.warning("events.unread", code=error.code, detail=error.detail)

    async def _look(self) -> None:
        """Read what is new; the first look only finds out where now is."""
        if self._position is None:
            self._floor = self._position = await run_in_threadpool(self.log.newest)
            await self.ring()
            return
        while (found := await self.page(self._position))[0]:
            self._remember(found[0])
            await self.ring()

    def _remember(self, events: tuple[Event, ...]) -> None:
        self._recent.extend(events)
        while len(self._recent) > RECENT:
            self._floor = self._recent.popleft().id
        self._position = events[-1].id
