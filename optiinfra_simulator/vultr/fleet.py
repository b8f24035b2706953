"""Everything one Vultr account owns, at any time: what stays, and what comes and goes."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TypeVar

from typing_extensions import override

from optiinfra_simulator.vultr.rigging import Rigging
from optiinfra_simulator.vultr.things import Machine
from optiinfra_simulator.world.holdings import Holdings, Slot, backups, short_lives
from optiinfra_simulator.world.lifetimes import Life
from optiinfra_simulator.world.things import Thing

K = TypeVar("K", bound=Thing)

# Out of ten machines six stay, one keeps office hours and three come and go.
_STAY = 6
_OFFICE = 7


@dataclass(frozen=True)
class Fleet(Holdings[Thing]):
    """The resources of one account; ``machines`` is how many it has at most times."""

    seed: int
    account: str
    machines: int

    @cached_property
    def _rigging(self) -> Rigging:
        return Rigging(self.seed, self.account)

    @cached_property
    @override
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
    @override
    def slots(self) -> tuple[Slot[Thing], ...]:
        """What comes and goes: short-lived machines and weekly snapshots."""
        short = [
            Slot(
                short_lives(self.seed, self.account, "vultr-rota", index),
                partial(self._short, index),
            )
            for index in self._numbers(_OFFICE, 10)
        ]
        return (
            *short,
            *(
                Slot(backups(self.seed, host), partial(self._copy, host))
                for host in self._hosts[::4]
            ),
        )

    def _short(self, index: int, number: int, life: Life) -> tuple[Thing, ...]:
        return (self._rigging.machine(index, life, number + 1),)

    def _copy(self, host: Machine, number: int, life: Life) -> tuple[Thing, ...]:
        return (self._rigging.copy(host, number, life),)

    def of(self, kind: type[K], instant: datetime) -> list[K]:
        """The resources of one kind, in the order of their identifiers."""
        found = [thing for thing in self.at(instant) if isinstance(thing, kind)]
        return sorted(found, key=lambda thing: thing.id)
