"""What was read a moment ago: a bounded memory that forgets after some seconds."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from optiinfra_api.loads import Loads
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
        self._loads: Loads[K, V] = Loads()
        self._forgotten = 0

    async def get(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        """The value held for ``key``, or what ``load`` answers; its errors are not remembered."""
        now = self._clock.now()
        held = self._held.get(key)
        # A clock that was set back must not keep a value alive: hence the lower bound.
        if held is not None and held[0] <= now < held[0] + self._life:
            if now >= held[0] + self._life / 2:
                self._loads.begin(key, lambda: self._load(key, load))
            return held[1]
        return await self._loads.get(key, lambda: self._load(key, load))

    def forget(self, belongs: Callable[[V], bool]) -> None:
        """Drop the values that ``belongs`` picks, and whatever is being loaded: it may be older."""
        self._forgotten += 1
        self._loads.forget()
        for key in [key for key, (_, value) in self._held.items() if belongs(value)]:
            del self._held[key]

    async def _load(self, key: K, load: Callable[[], Awaitable[V]]) -> V:
        began, forgotten = self._clock.now(), self._forgotten
        value = await load()
        if forgotten == self._forgotten:
            self._held[key] = (began, value)
            self._held.move_to_end(key)
            while len(self._held) > self._size:
                self._held.popitem(last=False)
        return value
