"""What was worked out last is kept, since clients ask again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class Kept(Generic[K, V]):
    """The ``most`` values that were asked for last, safe to use from many threads."""

    most: int = 16
    _values: OrderedDict[K, V] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """The value of a key; ``make`` works it out where it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            if len(self._values) > self.most:
                self._values.popitem(last=False)
        return made
