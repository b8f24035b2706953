"""Everything one account owns, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from typing_extensions import override

from optiinfra_simulator.world.holdings import Holdings, Slot, backups, short_lives
from optiinfra_simulator.world.lifetimes import Life
from optiinfra_simulator.world.rigging import Rigging
from optiinfra_simulator.world.things import Instance, Thing, Volume

K = TypeVar("K", bound=Thing)

# Out of ten instances seven stay, one keeps office hours and two come and go.
_OFFICE = 6
_CHURN = 7
_DISKS = (30, 100, 250)
# More than fit into one answer; computing what they cost reads every sample.
_MOST_FUNCTIONS = 60


@dataclass(frozen=True)
class Fleet(Holdings[Thing]):
    """The resources of one account; ``instances`` is how many it has at most times."""

    seed: int
    account: str
    instances: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
    @override
    def steady(self) -> tuple[Thing, ...]:
        """What stays once it is there."""
        if self.instances == 0:
            return ()
        rig = self._rigging
        machines = list(self._steady_instances())
        disks = [
            rig.volume(machine, _DISKS[index % len(_DISKS)])
            for index, machine in enumerate(machines)
        ]
        count = self.instances
        spare = [rig.spare_volume(index) for index in range(max(1, count // 20))]
        public = [rig.address(index, machines[index]) for index in range(max(1, count // 10))]
        idle = [rig.address(len(public) + index, None) for index in range(max(1, count // 50))]
        return (
            *machines, *disks, *spare, *public, *idle,
            *(rig.database(index) for index in range(max(2, count // 10))),
            *(rig.balancer(index) for index in range(max(1, count // 20))),
            *(rig.function(index) for index in range(min(_MOST_FUNCTIONS, max(2, count // 5)))),
            *(rig.cluster(index) for index in range(max(1, count // 200))),
        )  # fmt: skip

    def _steady_instances(self) -> Iterator[Instance]:
        rig = self._rigging
        for index in range(self.instances):
            if index % 10 < _OFFICE:
                yield rig.instance(index, rig.birth("instance", index))
            elif index % 10 < _CHURN:
                yield rig.instance(index, rig.office_life(index))

    @cached_property
    @override
    def slots(self) -> tuple[Slot[Thing], ...]:
        """What comes and goes: short-lived instances and weekly snapshots."""
        short = [
            Slot(short_lives(self.seed, self.account, "rota", index), partial(self._short, index))
            for index in range(self.instances)
            if index % 10 >= _CHURN
        ]
        disks = [thing for thing in self.steady if isinstance(thing, Volume)]
        return (
            *short,
            *(Slot(backups(self.seed, disk), partial(self._copy, disk)) for disk in disks[::4]),
        )

    def _short(self, index: int, number: int, life: Life) -> tuple[Thing, ...]:
        machine = self._rigging.instance(index, life, number + 1)
        return machine, self._rigging.volume(machine, _DISKS[index % len(_DISKS)])

    def _copy(self, disk: Volume, number: int, life: Life) -> tuple[Thing, ...]:
        return (self._rigging.snapshot(disk, number, life),)

    def of(self, kind: type[K], region: str, instant: datetime) -> list[K]:
        """The resources of one kind in one region, in the order of their identifiers."""
        found = [
            thing
            for thing in self.at(instant)
            if isinstance(thing, kind) and thing.region == region
        ]
        return sorted(found, key=lambda thing: thing.id)
