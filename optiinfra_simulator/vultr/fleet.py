"""Everything one Vultr account owns, at any time: what stays, and what comes and goes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.vultr.rigging import Rigging
from optiinfra_simulator.vultr.things import Machine
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Rota
from optiinfra_simulator.world.things import Thing

K = TypeVar("K", bound=Thing)

# Out of ten machines six stay, one keeps office hours and three come and go.
_STAY = 6
_OFFICE = 7


@dataclass(frozen=True)
class Slot:
    """A place that is filled again and again with a new machine or a new snapshot."""

    rigging: Rigging
    index: int
    rota: Rota
    source: Machine | None = None
    _made: dict[int, Thing] = field(default_factory=dict)

    def things(self, span: Window) -> Iterator[Thing]:
        """What fills it at some instant of ``span``."""
        for incarnation in self.rota.indexes(span):
            if incarnation not in self._made:
                self._made[incarnation] = self._make(incarnation)
            yield self._made[incarnation]

    def _make(self, incarnation: int) -> Thing:
        life = self.rota.life(incarnation)
        if self.source is not None:
            return self.rigging.copy(self.source, incarnation, life)
        return self.rigging.machine(self.index, life, incarnation + 1)


@dataclass(frozen=True)
class Fleet:
    """The resources of one account; ``machines`` is how many it has at most times."""

    seed: int
    account: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
    def steady(self) -> tuple[Thing, ...]:
        """What stays once it is there."""
        if self.machines == 0:
            return ()
        rig, count = self._rigging, self.machines
        hosts = self._hosts
        clusters = [
            rig.cluster(index, hosts[index * 3 : index * 3 + 3])
            for index in range(max(1, count // 200))
        ]
        return (
            *hosts,
            *(rig.metal(index) for index in range(max(1, count // 20))),
            *(rig.block(index, host) for index, host in enumerate(hosts[::2])),
            *(rig.block(len(hosts) + index, None) for index in range(max(1, count // 20))),
            *(rig.reserved(index, hosts[index]) for index in range(max(1, count // 10))),
            *(rig.reserved(count + index, None) for index in range(max(1, count // 50))),
            *(rig.edge(index, hosts) for index in range(max(1, count // 20))),
            *clusters,
            *(cluster.pool for cluster in clusters),
            *(rig.database(index) for index in range(max(2, count // 10))),
            rig.store(0),
            rig.inference(0),
        )

    @cached_property
    def _hosts(self) -> list[Machine]:
        rig = self._rigging
        steady = [rig.machine(i, rig.birth("machine", i)) for i in self._numbers(0, _STAY)]
        office = [rig.machine(i, rig.office_life(i)) for i in self._numbers(_STAY, _OFFICE)]
        return [*steady, *office]

    def _numbers(self, low: int, high: int) -> list[int]:
        return [index for index in range(self.machines) if low <= index % 10 < high]

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """What comes and goes: short-lived machines and weekly snapshots."""
        short = [Slot(self._rigging, i, self._rota(i)) for i in self._numbers(_OFFICE, 10)]
        return (*short, *(self._backup(host) for host in self._hosts[::4]))

    def _rota(self, index: int) -> Rota:
        names = (self.seed, self.account, "vultr-rota", index)
        every = timedelta(days=dice.whole(3, 10, *names, "every"))
        pause = timedelta(minutes=dice.whole(20, 9 * 60, *names, "pause"))
        first = EPOCH + timedelta(minutes=dice.whole(0, 3 * 24 * 60, *names, "first"))
        return Rota(first, every, every - pause)

    def _backup(self, host: Machine) -> Slot:
        minutes = dice.whole(0, 7 * 24 * 60, self.seed, host.id, "backup")
        rota = Rota(host.life.born + timedelta(minutes=minutes), 7 * DAY, 28 * DAY)
        return Slot(self._rigging, 0, rota, host)

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
        """The resources of one kind, in the order of their identifiers."""
        found = [thing for thing in self.at(instant) if isinstance(thing, kind)]
        return sorted(found, key=lambda thing: thing.id)
