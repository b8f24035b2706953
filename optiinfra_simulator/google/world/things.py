"""The kinds of things in a project: what each is, without where it came from.

``id`` is the number (or name) the API gives it, ``billing_id`` the full resource name that bills
and OptiInfra carry, ``dimension`` what Cloud Monitoring files its measurements under.
"""

from dataclasses import dataclass
from typing import ClassVar

from optiinfra_simulator.world.things import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Thing):
    """A virtual machine; ``committed`` ones are covered by a commitment."""

    kind: ClassVar[str] = "gcp.compute.instance"
    type: str
    zone: str
    address: str
    gpu: str = ""
    public: str = ""
    committed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk(Thing):
    """A persistent disk, used by ``machine`` or by nothing."""

    kind: ClassVar[str] = "gcp.compute.disk"
    zone: str
    type: str
    gib: int
    machine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Thing):
    """A copy of a disk; ``stored_gib`` is what differs from the copy before it."""

    kind: ClassVar[str] = "gcp.compute.snapshot"
    disk: str
    disk_id: str
    zone: str
    disk_gib: int
    stored_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Thing):
    """A reserved public address; idle where no machine uses it. Region ``global`` exists too."""

    kind: ClassVar[str] = "gcp.compute.address"
    ip: str
    machine: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database(Thing):
    """A Cloud SQL instance."""

    kind: ClassVar[str] = "gcp.sql.instance"
    tier: str
    zone: str
    version: str
    gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(Thing):
    """A GKE control plane; zonal where ``zone`` is set."""

    kind: ClassVar[str] = "gcp.container.cluster"
    zone: str
    version: str
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Thing):
    """A forwarding rule: the front of a load balancer."""

    kind: ClassVar[str] = "gcp.compute.forwarding_rule"
    ip: str
    internal: bool


KINDS: tuple[type[Thing], ...] = (Machine, Disk, Snapshot, Address, Database, Cluster, Rule)
