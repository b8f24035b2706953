"""What was read a moment ago: a bounded memory that forgets after some seconds."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from optiinfra_core.windows import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, at most ``size`` of them, none older than ``seconds``.

    Those who miss at the same time share one load. A value that is asked for in the second half of
    its life is loaded again behind the asker's back: with sixteen callers, whoever came when a
    second was over waited for sixteen times the same question.
    """

    def __init__(self, clock: Clock, *, seconds: float, size: int) -> None:
        self._clock = clock
        self._life = timedelta(seconds=seconds)
        self._size = size
        self._held: OrderedDict[K, tuple[datetime, V]] = OrderedDict()
        self._loading: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The value held for ``key``, or what ``load`` answers; its errors are not remembered."""
        now = self._clock.now()
        held = self._held.get(key)
        # A clock that was set back must not keep a value alive: hence the lower bound.
        if held is not None and held[0] <= now < held[0] + self._life:
            if now >= held[0] + self._life / 2:
                self._begun(key, load)
            return held[1]
        return await asyncio.shield(self._begun(key, load))

    def forget(self, belongs: Callable[[V], bool]) -> None:
        """Drop the values that ``belongs`` picks, and whatever is being loaded: it may be older."""
        self._loading.clear()
        for key in [key for key, (_, value) in self._held.items() if belongs(value)]:
            del self._held[key]

    def _begun(self, key: K, load: Callable[[], Awaitable[V]]) -> "asyncio.Task[V]":
        if key not in self._loading:
            began = self._clock.now()
            task = asyncio.ensure_future(awaited(load))
            self._loading[key] = task
            task.add_done_callback(lambda done: self._ended(key, began, done))
        return self._loading[key]

    def _ended(self, key: K, began: datetime, task: "asyncio.Task[V]") -> None:
        # Told to those who wait; what was loaded behind somebody's back is loaded again when asked.
        failed = task.cancelled() or task.exception() is not None
        if self._loading.get(key) is not task:
            return  # forgotten meanwhile
        del self._loading[key]
        if failed:
            return
        self._held[key] = (began, task.result())
        self._held.move_to_end(key)
        while len(self._held) > self._size:
            self._held.popitem(last=False)


async def awaited(load: Callable[[], Awaitable[V]]) -> V:
    """What ``load`` answers."""
    return await load()
