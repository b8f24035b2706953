"""The kinds of resources in a subscription: what each is, without where it came from."""

from dataclasses import dataclass
from typing import ClassVar

from typing_extensions import override

from optiinfra_simulator.world.things import Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Thing):
    """A resource of Resource Manager; ``id`` is its ARM id in lower case, ``group`` its group."""

    arm_type: ClassVar[str] = ""
    group: str

    @property
    def arm_id(self) -> str:
        """The ARM id with the capitals that Resource Manager shows."""
        return arm_id(self.account, self.group, self.arm_type, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualMachine(Resource):
    """A virtual machine; ``disk`` names the disk from which it boots."""

    kind: ClassVar[str] = "azure.compute.virtualmachine"
    arm_type: ClassVar[str] = "Microsoft.Compute/virtualMachines"
    size: str
    zone: str
    address: str
    serial: str

    @property
    def disk(self) -> str:
        """The name of the disk from which it boots."""
        return f"{self.name}_OsDisk_1_{self.serial[:8]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk(Resource):
    """A managed disk of a ``sku``, attached to ``machine`` (an ARM id) or to nothing."""

    kind: ClassVar[str] = "azure.compute.disk"
    arm_type: ClassVar[str] = "Microsoft.Compute/disks"
    sku: str
    gib: int
    zone: str
    machine: VirtualMachine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Resource):
    """A copy of a disk; ``stored_gib`` is what differs from the copy before it."""

    kind: ClassVar[str] = "azure.compute.snapshot"
    arm_type: ClassVar[str] = "Microsoft.Compute/snapshots"
    disk: Disk
    stored_gib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicAddress(Resource):
    """A public IP address; idle where it belongs to no machine."""

    kind: ClassVar[str] = "azure.network.publicipaddress"
    arm_type: ClassVar[str] = "Microsoft.Network/publicIPAddresses"
    ip: str
    machine: VirtualMachine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Database(Resource):
    """An SQL database on ``server``; ``sku`` names its tier, generation and cores."""

    kind: ClassVar[str] = "azure.sql.database"
    arm_type: ClassVar[str] = "Microsoft.Sql/servers/databases"
    sku: str
    gib: int
    server: str

    @property
    @override
    def arm_id(self) -> str:
        """The ARM id with the capitals that Resource Manager shows."""
        return arm_id(self.account, self.group, self.arm_type, self.server, self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster(Resource):
    """An AKS cluster."""

    kind: ClassVar[str] = "azure.containerservice.managedcluster"
    arm_type: ClassVar[str] = "Microsoft.ContainerService/managedClusters"
    version: str
    nodes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer(Resource):
    """A load balancer of the Standard tier."""

    kind: ClassVar[str] = "azure.network.loadbalancer"
    arm_type: ClassVar[str] = "Microsoft.Network/loadBalancers"
    rules: int


KINDS: tuple[type[Resource], ...] = (
    VirtualMachine,
    Disk,
    Snapshot,
    PublicAddress,
    Database,
    Cluster,
    LoadBalancer,
)


def arm_id(subscription: str, group: str, arm_type: str, *names: str) -> str:
    """An ARM id: the parts of the type after its provider alternate with the names."""
    provider, *kinds = arm_type.split("/")
    tail = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/{provider}/{tail}"
