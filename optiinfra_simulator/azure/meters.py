"""What each kind of resource is charged for, with the names of Microsoft's price sheet."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType

from optiinfra_simulator.azure import prices
from optiinfra_simulator.azure.prices import METER_REGIONS, SIZES, local
from optiinfra_simulator.azure.rigging import guid
from optiinfra_simulator.azure.things import (
    Cluster,
    Database,
    Disk,
    LoadBalancer,
    PublicAddress,
    Resource,
    Snapshot,
    VirtualMachine,
)


class Basis(Enum):
    """What is counted: hours run, hours owned, or months owned by the hour."""

    RUN = "run"
    OWNED = "owned"
    STORED = "stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service by the names of queries (``name``, ``family``) and of FOCUS."""

    name: str
    family: str
    focus_name: str
    focus_category: str
    focus_subcategory: str


def _service(name: str, family: str, focus_name: str, focus: str) -> Service:
    category, _, subcategory = focus.partition("/")
    return Service(
        name=name,
        family=family,
        focus_name=focus_name,
        focus_category=category,
        focus_subcategory=subcategory,
    )


MACHINES = _service("Virtual Machines", "Compute", "Virtual Machines", "Compute/Virtual Machines")
STORAGE = _service("Storage", "Storage", "Storage", "Storage/Block Storage")
NETWORK = _service(
    "Virtual Network", "Networking", "Virtual Network", "Networking/Network Infrastructure"
)
BALANCING = _service(
    "Load Balancer", "Networking", "Load Balancer", "Networking/Application Networking"
)
DATABASES = _service("SQL Database", "Databases", "SQL Database", "Databases/Relational Databases")
KUBERNETES = _service(
    "Azure Kubernetes Service", "Containers", "Azure Kubernetes Service", "Compute/Containers"
)
TRANSFER = _service("Bandwidth", "Networking", "Bandwidth", "Networking/Network Connectivity")
MARKETPLACE = _service("SaaS", "Azure Marketplace Services", "SaaS", "Other/Other (Other)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One thing that is charged: ``factor`` units for each hour, at ``price`` a unit.

    ``late`` meters come eight hours later than others; ``tiered`` ones are rated again at the
    price of a volume tier.
    """

    service: Service
    subcategory: str
    name: str
    unit: str
    price: Decimal
    region: str
    basis: Basis = Basis.OWNED
    factor: Decimal = Decimal(1)
    late: bool = False
    tiered: bool = False
    block: int = 1

    @property
    def id(self) -> str:
        """The identifier of the meter: the same for all who use it in one region."""
        return _meter_id(self.service.name, self.subcategory, self.name, self.region)

    @property
    def sku(self) -> str:
        """The identifier of what is sold."""
        return f"DZH318Z0{self.id[:4].upper()}/00{self.id[4:6].upper()}"

    @property
    def product(self) -> str:
        """The product's title."""
        return f"{self.subcategory} - {self.name} - {METER_REGIONS.get(self.region, 'Global')}"


# A charge asks three times, and thousands of charges share a meter.
@cache
def _meter_id(*names: str) -> str:
    return guid("meter", *names)


def _machine(thing: Resource) -> tuple[Meter, ...]:
    if not isinstance(thing, VirtualMachine):
        return ()
    size = SIZES[thing.size]
    return (
        Meter(
            service=MACHINES,
            subcategory=size.series,
            name=size.meter,
            unit="1 Hour",
            price=local(size.price, thing.region),
            region=thing.region,
            basis=Basis.RUN,
            tiered=size.gpus > 0,
        ),
    )


def _disk(thing: Resource) -> tuple[Meter, ...]:
    if not isinstance(thing, Disk):
        return ()
    tier, price = prices.disk_tier(thing.sku, thing.gib)
    kind = "Premium SSD" if thing.sku.startswith("Premium") else "Standard HDD"
    return (
        Meter(
            service=STORAGE,
            subcategory=f"{kind} Managed Disks",
            name=f"{tier} LRS Disk",
            unit="1/Month",
            price=local(price, thing.region),
            region=thing.region,
            basis=Basis.STORED,
            late=True,
            tiered=kind == "Standard HDD",
        ),
    )


def _snapshot(thing: Resource) -> tuple[Meter, ...]:
    if not isinstance(thing, Snapshot):
        return ()
    return (
        Meter(
            service=STORAGE,
            subcategory="Standard HDD Managed Disks",
            name="Snapshots LRS",
            unit="1 GB/Month",
            price=local(prices.SNAPSHOT_GIB_MONTH, thing.region),
            region=thing.region,
            basis=Basis.STORED,
            factor=Decimal(thing.stored_gib),
            late=True,
        ),
    )


def _address(thing: Resource) -> tuple[Meter, ...]:
    return (
        Meter(
            service=NETWORK,
            subcategory="IP Addresses",
            name="Standard IPv4 Static Public IP",
            unit="1 Hour",
            price=prices.ADDRESS_HOUR,
            region=thing.region,
        ),
    )


def _database(thing: Resource) -> tuple[Meter, ...]:
    if not isinstance(thing, Database):
        return ()
    tier = thing.sku.partition("_")[0]
    title = {"GP": "General Purpose", "BC": "Business Critical"}[tier]
    series = f"SQL Database Single/Elastic Pool {title}"
    return (
        Meter(
            service=DATABASES,
            subcategory=f"{series} - Compute Gen5",
            name="vCore",
            unit="1 Hour",
            price=local(prices.DATABASE_CORE_HOUR[tier], thing.region),
            region=thing.region,
            factor=Decimal(prices.DATABASE_CORES[thing.sku]),
        ),
        Meter(
            service=DATABASES,
            subcategory=f"{series} - Storage",
            name=f"{title} Data Stored",
            unit="1 GB/Month",
            price=local(prices.DATABASE_GIB_MONTH, thing.region),
            region=thing.region,
            basis=Basis.STORED,
            factor=Decimal(thing.gib),
            late=True,
        ),
    )


def _cluster(thing: Resource) -> tuple[Meter, ...]:
    return (
        Meter(
            service=KUBERNETES,
            subcategory="Azure Kubernetes Service",
            name="Standard Uptime SLA",
            unit="1 Hour",
            price=prices.CLUSTER_HOUR,
            region=thing.region,
        ),
    )


def _balancer(thing: Resource) -> tuple[Meter, ...]:
    return (
        Meter(
            service=BALANCING,
            subcategory="Load Balancer",
            name="Standard Included LB Rules and Outbound Rules",
            unit="1 Hour",
            price=prices.BALANCER_HOUR,
            region=thing.region,
        ),
    )


_METERS: Mapping[type[Resource], Callable[[Resource], tuple[Meter, ...]]] = MappingProxyType(
    {
        VirtualMachine: _machine,
        Disk: _disk,
        Snapshot: _snapshot,
        PublicAddress: _address,
        Database: _database,
        Cluster: _cluster,
        LoadBalancer: _balancer,
    }
)


def meters(thing: Resource) -> tuple[Meter, ...]:
    """What a resource is charged for."""
    return _METERS[type(thing)](thing)


def transfer(location: str) -> Meter:
    """The meter for data that leaves a location."""
    return Meter(
        service=TRANSFER,
        subcategory="Rtn Preference: MGN",
        name="Standard Data Transfer Out",
        unit="1 GB",
        price=prices.TRANSFER_GIB,
        region=location,
    )
