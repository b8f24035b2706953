"""The kinds of resources: what each is, without where it came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from optiinfra_simulator.world.lifetimes import Life


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """Something an account owns.

    ``id`` is the identifier an inventory shows, ``dimension`` the value under which CloudWatch
    files its measurements, ``billing_id`` the identifier that bills carry.
    """

    kind: ClassVar[str] = ""
    account: str
    region: str
    id: str
    dimension: str
    billing_id: str
    name: str
    life: Life
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(Thing):
    """A virtual machine."""

    kind: ClassVar[str] = "ec2.instance"
    type: str
    zone: str
    image: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume(Thing):
    """A disk, attached to ``instance`` or to nothing."""

    kind: ClassVar[str] = "ec2.volume"
    zone: str
    type: str
    gib: int
    instance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Thing):
    """A copy of a disk; ``stored_gib`` is what differs from the copy before it."""

    kind: ClassVar[str] = "ec2.snapshot"
    volume: str
    volume_gib: int
    stored_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Thing):
    """A public address; idle where it belongs to no instance."""

    kind: ClassVar[str] = "ec2.address"
    ip: str
    instance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Database(Thing):
    """A managed database."""

    kind: ClassVar[str] = "rds.instance"
    type: str
    zone: str
    engine: str
    version: str
    gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer(Thing):
    """An application load balancer."""

    kind: ClassVar[str] = "elbv2.loadbalancer"
    internal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Thing):
    """A function that is billed by call and by second."""

    kind: ClassVar[str] = "lambda.function"
    runtime: str
    memory_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(Thing):
    """A managed Kubernetes control plane."""

    kind: ClassVar[str] = "eks.cluster"
    version: str


KINDS: tuple[type[Thing], ...] = (
    Instance,
    Volume,
    Snapshot,
    Address,
    Database,
    Balancer,
    Function,
    Cluster,
)
