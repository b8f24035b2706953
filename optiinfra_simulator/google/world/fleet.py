"""Everything one project holds, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from typing_extensions import override

from optiinfra_simulator.google.world.rigging import Rigging
from optiinfra_simulator.google.world.things import Disk, Machine
from optiinfra_simulator.world.holdings import Holdings, Slot, backups, short_lives
from optiinfra_simulator.world.lifetimes import Life
from optiinfra_simulator.world.things import Thing

K = TypeVar("K", bound=Thing)

# Out of ten machines seven stay, one keeps office hours and two come and go.
_OFFICE = 6
_CHURN = 7


@dataclass(frozen=True)
class Fleet(Holdings[Thing]):
    """The things of one project; ``machines`` is how many it has at most times."""

    seed: int
    project: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.project)

    @cached_property
    @override
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
    @override
    def slots(self) -> tuple[Slot[Thing], ...]:
        """What comes and goes: short-lived machines and weekly snapshots."""
        short = [
            Slot(short_lives(self.seed, self.project, "rota", index), partial(self._short, index))
            for index in range(self.machines)
            if index % 10 >= _CHURN
        ]
        disks = [thing for thing in self.steady if isinstance(thing, Disk)]
        return (
            *short,
            *(Slot(backups(self.seed, disk), partial(self._copy, disk)) for disk in disks[::4]),
        )

    def _short(self, index: int, number: int, life: Life) -> tuple[Thing, ...]:
        machine = self._rigging.machine(index, life, number + 1)
        return machine, self._rigging.disk(machine, index)

    def _copy(self, disk: Disk, number: int, life: Life) -> tuple[Thing, ...]:
        return (self._rigging.snapshot(disk, number, life),)

    def of(self, kind: type[K], instant: datetime) -> list[K]:
        """The things of one kind, in the order of their places and names."""
        found = [thing for thing in self.at(instant) if isinstance(thing, kind)]
        return sorted(found, key=lambda thing: (getattr(thing, "zone", ""), thing.name))


def machines_of(things: Iterator[Thing]) -> list[Machine]:
    """The machines among things."""
    return [thing for thing in things if isinstance(thing, Machine)]
