"""List prices of 2026, in dollars, in the spelling of the Cloud Billing catalog.

Prices after cloud.google.com/compute/all-pricing, /sql/pricing and /kubernetes-engine/pricing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from optiinfra_simulator.google.world.places import BELGIUM, CAROLINA, IOWA


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the catalog."""

    id: str
    title: str


COMPUTE = Service("6F81-5844-456A", "Compute Engine")
SQL = Service("9662-B51E-5089", "Cloud SQL")
KUBERNETES = Service("CCD8-9BF1-090E", "Kubernetes Engine")
NETWORK = Service("E505-1604-58F8", "Networking")
MARKET = Service("F3A1-8C42-17D0", "Elastic Cloud (Elasticsearch managed service)")
INVOICE = Service("Invoice", "Invoice")
SERVICES = (COMPUTE, SQL, KUBERNETES, NETWORK, MARKET)


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of prices, the base unit in which usage is measured, and how many make one."""

    name: str
    title: str
    base: str
    base_title: str
    factor: int


HOUR = Unit("h", "hour", "s", "second", 3600)
GIB_HOUR = Unit("GiBy.h", "gibibyte hour", "By.s", "byte second", 3600 * 2**30)
# The catalog counts 30.4375 days to a month.
GIB_MONTH = Unit("GiBy.mo", "gibibyte month", "By.s", "byte second", 2_629_800 * 2**30)
COUNT = Unit("count", "count", "count", "count", 1)
# Usage units of the export, where the catalog has codes.
EXPORTED = {"s": "seconds", "By.s": "byte-seconds", "h": "hour", "GiBy.h": "gibibyte hour",
            "GiBy.mo": "gibibyte month", "count": "count"}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Sku:
    """Something with a price, in some regions."""

    id: str
    service: Service
    title: str
    family: str
    group: str
    unit: Unit
    price: Decimal
    regions: tuple[str, ...]
    usage: str = "OnDemand"


_AMERICA, _EUROPE = (IOWA, CAROLINA), (BELGIUM,)
# key, id in America and Europe, service, title, family, group, unit, price in both
_LISTED: tuple[tuple[str, str, str, Service, str, str, str, Unit, str, str], ...] = (
    ("n1-core", "2E27-4F75-95CD", "9431-52B1-2C4F", COMPUTE,
     "N1 Predefined Instance Core running in {}", "Compute", "N1Standard", HOUR,
     "0.031611", "0.034773"),
    ("n1-ram", "6C71-E844-38BC", "39F4-0112-6F39", COMPUTE,
     "N1 Predefined Instance Ram running in {}", "Compute", "N1Standard", GIB_HOUR,
     "0.004237", "0.004661"),
    ("e2-core", "CF4E-A0C7-E3BF", "9FE0-8F60-A9F0", COMPUTE,
     "E2 Instance Core running in {}", "Compute", "CPU", HOUR, "0.02181159", "0.02399164"),
    ("e2-ram", "F449-33EC-A5EF", "FDC9-54BC-78D4", COMPUTE,
     "E2 Instance Ram running in {}", "Compute", "RAM", GIB_HOUR, "0.00292353", "0.00321571"),
    ("n2-core", "BB77-5FDA-69D9", "B29A-A0C2-9D2C", COMPUTE,
     "N2 Instance Core running in {}", "Compute", "CPU", HOUR, "0.031611", "0.034773"),
    ("n2-ram", "5B01-D157-A097", "7C49-2A5F-41B8", COMPUTE,
     "N2 Instance Ram running in {}", "Compute", "RAM", GIB_HOUR, "0.004237", "0.004661"),
    ("g2-core", "A1B0-2C3D-4E5F", "A1B0-2C3D-4E60", COMPUTE,
     "G2 Instance Core running in {}", "Compute", "CPU", HOUR, "0.02498844", "0.0274873"),
    ("g2-ram", "B7C1-9D20-3A4E", "B7C1-9D20-3A4F", COMPUTE,
     "G2 Instance Ram running in {}", "Compute", "RAM", GIB_HOUR, "0.00292686", "0.00321955"),
    ("nvidia-l4", "8CF1-58D8-1F73", "8CF1-58D8-1F74", COMPUTE,
     "Nvidia L4 GPU running in {}", "Compute", "GPU", HOUR, "0.56004", "0.616044"),
    ("nvidia-tesla-t4", "7B1C-4D0E-62A9", "7B1C-4D0E-62AA", COMPUTE,
     "Nvidia Tesla T4 GPU running in {}", "Compute", "GPU", HOUR, "0.35", "0.35"),
    ("pd-standard", "D973-5D65-BAB2", "D973-5D65-BAB3", COMPUTE,
     "Storage PD Capacity in {}", "Storage", "PDStandard", GIB_MONTH, "0.04", "0.04"),
    ("pd-balanced", "8BBE-5B6D-3B0A", "8BBE-5B6D-3B0B", COMPUTE,
     "Balanced PD Capacity in {}", "Storage", "SSD", GIB_MONTH, "0.1", "0.1"),
    ("pd-ssd", "B188-61DD-52E4", "B188-61DD-52E5", COMPUTE,
     "SSD backed PD Capacity in {}", "Storage", "SSD", GIB_MONTH, "0.17", "0.17"),
    ("snapshot", "7ACC-2C60-50B2", "7ACC-2C60-50B3", COMPUTE,
     "Storage PD Snapshot in {}", "Storage", "StorageImage", GIB_MONTH, "0.05", "0.05"),
    ("address-used", "C054-7F72-A02E", "C054-7F72-A02F", COMPUTE,
     "External IP Charge on a Standard VM in {}", "Network", "IpAddress", HOUR, "0.005", "0.005"),
    ("address-idle", "4DEB-9C20-7A31", "4DEB-9C20-7A32", COMPUTE,
     "Static Ip Charge in {}", "Network", "IpAddress", HOUR, "0.01", "0.01"),
    ("sql-core", "1B08-0BE9-A5BB", "1B08-0BE9-A5BC", SQL,
     "Cloud SQL for PostgreSQL: Zonal - vCPU in {}", "ApplicationServices", "SQLGen2InstancesCPU",
     HOUR, "0.0413", "0.0413"),
    ("sql-ram", "2F4E-7A10-9C83", "2F4E-7A10-9C84", SQL,
     "Cloud SQL for PostgreSQL: Zonal - RAM in {}", "ApplicationServices", "SQLGen2InstancesRAM",
     GIB_HOUR, "0.007", "0.007"),
    ("mysql-core", "3C5A-11D7-0B92", "3C5A-11D7-0B93", SQL,
     "Cloud SQL for MySQL: Zonal - vCPU in {}", "ApplicationServices", "SQLGen2InstancesCPU",
     HOUR, "0.0413", "0.0413"),
    ("mysql-ram", "4D6B-22E8-1CA3", "4D6B-22E8-1CA4", SQL,
     "Cloud SQL for MySQL: Zonal - RAM in {}", "ApplicationServices", "SQLGen2InstancesRAM",
     GIB_HOUR, "0.007", "0.007"),
    ("sql-storage", "5E7C-33F9-2DB4", "5E7C-33F9-2DB5", SQL,
     "Cloud SQL: Zonal - Standard storage in {}", "ApplicationServices", "SSD", GIB_MONTH,
     "0.17", "0.17"),
    ("gke-zonal", "B561-BFBD-1264", "B561-BFBD-1265", KUBERNETES,
     "Zonal Kubernetes Clusters in {}", "Compute", "GKE", HOUR, "0.1", "0.1"),
    ("gke-regional", "6B92-A835-08AB", "6B92-A835-08AC", KUBERNETES,
     "Regional Kubernetes Clusters in {}", "Compute", "GKE", HOUR, "0.1", "0.1"),
    ("rule", "DF5A-19CA-5E02", "DF5A-19CA-5E03", NETWORK,
     "Network Load Balancing: Forwarding Rule Minimum Service Charge in {}", "Network",
     "LoadBalancing", HOUR, "0.025", "0.025"),
    ("commitment", "E5D4-77AB-3C10", "E5D4-77AB-3C11", COMPUTE,
     "Commitment v1: N2 Cpu in {} for 1 Year", "Compute", "CPU", HOUR, "0.019915", "0.021907"),
)  # fmt: skip


def _skus() -> Mapping[tuple[str, str], Sku]:
    found: dict[tuple[str, str], Sku] = {}
    for key, west, east, service, title, family, group, unit, america, europe in _LISTED:
        for number, price, regions, name in (
            (west, america, _AMERICA, "Americas"),
            (east, europe, _EUROPE, "Belgium"),
        ):
            sku = Sku(
                id=number,
                service=service,
                title=title.format(name),
                family=family,
                group=group,
                unit=unit,
                price=Decimal(price),
                regions=regions,
                usage="Commit1Yr" if key == "commitment" else "OnDemand",
            )
            found |= {(key, region): sku for region in regions}
    return found


SKUS = MappingProxyType(_skus())


def sku(key: str, region: str) -> Sku:
    """The SKU of something in a region; what is global is priced as in Iowa."""
    return SKUS.get((key, region)) or SKUS[key, IOWA]


def catalog(service_id: str) -> list[Sku]:
    """The SKUs of a service, each once."""
    return sorted({one.id: one for one in SKUS.values() if one.service.id == service_id}.values(),
                  key=lambda one: one.id)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A machine type: cores, memory, the family whose prices apply, and a GPU built in."""

    cores: int
    gib: Decimal
    family: str
    gpu: str = ""
    id: int = 0


MACHINES: Mapping[str, Shape] = MappingProxyType(
    {
        "e2-medium": Shape(1, Decimal(4), "e2", id=334_002),
        "e2-standard-2": Shape(2, Decimal(8), "e2", id=335_002),
        "e2-standard-4": Shape(4, Decimal(16), "e2", id=335_004),
        "n1-standard-1": Shape(1, Decimal("3.75"), "n1", id=3_001),
        "n1-standard-4": Shape(4, Decimal(15), "n1", id=3_004),
        "n2-standard-2": Shape(2, Decimal(8), "n2", id=901_002),
        "n2-standard-4": Shape(4, Decimal(16), "n2", id=901_004),
        "g2-standard-4": Shape(4, Decimal(16), "g2", "nvidia-l4", id=912_004),
    }
)
TIERS: Mapping[str, Shape] = MappingProxyType(
    {
        "db-custom-1-3840": Shape(1, Decimal("3.75"), "sql"),
        "db-custom-2-8192": Shape(2, Decimal(8), "sql"),
        "db-custom-4-16384": Shape(4, Decimal(16), "sql"),
    }
)
