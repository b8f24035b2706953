"""Everything one account owns, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Rota
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
class Slot:
    """A place that is filled again and again with new resources."""

    rigging: Rigging
    index: int
    rota: Rota
    volume: Volume | None = None
    _made: dict[int, tuple[Thing, ...]] = field(default_factory=dict)

    def things(self, span: Window) -> Iterator[Thing]:
        """The resources that fill it at some instant of ``span``."""
        for incarnation in self.rota.indexes(span):
            if incarnation not in self._made:
                self._made[incarnation] = self._make(incarnation)
            yield from self._made[incarnation]

    def _make(self, incarnation: int) -> tuple[Thing, ...]:
        life = self.rota.life(incarnation)
        if self.volume is not None:
            return (self.rigging.snapshot(self.volume, incarnation, life),)
        instance = self.rigging.instance(self.index, life, incarnation + 1)
        return instance, self.rigging.volume(instance, _DISKS[self.index % len(_DISKS)])


@dataclass(frozen=True)
class Fleet:
    """The resources of one account; ``instances`` is how many it has at most times."""

    seed: int
    account: str
    instances: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
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
    def slots(self) -> tuple[Slot, ...]:
        """What comes and goes: short-lived instances and weekly snapshots."""
        short = [
            Slot(self._rigging, index, self._rota(index))
            for index in range(self.instances)
            if index % 10 >= _CHURN
        ]
        disks = [thing for thing in self.steady if isinstance(thing, Volume)]
        return (*short, *(self._backup(disk) for disk in disks[::4]))

    def _rota(self, index: int) -> Rota:
        names = (self.seed, self.account, "rota", index)
        every = timedelta(days=dice.whole(3, 10, *names, "every"))
        pause = timedelta(minutes=dice.whole(20, 9 * 60, *names, "pause"))
        first = EPOCH + timedelta(minutes=dice.whole(0, 3 * 24 * 60, *names, "first"))
        return Rota(first, every, every - pause)

    def _backup(self, disk: Volume) -> Slot:
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

    def of(self, kind: type[K], region: str, instant: datetime) -> list[K]:
        """The resources of one kind in one region, in the order of their identifiers."""
        found = [
            thing
            for thing in self.at(instant)
            if isinstance(thing, kind) and thing.region == region
        ]
        return sorted(found, key=lambda thing: thing.id)
