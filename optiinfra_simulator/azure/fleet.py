"""Everything one subscription owns, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from typing_extensions import override

from optiinfra_simulator.azure.rigging import Rigging
from optiinfra_simulator.azure.things import Disk, Resource, VirtualMachine
from optiinfra_simulator.world.holdings import Holdings, Slot, backups, short_lives
from optiinfra_simulator.world.lifetimes import Life

# Out of ten machines six stay, two keep office hours (and are deallocated outside them) and two
# come and go.
_OFFICE = 6
_CHURN = 8


@dataclass(frozen=True)
class Fleet(Holdings[Resource]):
    """The resources of one subscription; ``machines`` is how many it has at most times."""

    seed: int
    account: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
    @override
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
    @override
    def slots(self) -> tuple[Slot[Resource], ...]:
        """What comes and goes: short-lived machines and weekly snapshots."""
        short = [
            Slot(short_lives(self.seed, self.account, "rota", index), partial(self._short, index))
            for index in range(self.machines)
            if index % 10 >= _CHURN
        ]
        disks = [thing for thing in self.steady if isinstance(thing, Disk)]
        return (
            *short,
            *(Slot(backups(self.seed, disk), partial(self._copy, disk)) for disk in disks[::4]),
        )

    def _short(self, index: int, number: int, life: Life) -> tuple[Resource, ...]:
        machine = self._rigging.machine(index, life, number + 1)
        return machine, self._rigging.disk(machine, index)

    def _copy(self, disk: Disk, number: int, life: Life) -> tuple[Resource, ...]:
        return (self._rigging.snapshot(disk, number, life),)
