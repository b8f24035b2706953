"""List prices and sizes: pay-as-you-go Linux, in dollars, near what Azure published in 2026."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

EAST = "eastus"
WEST = "westus2"
EUROPE = "westeurope"
LOCATIONS = (EAST, WEST, EUROPE)
LOCATION_TITLES: Mapping[str, str] = MappingProxyType(
    {EAST: "East US", WEST: "West US 2", EUROPE: "West Europe"}
)
# Meter regions are written as in Microsoft's price sheet.
METER_REGIONS: Mapping[str, str] = MappingProxyType(
    {EAST: "US East", WEST: "US West 2", EUROPE: "EU West"}
)
_DEARER = Decimal("1.2")


def local(price: Decimal, location: str) -> Decimal:
    """An American price at a location: West Europe costs a fifth more."""
    return (price * _DEARER).quantize(Decimal("0.000001")) if location == EUROPE else price


@dataclass(frozen=True, slots=True)
class Size:
    """A size of virtual machines: what it holds and what an hour costs in America."""

    name: str
    vcpus: int
    memory_gib: Decimal
    price: Decimal
    family: str
    gpus: int = 0

    @property
    def meter(self) -> str:
        """The name of the meter: ``D2s v5`` for Standard_D2s_v5."""
        return self.name.removeprefix("Standard_").replace("_", " ")

    @property
    def series(self) -> str:
        """The meter's subcategory."""
        return f"Virtual Machines {self.family} Series"


def _size(name: str, vcpus: int, gib: str, price: str, family: str) -> Size:
    return Size(name, vcpus, Decimal(gib), Decimal(price), family, gpus=int(family[0] == "N"))


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        size.name: size
        for size in (
            _size("Standard_B1s", 1, "1", "0.0104", "BS"),
            _size("Standard_B2s", 2, "4", "0.0416", "BS"),
            _size("Standard_D2s_v5", 2, "8", "0.096", "Dsv5"),
            _size("Standard_D4s_v5", 4, "16", "0.192", "Dsv5"),
            _size("Standard_F4s_v2", 4, "8", "0.169", "FSv2"),
            _size("Standard_E2s_v5", 2, "16", "0.126", "Esv5"),
            _size("Standard_E4s_v5", 4, "32", "0.252", "Esv5"),
            _size("Standard_NC4as_T4_v3", 4, "28", "0.526", "NCasT4v3"),
            _size("Standard_NV36ads_A10_v5", 36, "440", "3.2", "NVadsA10v5"),
        )
    }
)

# Managed disks: a month of the tier that holds so many GiB.
DISK_TIERS: Mapping[str, tuple[tuple[int, str, Decimal], ...]] = MappingProxyType(
    {
        "Premium_LRS": (
            (32, "P4", Decimal("5.28")),
            (128, "P10", Decimal("19.71")),
            (512, "P20", Decimal("73.22")),
        ),
        "Standard_LRS": (
            (128, "S10", Decimal("5.89")),
            (512, "S20", Decimal("21.76")),
            (1024, "S30", Decimal("40.96")),
        ),
    }
)
DATABASE_CORES: Mapping[str, int] = MappingProxyType(
    {"GP_Gen5_2": 2, "GP_Gen5_4": 4, "BC_Gen5_2": 2}
)
DATABASE_CORE_HOUR: Mapping[str, Decimal] = MappingProxyType(
    {"GP": Decimal("0.2522"), "BC": Decimal("0.6797")}
)
DATABASE_GIB_MONTH = Decimal("0.115")
SNAPSHOT_GIB_MONTH = Decimal("0.05")
ADDRESS_HOUR = Decimal("0.005")
BALANCER_HOUR = Decimal("0.025")
CLUSTER_HOUR = Decimal("0.10")
TRANSFER_GIB = Decimal("0.087")


def disk_tier(sku: str, gib: int) -> tuple[str, Decimal]:
    """The tier that a disk of so many GiB is billed as, and its price for a month."""
    tiers = DISK_TIERS[sku]
    for most, name, price in tiers:
        if gib <= most:
            return name, price
    return tiers[-1][1], tiers[-1][2]
