"""Everything one subscription owns, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.azure.rigging import Rigging
from optiinfra_simulator.azure.things import Disk, Resource, VirtualMachine
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Rota

# Out of ten machines six stay, two keep office hours (and are deallocated outside them) and two
# come and go.
_OFFICE = 6
_CHURN = 8


@dataclass(frozen=True)
class Slot:
    """A place that is filled again and again: with a machine and its disk, or with a snapshot."""

    rigging: Rigging
    index: int
    rota: Rota
    disk: Disk | None = None
    _made: dict[int, tuple[Resource, ...]] = field(default_factory=dict)

    def things(self, span: Window) -> Iterator[Resource]:
        """The resources that fill it at some instant of ``span``."""
        for incarnation in self.rota.indexes(span):
            if incarnation not in self._made:
                self._made[incarnation] = self._make(incarnation)
            yield from self._made[incarnation]

    def _make(self, incarnation: int) -> tuple[Resource, ...]:
        life = self.rota.life(incarnation)
        if self.disk is not None:
            return (self.rigging.snapshot(self.disk, incarnation, life),)
        machine = self.rigging.machine(self.index, life, incarnation + 1)
        return machine, self.rigging.disk(machine, self.index)


@dataclass(frozen=True)
class Fleet:
    """The resources of one subscription; ``machines`` is how many it has at most times."""

    seed: int
    account: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
    def steady(self) -> tuple[Resource, ...]:
        """What stays once it is there."""
        if self.machines == 0:
            return ()
        rig = self._rigging
        machines = list(self._steady_machines())
        count = self.machines
        public = [rig.address(index, machines[index]) for index in range(max(1, count // 10))]
        idle = [rig.address(len(public) + index, None) for index in range(max(1, count // 50))]
        return (
            *machines,
            *(rig.disk(machine, index) for index, machine in enumerate(machines)),
            *(rig.spare_disk(index) for index in range(max(1, count // 20))),
            *public,
            *idle,
            *(rig.database(index) for index in range(max(2, count // 10))),
            *(rig.cluster(index) for index in range(max(1, count // 200))),
            *(rig.balancer(index) for index in range(max(1, count // 20))),
        )

    def _steady_machines(self) -> Iterator[VirtualMachine]:
        rig = self._rigging
        for index in range(self.machines):
            if index % 10 < _OFFICE:
                yield rig.machine(index, rig.birth("machine", index))
            elif index % 10 < _CHURN:
                yield rig.machine(index, rig.office_life(index))

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
        names = (self.seed, self.account, "rota", index)
        every = timedelta(days=dice.whole(3, 10, *names, "every"))
        pause = timedelta(minutes=dice.whole(20, 9 * 60, *names, "pause"))
        first = EPOCH + timedelta(minutes=dice.whole(0, 3 * 24 * 60, *names, "first"))
        return Rota(first, every, every - pause)

    def _backup(self, disk: Disk) -> Slot:
        minutes = dice.whole(0, 7 * 24 * 60, self.seed, disk.id, "backup")
        rota = Rota(disk.life.born + timedelta(minutes=minutes), 7 * DAY, 28 * DAY)
        return Slot(self._rigging, 0, rota, disk)

    def things(self, span: Window) -> Iterator[Resource]:
        """Everything that exists at some instant of ``span``."""
        for thing in self.steady:
            if thing.life.overlaps(span.start, span.end):
                yield thing
        for slot in self.slots:
            yield from slot.things(span)

    def at(self, instant: datetime) -> Iterator[Resource]:
        """Everything that exists at an instant, running or not."""
        return self.things(Window(instant, instant + timedelta(microseconds=1)))
