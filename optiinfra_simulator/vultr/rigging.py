"""Builds one Vultr resource at a time: identifiers, sizes, labels and tags from the dice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from optiinfra_simulator.vultr.plans import DATABASES, METAL, PLANS, REGIONS
from optiinfra_simulator.vultr.things import (
    Base,
    Block,
    Copy,
    Edge,
    Inference,
    Kube,
    Machine,
    Metal,
    Pool,
    Reserved,
    Store,
)
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH, Life, OfficeHours
from optiinfra_simulator.world.rigging import ENVIRONMENTS, TEAMS

_REGION_ORDER = (0, 0, 1, 0, 2, 0, 1, 0, 2, 0)
_PLAN_ORDER = (
    "vc2-2c-4gb", "vc2-1c-2gb", "vhp-4c-8gb-amd", "vcg-a16-2c-16g-4vram", "vhf-2c-4gb",
    "voc-c-4c-8gb-75s-amd", "vc2-1c-1gb", "vc2-2c-4gb", "vcg-l40s-16c-180g-48vram", "vc2-1c-2gb",
)  # fmt: skip
_HOSTS = 250
# Every seventh machine has no label, every ninth one shares its label with another.
_UNNAMED, _SHARED = 7, 9


@dataclass(frozen=True, slots=True)
class Rigging:
    """Makes the resources of one account; ``seed`` and ``account`` name every draw."""

    seed: int
    account: str

    def _identity(self, kind: str, *names: object) -> dict[str, Any]:
        drawn = dice.hexadecimal(32, self.seed, self.account, "vultr", kind, *names)
        identifier = str(UUID(hex=drawn, version=4))
        return {
            "account": self.account,
            "id": identifier,
            "dimension": identifier,
            "billing_id": identifier,
        }

    def region(self, index: int) -> str:
        """The region in which the resource with this number lives."""
        return tuple(REGIONS)[_REGION_ORDER[index % len(_REGION_ORDER)]]

    def team(self, index: int) -> str:
        """Whose the resource with this number is."""
        return dice.choice(TEAMS, self.seed, self.account, "team", index)

    def birth(self, *names: object) -> Life:
        """A life that began in the first half year of the world and goes on."""
        minutes = dice.whole(0, 180 * 24 * 60, self.seed, self.account, "vultr-birth", *names)
        return Life(EPOCH + timedelta(minutes=minutes))

    def office_life(self, index: int) -> Life:
        """A life that goes on and runs in office hours."""
        opens = dice.whole(6, 9, self.seed, self.account, "vultr-opens", index)
        return Life(self.birth("machine", index).born, None, OfficeHours(opens, opens + 11))

    def machine(self, index: int, life: Life, incarnation: int = 0) -> Machine:
        """A cloud instance."""
        team = self.team(index)
        name = f"{team}-{index:04d}" + (f"-{incarnation}" if incarnation else "")
        label = "shared-runner" if index % _SHARED == _SHARED - 1 else name
        octets = f"{index // _HOSTS % 256}.{4 + index % _HOSTS}"
        return Machine(
            **self._identity("machine", index, incarnation),
            region=self.region(index),
            name="" if index % _UNNAMED == _UNNAMED - 1 else label,
            life=life,
            tags={"team": team, "environment": ENVIRONMENTS[1 if life.hours else 0]},
            plan=PLANS[_PLAN_ORDER[index % len(_PLAN_ORDER)]],
            label="" if index % _UNNAMED == _UNNAMED - 1 else label,
            hostname=name,
            address=f"198.{18 + incarnation % 2}.{octets}",
            internal=f"10.{dice.whole(1, 255, self.account)}.{octets}",
        )

    def metal(self, index: int) -> Metal:
        """A bare metal server."""
        return Metal(
            **self._identity("metal", index),
            region=self.region(index),
            name=f"{self.team(index)}-metal-{index:03d}",
            life=self.birth("metal", index),
            tags={"team": self.team(index)},
            plan=tuple(METAL.values())[index % len(METAL)],
            address=f"203.0.113.{10 + index % 200}",
        )

    def block(self, index: int, host: Machine | None) -> Block:
        """Block storage; without a host one that someone forgot."""
        life = Life(host.life.born, host.life.gone) if host else self.birth("block", index)
        size = dice.whole(1, 10, self.seed, self.account, "vultr-block", index) * 50
        return Block(
            **self._identity("block", index),
            region=host.region if host else self.region(index),
            name=f"data-{index:04d}",
            life=life,
            gib=size,
            type=("high_perf", "storage_opt")[index % 2],
            machine=host.id if host else "",
            machine_label=host.label if host else "",
            machine_address=host.address if host else "",
        )

    def copy(self, host: Machine, incarnation: int, life: Life) -> Copy:
        """A snapshot of a machine."""
        stored = host.plan.disk * dice.whole(10, 60, self.seed, host.id, incarnation) // 100
        return Copy(
            **self._identity("snapshot", host.id, incarnation),
            region="global",
            name=f"{host.hostname} backup {incarnation}",
            life=life,
            gib=host.plan.disk,
            stored_gib=max(1, stored),
        )

    def reserved(self, index: int, host: Machine | None) -> Reserved:
        """A reserved address."""
        return Reserved(
            **self._identity("reserved", index),
            region=host.region if host else self.region(index),
            name=f"public-{index:03d}",
            life=host.life if host else self.birth("reserved", index),
            ip=f"192.0.2.{1 + index % _HOSTS}",
            machine=host.id if host else "",
        )

    def edge(self, index: int, hosts: Sequence[Machine]) -> Edge:
        """A load balancer."""
        region = self.region(index)
        behind = [host.id for host in hosts if host.region == region]
        return Edge(
            **self._identity("edge", index),
            region=region,
            name=f"{self.team(index)}-edge-{index:03d}",
            life=self.birth("edge", index),
            ip=f"192.0.2.{1 + (100 + index) % _HOSTS}",
            machines=tuple(behind[:3]),
        )

    def cluster(self, index: int, nodes: Sequence[Machine]) -> Kube:
        """A Kubernetes cluster over machines of the account."""
        life = self.birth("cluster", index)
        name = f"{self.team(index)}-cluster-{index:02d}"
        region = nodes[0].region if nodes else self.region(index)
        pool = Pool(
            **self._identity("pool", index),
            region=region,
            name=f"{name}-pool",
            life=life,
            plan=nodes[0].plan if nodes else PLANS["vc2-2c-4gb"],
            nodes=tuple(nodes),
        )
        return Kube(
            **self._identity("cluster", index),
            region=region,
            name=name,
            life=life,
            version="v1.33.0+1",
            pool=pool,
        )

    def database(self, index: int) -> Base:
        """A managed database."""
        engine, version = (("pg", "16"), ("mysql", "8"))[index % 2]
        return Base(
            **self._identity("database", index),
            region=self.region(index),
            name=f"{self.team(index)}-{engine}-{index:03d}",
            life=self.birth("database", index),
            tags={self.team(index): ""},
            plan=tuple(DATABASES.values())[index % len(DATABASES)],
            engine=engine,
            version=version,
        )

    def store(self, index: int) -> Store:
        """An object storage subscription."""
        return Store(
            **self._identity("store", index),
            region=self.region(index),
            name=f"archive-{index:02d}",
            life=self.birth("store", index),
            cluster=2,
        )

    def inference(self, index: int) -> Inference:
        """A serverless inference subscription."""
        return Inference(
            **self._identity("inference", index),
            region="global",
            name=f"{self.team(index)}-inference",
            life=self.birth("inference", index),
        )
