"""What was read a moment ago: a bounded memory that forgets after some seconds."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from optiinfra_core.windows import Clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, at most ``size`` of them, none older than ``seconds``.

    Two requests that miss at the same time both load: the loads are cheap and the answer is one.
    """

    def __init__(self, clock: Clock, *, seconds: float, size: int) -> None:
        self._clock = clock
        self._life = timedelta(seconds=seconds)
        self._size = size
        self._held: OrderedDict[K, tuple[datetime, V]] = OrderedDict()

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The value held for ``key``, or what ``load`` answers; its errors are not remembered."""
        now = self._clock.now()
        held = self._held.get(key)
        # A clock that was set back must not keep a value alive: hence the lower bound.
        if held is not None and held[0] <= now < held[0] + self._life:
            return held[1]
        value = await load()
        self._held[key] = (now, value)
        self._held.move_to_end(key)
        while len(self._held) > self._size:
            self._held.popitem(last=False)
        return value

    def forget(self, belongs: Callable[[V], bool]) -> None:
        """Drop the values that ``belongs`` picks."""
        for key in [key for key, (_, value) in self._held.items() if belongs(value)]:
            del self._held[key]
