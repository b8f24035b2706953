"""What a Vultr account owns; identifiers are UUIDs, as the API's."""

from dataclasses import dataclass
from typing import ClassVar

from optiinfra_simulator.vultr.plans import DatabasePlan, MetalPlan, Plan
from optiinfra_simulator.world.things import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine(Thing):
    """A cloud instance; ``label`` may be empty or shared, ``hostname`` is its own."""

    kind: ClassVar[str] = "vultr.compute.instance"
    plan: Plan
    label: str
    hostname: str
    address: str
    internal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Metal(Thing):
    """A bare metal server."""

    kind: ClassVar[str] = "vultr.compute.bare_metal"
    plan: MetalPlan
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Block(Thing):
    """Block storage, attached to ``machine`` or to nothing."""

    kind: ClassVar[str] = "vultr.storage.block"
    gib: int
    type: str
    machine: str = ""
    machine_label: str = ""
    machine_address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(Thing):
    """A snapshot of a machine; Vultr keeps snapshots in no region."""

    kind: ClassVar[str] = "vultr.storage.snapshot"
    gib: int
    stored_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserved(Thing):
    """A reserved address, on ``machine`` or idle."""

    kind: ClassVar[str] = "vultr.network.reserved_ip"
    ip: str
    machine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge(Thing):
    """A load balancer."""

    kind: ClassVar[str] = "vultr.network.load_balancer"
    ip: str
    machines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Thing):
    """A pool of a Kubernetes cluster; its nodes are machines of the account, and billed as such."""

    kind: ClassVar[str] = "vultr.kubernetes.node_pool"
    plan: Plan
    nodes: tuple[Machine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kube(Thing):
    """A Kubernetes cluster with a highly available control plane."""

    kind: ClassVar[str] = "vultr.kubernetes.cluster"
    version: str
    pool: Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Thing):
    """A managed database."""

    kind: ClassVar[str] = "vultr.database.instance"
    plan: DatabasePlan
    engine: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(Thing):
    """An object storage subscription."""

    kind: ClassVar[str] = "vultr.storage.object"
    cluster: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference(Thing):
    """A serverless inference subscription; it has no region."""

    kind: ClassVar[str] = "vultr.inference.subscription"


KINDS: tuple[type[Thing], ...] = (
    Machine, Metal, Block, Copy, Reserved, Edge, Pool, Kube, Base, Store, Inference,
)  # fmt: skip
