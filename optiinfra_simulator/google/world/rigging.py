"""Builds one thing of a project at a time: numbers, names, sizes and labels from the dice."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from optiinfra_simulator.google.world.places import GLOBAL, REGIONS, ZONES
from optiinfra_simulator.google.world.skus import TIERS
from optiinfra_simulator.google.world.things import (
    Address,
    Cluster,
    Database,
    Disk,
    Machine,
    Rule,
    Snapshot,
)
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Life, OfficeHours
from optiinfra_simulator.world.things import Thing

TEAMS = ("platform", "search", "payments", "research")
ENVIRONMENTS = ("production", "staging", "development")
_COMPUTE = "//compute.googleapis.com/projects"

# Ten machines show every region, every type and both ways of having a GPU.
_REGION_ORDER = (0, 0, 1, 0, 2, 0, 1, 0, 2, 0)
_TYPE_ORDER = (
    "n1-standard-4", "e2-medium", "n2-standard-4", "g2-standard-4", "e2-standard-4",
    "n2-standard-2", "n1-standard-1", "e2-standard-2", "n1-standard-4", "n1-standard-1",
)  # fmt: skip
_DISK_TYPES = ("pd-balanced", "pd-ssd", "pd-standard")
_T4 = 8
_HOSTS = 250


@dataclass(frozen=True, slots=True)
class Rigging:
    """Makes the things of one project; ``seed`` and ``project`` name every draw."""

    seed: int
    project: str

    def _number(self, *names: object) -> str:
        """A number as Compute Engine gives: up to nineteen digits."""
        return str(10**18 + dice.number(self.seed, self.project, *names) % (8 * 10**18))

    def region(self, index: int) -> str:
        """The region in which the thing with this number lives."""
        return REGIONS[_REGION_ORDER[index % len(_REGION_ORDER)]]

    def zone(self, region: str, *names: object) -> str:
        """A zone of a region."""
        return dice.choice(ZONES[region], self.seed, self.project, *names, "zone")

    def birth(self, *names: object) -> Life:
        """A life that began in the first half year of the world and goes on."""
        minutes = dice.whole(0, 180 * 24 * 60, self.seed, self.project, "birth", *names)
        return Life(EPOCH + timedelta(minutes=minutes))

    def office_life(self, index: int) -> Life:
        """A life that goes on and runs in office hours."""
        opens = dice.whole(6, 9, self.seed, self.project, "opens", index)
        return Life(self.birth("machine", index).born, None, OfficeHours(opens, opens + 11))

    def machine(self, index: int, life: Life, incarnation: int = 0) -> Machine:
        """A virtual machine."""
        names = ("machine", index, incarnation)
        region = self.region(index)
        zone = self.zone(region, *names)
        number = self._number(*names)
        type_ = _TYPE_ORDER[index % len(_TYPE_ORDER)]
        team = dice.choice(TEAMS, self.seed, self.project, "team", index)
        environment = ENVIRONMENTS[1 + index % 2 if life.hours else 0]
        gpu = {3: "nvidia-l4", _T4: "nvidia-tesla-t4"}.get(index % len(_TYPE_ORDER), "")
        return Machine(
            account=self.project,
            region=region,
            id=number,
            dimension=number,
            billing_id=f"{_COMPUTE}/{self.project}/zones/{zone}/instances/{number}",
            name=f"{team}-{index:04d}" + (f"-{incarnation}" if incarnation else ""),
            life=life,
            tags={"team": team, "environment": environment},
            type=type_,
            zone=zone,
            address=f"10.{128 + index // 62500}.{index // _HOSTS % 250}.{4 + index % _HOSTS}",
            gpu=gpu,
            public=f"34.{66 + index // 62500}.{index // _HOSTS % 250}.{1 + index % _HOSTS}"
            if index % 4 == 0
            else "",
            committed=type_.startswith("n2-"),
        )

    def disk(self, machine: Machine, index: int) -> Disk:
        """The disk from which a machine boots; it lives as long as the machine."""
        return Disk(
            **self._disk(machine.zone, "boot", machine.id),
            name=machine.name,
            life=Life(machine.life.born, machine.life.gone),
            tags=dict(machine.tags),
            type=_DISK_TYPES[index % len(_DISK_TYPES)],
            gib=(30, 100, 250)[index % 3],
            machine=machine.name,
        )

    def spare_disk(self, index: int) -> Disk:
        """A disk that someone forgot: used by nothing."""
        return Disk(
            **self._disk(self.zone(self.region(index * 3 + 2), "spare", index), "spare", index),
            name=f"restore-{index:03d}",
            life=self.birth("spare", index),
            type="pd-ssd",
            gib=dice.whole(1, 10, self.seed, self.project, "spare-size", index) * 50,
        )

    def _disk(self, zone: str, *names: object) -> dict[str, Any]:
        number = self._number("disk", *names)
        return {
            "account": self.project,
            "region": zone.rpartition("-")[0],
            "zone": zone,
            "id": number,
            "dimension": number,
            "billing_id": f"{_COMPUTE}/{self.project}/zones/{zone}/disks/{number}",
        }

    def snapshot(self, disk: Disk, incarnation: int, life: Life) -> Snapshot:
        """A copy of a disk."""
        number = self._number("snapshot", disk.id, incarnation)
        share = dice.whole(2, 20, self.seed, disk.id, "share", incarnation)
        return Snapshot(
            account=self.project,
            region=disk.region,
            id=number,
            dimension=number,
            billing_id=f"{_COMPUTE}/{self.project}/global/snapshots/{number}",
            name=f"{disk.name}-{life.born:%Y%m%d%H%M%S}",
            life=life,
            tags=dict(disk.tags),
            disk=disk.name,
            disk_id=disk.id,
            zone=disk.zone,
            disk_gib=disk.gib,
            stored_gib=max(1, disk.gib * share // 100),
        )

    def address(self, index: int, machine: Machine | None, *, everywhere: bool = False) -> Address:
        """A reserved address, of a machine or idle; ``everywhere`` makes it a global one."""
        region = machine.region if machine else self.region(index)
        number = self._number("address", index)
        scope = GLOBAL if everywhere else f"regions/{region}"
        return Address(
            account=self.project,
            region=GLOBAL if everywhere else region,
            id=number,
            dimension=number,
            billing_id=f"{_COMPUTE}/{self.project}/{scope}/addresses/{number}",
            name=f"public-{index:03d}",
            life=machine.life if machine else self.birth("address", index),
            ip=(machine.public if machine else "") or f"35.190.{index // _HOSTS}.{index % _HOSTS}",
            machine=machine.name if machine else "",
            zone=machine.zone if machine else "",
        )

    def database(self, index: int) -> Database:
        """A Cloud SQL instance."""
        region = self.region(index)
        engine, version = (("pg", "POSTGRES_16"), ("mysql", "MYSQL_8_0"))[index % 2]
        team = TEAMS[index % len(TEAMS)]
        name = f"{team}-{engine}-{index:03d}"
        return Database(
            **self._named(region, name, "cloudsql", f"instances/{name}"),
            life=self.birth("database", index),
            tags={"team": team, "environment": "production"},
            tier=tuple(TIERS)[index % len(TIERS)],
            zone=ZONES[region][index % 3],
            version=version,
            gib=dice.whole(1, 8, self.seed, self.project, "database", index) * 50,
        )

    def cluster(self, index: int) -> Cluster:
        """A GKE cluster."""
        region = self.region(index)
        zone = ZONES[region][0] if index % 2 else ""
        team = TEAMS[index % len(TEAMS)]
        name = f"{team}-cluster-{index:02d}"
        place = zone or region
        return Cluster(
            **self._named(region, name, "container", f"locations/{place}/clusters/{name}"),
            life=self.birth("cluster", index),
            tags={"team": team},
            zone=zone,
            version="1.33.4-gke.1172000",
            nodes=3,
        )

    def _named(self, region: str, name: str, service: str, path: str) -> dict[str, str]:
        """What things have whose name is their identifier."""
        full = f"//{service}.googleapis.com/projects/{self.project}/{path}"
        return {
            "account": self.project,
            "region": region,
            "id": full,
            "dimension": f"{self.project}:{name}",
            "billing_id": full,
            "name": name,
        }

    def rule(self, index: int) -> Rule:
        """A forwarding rule."""
        region = self.region(index)
        number = self._number("rule", index)
        team = TEAMS[index % len(TEAMS)]
        path = f"{self.project}/regions/{region}/forwardingRules/{number}"
        return Rule(
            account=self.project,
            region=region,
            id=number,
            dimension=number,
            billing_id=f"{_COMPUTE}/{path}",
            name=f"{team}-edge-{index:03d}",
            life=self.birth("rule", index),
            tags={"team": team},
            ip=f"35.201.{index // _HOSTS}.{1 + index % _HOSTS}",
            internal=index % 3 > 1,
        )


def parent(thing: Thing) -> str:
    """The name of the collection that holds a thing, below its project."""
    return thing.billing_id.partition(f"projects/{thing.account}/")[2].rpartition("/")[0]
