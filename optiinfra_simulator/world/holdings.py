"""What an account holds at any time: things that stay, and places that are filled again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Life, Rota
from optiinfra_simulator.world.things import Thing

T = TypeVar("T", bound=Thing)


@dataclass(frozen=True)
class Slot(Generic[T]):
    """A place that is filled again and again: ``make`` fills it, by its number and its life."""

    rota: Rota
    make: Callable[[int, Life], tuple[T, ...]]
    _made: dict[int, tuple[T, ...]] = field(default_factory=dict)

    def things(self, span: Window) -> Iterator[T]:
        """What fills it at some instant of ``span``."""
        for incarnation in self.rota.indexes(span):
            if incarnation not in self._made:
                self._made[incarnation] = self.make(incarnation, self.rota.life(incarnation))
            yield from self._made[incarnation]


class Holdings(ABC, Generic[T]):
    """Everything one account owns: what is steady, and what comes and goes in slots."""

    @property
    @abstractmethod
    def steady(self) -> tuple[T, ...]:
        """What stays once it is there."""

    @property
    @abstractmethod
    def slots(self) -> tuple[Slot[T], ...]:
        """What comes and goes."""

    def things(self, span: Window) -> Iterator[T]:
        """Everything that exists at some instant of ``span``."""
        for thing in self.steady:
            if thing.life.overlaps(span.start, span.end):
                yield thing
        for slot in self.slots:
            yield from slot.things(span)

    def at(self, instant: datetime) -> Iterator[T]:
        """Everything that exists at an instant, running or not."""
        return self.things(Window(instant, instant + timedelta(microseconds=1)))


def short_lives(*names: object) -> Rota:
    """Lives of some days with pauses of minutes to hours between them, drawn by ``names``."""
    every = timedelta(days=dice.whole(3, 10, *names, "every"))
    pause = timedelta(minutes=dice.whole(20, 9 * 60, *names, "pause"))
    first = EPOCH + timedelta(minutes=dice.whole(0, 3 * 24 * 60, *names, "first"))
    return Rota(first, every, every - pause)


def backups(seed: int, thing: Thing) -> Rota:
    """The copies of a thing: one a week, each kept for four."""
    minutes = dice.whole(0, 7 * 24 * 60, seed, thing.id, "backup")
    return Rota(thing.life.born + timedelta(minutes=minutes), 7 * DAY, 28 * DAY)
