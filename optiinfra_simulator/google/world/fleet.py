"""Everything one project holds, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.google.world.rigging import Rigging
from optiinfra_simulator.google.world.things import Disk, Machine
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Rota
from optiinfra_simulator.world.things import Thing

K = TypeVar("K", bound=Thing)

# Out of ten machines seven stay, one keeps office hours and two come and go.
_OFFICE = 6
_CHURN = 7


@dataclass(frozen=True)
class Slot:
    """A place that is filled again and again with new things."""

    rigging: Rigging
    index: int
    rota: Rota
    disk: Disk | None = None
    _made: dict[int, tuple[Thing, ...]] = field(default_factory=dict)

    def things(self, span: Window) -> Iterator[Thing]:
        """The things that fill it at some instant of ``span``."""
        for incarnation in self.rota.indexes(span):
            if incarnation not in self._made:
                self._made[incarnation] = self._make(incarnation)
            yield from self._made[incarnation]

    def _make(self, incarnation: int) -> tuple[Thing, ...]:
        life = self.rota.life(incarnation)
        if self.disk is not None:
            return (self.rigging.snapshot(self.disk, incarnation, life),)
        machine = self.rigging.machine(self.index, life, incarnation + 1)
        return machine, self.rigging.disk(machine, self.index)


@dataclass(frozen=True)
class Fleet:
    """The things of one project; ``machines`` is how many it has at most times."""

    seed: int
    project: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.project)

    @cached_property
    def steady(self) -> tuple[Thing, ...]:
        """What stays once it is there."""
        if self.machines == 0:
            return ()
        rig = self._rigging
        machines = [
            rig.machine(index, rig.birth("machine", index))
            if index % 10 < _OFFICE
            else rig.machine(index, rig.office_life(index))
            for index in range(self.machines)
            if index % 10 < _CHURN
        ]
        count = self.machines
        public = [machine for machine in machines if machine.public]
        used = [rig.address(index, one) for index, one in enumerate(public)]
        idle = [rig.address(len(used) + index, None) for index in range(max(1, count // 50))]
        return (
            *machines,
            *(rig.disk(machine, index) for index, machine in enumerate(machines)),
            *(rig.spare_disk(index) for index in range(max(1, count // 20))),
            *used,
            *idle,
            rig.address(len(used) + len(idle), None, everywhere=True),
            *(rig.database(index) for index in range(max(2, count // 10))),
            *(rig.rule(index) for index in range(max(1, count // 20))),
            *(rig.cluster(index) for index in range(max(2, count // 200))),
        )

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """What comes and goes: short-lived machines and weekly snapshots."""
        short = [
            Slot(self._rigging, index, self._rota(index))
            for index in range(self.machines)
            if index % 10 >= _CHURN
        ]
        disks = [thing for thing in self.steady if isinstance(thing, Disk)]
        return (*short, *(self._backup(disk) for disk in disks[::4]))

    def _rota(self, index: int) -> Rota:
        names = (self.seed, self.project, "rota", index)
        every = timedelta(days=dice.whole(3, 10, *names, "every"))
        pause = timedelta(minutes=dice.whole(20, 9 * 60, *names, "pause"))
        first = EPOCH + timedelta(minutes=dice.whole(0, 3 * 24 * 60, *names, "first"))
        return Rota(first, every, every - pause)

    def _backup(self, disk: Disk) -> Slot:
        minutes = dice.whole(0, 7 * 24 * 60, self.seed, disk.id, "backup")
        rota = Rota(disk.life.born + timedelta(minutes=minutes), 7 * DAY, 28 * DAY)
        return Slot(self._rigging, 0, rota, disk)

    def things(self, span: Window) -> Iterator[Thing]:
        """Everything that exists at some instant of ``span``."""
        for thing in self.steady:
            if thing.life.overlaps(span.start, span.end):
                yield thing
        for slot in self.slots:
            yield from slot.things(span)

    def at(self, instant: datetime) -> Iterator[Thing]:
        """Everything that exists at an instant, running or not."""
        return self.things(Window(instant, instant + timedelta(microseconds=1)))

    def of(self, kind: type[K], instant: datetime) -> list[K]:
        """The things of one kind, in the order of their places and names."""
        found = [thing for thing in self.at(instant) if isinstance(thing, kind)]
        return sorted(found, key=lambda thing: (getattr(thing, "zone", ""), thing.name))


def machines_of(things: Iterator[Thing]) -> list[Machine]:
    """The machines among things."""
    return [thing for thing in things if isinstance(thing, Machine)]
