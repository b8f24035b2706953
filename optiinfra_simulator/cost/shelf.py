"""Days of charges that were worked out before, the oldest taken away when the shelf is full."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from optiinfra_simulator.cost.lines import CostLine
from optiinfra_simulator.cost.publication import Published

# Some 35 MB of lines: a quarter of an account with ten instances, in every state of its days.
ROOM = 50_000

Day = tuple[date, Published]


@dataclass
class Shelf:
    """The charges of days as one publication knew them; threads may ask at the same time."""

    room: int = ROOM
    _days: OrderedDict[Day, tuple[CostLine, ...]] = field(default_factory=OrderedDict)
    _held: int = 0
    _lock: Lock = field(default_factory=Lock)

    def get(self, day: Day, make: Callable[[], Iterable[CostLine]]) -> tuple[CostLine, ...]:
        """The charges of ``day``, made unless they are here."""
        with self._lock:
            found = self._days.get(day)
            if found is not None:
                self._days.move_to_end(day)
                return found
        made = tuple(make())
        with self._lock:
            self._put(day, made)
        return made

    def _put(self, day: Day, made: tuple[CostLine, ...]) -> None:
        if day not in self._days:
            self._held += len(made)
        self._days[day] = made
        while self._held > self.room and len(self._days) > 1:
            _, old = self._days.popitem(last=False)
            self._held -= len(old)
