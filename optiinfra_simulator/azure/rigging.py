"""Builds one resource of a subscription at a time: names, sizes and tags from the dice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from optiinfra_simulator.azure.prices import LOCATIONS
from optiinfra_simulator.azure.things import (
    Cluster,
    Database,
    Disk,
    LoadBalancer,
    PublicAddress,
    Resource,
    Snapshot,
    VirtualMachine,
    arm_id,
)
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Life, OfficeHours

R = TypeVar("R", bound=Resource)

TEAMS = ("platform", "search", "payments", "research")
_ENVIRONMENTS = ("production", "staging", "development")
# Ten machines show every location, both sizes with GPUs and three sizes of disk.
_LOCATION_ORDER = (0, 1, 0, 2, 0, 0, 1, 0, 2, 0)
_SIZE_ORDER = (
    "Standard_D2s_v5", "Standard_B2s", "Standard_F4s_v2", "Standard_NC4as_T4_v3",
    "Standard_D4s_v5", "Standard_E2s_v5", "Standard_D2s_v5", "Standard_B1s",
    "Standard_NV36ads_A10_v5", "Standard_E4s_v5",
)  # fmt: skip
_DISKS = (("Premium_LRS", 30), ("Standard_LRS", 127), ("Premium_LRS", 512))
_DATABASES = ("GP_Gen5_2", "GP_Gen5_4", "BC_Gen5_2")
_HOSTS = 250


@dataclass(frozen=True, slots=True)
class _Plan:
    """What every resource has."""

    name: str
    group: str
    location: str
    life: Life
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rigging:
    """Makes the resources of one subscription; ``seed`` and ``account`` name every draw."""

    seed: int
    account: str

    def location(self, index: int) -> str:
        """The location of the resource with this number."""
        return LOCATIONS[_LOCATION_ORDER[index % len(_LOCATION_ORDER)]]

    def birth(self, *names: object) -> Life:
        """A life that began in the first half year of the world and goes on."""
        minutes = dice.whole(0, 180 * 24 * 60, self.seed, self.account, "birth", *names)
        return Life(EPOCH + timedelta(minutes=minutes))

    def office_life(self, index: int) -> Life:
        """A life that goes on and runs in office hours."""
        opens = dice.whole(6, 9, self.seed, self.account, "opens", index)
        return Life(self.birth("machine", index).born, None, OfficeHours(opens, opens + 11))

    def machine(self, index: int, life: Life, incarnation: int = 0) -> VirtualMachine:
        """A virtual machine."""
        names = (self.seed, self.account, "machine", index, incarnation)
        team = dice.choice(TEAMS, self.seed, self.account, "team", index)
        name = f"vm-{team}-{index:04d}" + (f"-{incarnation}" if incarnation else "")
        environment = _ENVIRONMENTS[1 + index % 2 if life.hours else 0]
        tags = {"team": team, "environment": environment}
        return self._made(
            VirtualMachine,
            _Plan(name, f"rg-{team}", self.location(index), life, tags),
            size=_SIZE_ORDER[index % len(_SIZE_ORDER)],
            zone=str(dice.whole(1, 3, *names, "zone")),
            address=f"10.{dice.whole(0, 255, *names)}.{index // _HOSTS % 256}.{4 + index % _HOSTS}",
            serial=guid(*names),
        )

    def disk(self, machine: VirtualMachine, index: int) -> Disk:
        """The disk from which a machine boots; it lives as long as the machine."""
        sku, gib = _DISKS[index % len(_DISKS)]
        life = Life(machine.life.born, machine.life.gone)
        tags = {"team": machine.tags["team"]}
        return self._made(
            Disk,
            _Plan(machine.disk, machine.group, machine.region, life, tags),
            sku=sku,
            gib=gib,
            zone=machine.zone,
            machine=machine,
        )

    def spare_disk(self, index: int) -> Disk:
        """A disk that someone forgot: attached to nothing."""
        gib = dice.whole(1, 10, self.seed, self.account, "spare-size", index) * 100
        name = f"disk-restore-{index:03d}"
        location = self.location(index * 3 + 3)
        plan = _Plan(name, "rg-platform", location, self.birth("spare", index))
        return self._made(Disk, plan, sku="Standard_LRS", gib=gib, zone="1")

    def snapshot(self, disk: Disk, incarnation: int, life: Life) -> Snapshot:
        """A copy of a disk."""
        share = dice.whole(2, 20, self.seed, disk.id, "snapshot", incarnation)
        name = f"snap-{disk.name}-{incarnation:04d}"
        plan = _Plan(name, disk.group, disk.region, life, dict(disk.tags))
        return self._made(Snapshot, plan, disk=disk, stored_gib=max(1, disk.gib * share // 100))

    def address(self, index: int, machine: VirtualMachine | None) -> PublicAddress:
        """A public address, on a machine or idle."""
        plan = _Plan(
            f"pip-{index:03d}",
            machine.group if machine else "rg-platform",
            machine.region if machine else self.location(index),
            machine.life if machine else self.birth("address", index),
        )
        ip = f"203.0.{113 + index // _HOSTS}.{1 + index % _HOSTS}"
        return self._made(PublicAddress, plan, ip=ip, machine=machine)

    def database(self, index: int) -> Database:
        """An SQL database on a server of its own."""
        team = TEAMS[index % len(TEAMS)]
        plan = _Plan(
            f"db-{team}-{index:03d}",
            f"rg-{team}",
            self.location(index),
            self.birth("database", index),
            {"team": team, "environment": "production"},
        )
        return self._made(
            Database,
            plan,
            sku=_DATABASES[index % len(_DATABASES)],
            gib=dice.whole(1, 8, self.seed, self.account, "database", index) * 32,
            server=f"sql-{team}-{self.account[-2:]}-{index:03d}",
        )

    def cluster(self, index: int) -> Cluster:
        """A Kubernetes cluster."""
        return self._made(Cluster, self._shared("aks", index), version="1.33.4", nodes=3)

    def balancer(self, index: int) -> LoadBalancer:
        """A load balancer."""
        return self._made(LoadBalancer, self._shared("lb", index), rules=2 + index % 3)

    def _shared(self, prefix: str, index: int) -> _Plan:
        team = TEAMS[index % len(TEAMS)]
        life = self.birth(prefix, index)
        name = f"{prefix}-{team}-{index:03d}"
        return _Plan(name, f"rg-{team}", self.location(index), life, {"team": team})

    def _made(self, kind: type[R], plan: _Plan, **more: Any) -> R:
        names = (more["server"], plan.name) if "server" in more else (plan.name,)
        identifier = arm_id(self.account, plan.group, kind.arm_type, *names).lower()
        return kind(
            account=self.account,
            region=plan.location,
            id=identifier,
            dimension=identifier,
            billing_id=identifier,
            name=plan.name,
            life=plan.life,
            tags=plan.tags,
            group=plan.group,
            **more,
        )


def guid(*names: object) -> str:
    """A GUID that depends on its names alone."""
    digits = dice.hexadecimal(32, *names)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
