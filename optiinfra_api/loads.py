"""Loads that are under way: whoever asks for the same meanwhile waits for the one that runs."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Loads(Generic[K, V]):
    """One load for each key at a time.

    A load runs to its end when one of those who wait leaves, or where nobody waits. Its error is
    told to those who wait; where nobody does, it is not worth a warning.
    """

    def __init__(self) -> None:
        self._tasks: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K, load: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What the load of ``key`` answers: the one under way, else ``load``."""
        return await asyncio.shield(self._begun(key, load))

    def begin(self, key: K, load: Callable[[], Coroutine[Any, Any, V]]) -> None:
        """Load ``key`` for nobody yet, unless that is under way."""
        self._begun(key, load)

    def forget(self) -> None:
        """Whoever asks from now on waits for none of those that are under way."""
        self._tasks.clear()

    async def close(self) -> None:
        """End them."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, key: K, load: Callable[[], Coroutine[Any, Any, V]]) -> "asyncio.Task[V]":
        if key not in self._tasks:
            task = asyncio.create_task(load())
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        return self._tasks[key]

    def _ended(self, key: K, task: "asyncio.Task[V]") -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        _ = task.cancelled() or task.exception()
