"""What one connection asks for once, however many of its threads want it."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    held: list[Any] = field(default_factory=list)


class Memory:
    """Values by what they are about; a connection lives as long as one run."""

    def __init__(self) -> None:
        self._slots: dict[Hashable, _Slot] = {}
        self._lock = threading.Lock()

    def once(self, about: Hashable, make: Callable[[], T]) -> T:
        """What ``make`` brought the first time; where it failed, the next caller tries again."""
        with self._lock:
            slot = self._slots.setdefault(about, _Slot())
        with slot.lock:
            if not slot.held:
                slot.held.append(make())
            value: T = slot.held[0]
            return value
