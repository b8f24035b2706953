"""List prices and sizes: on-demand Linux, in dollars, as AWS published them in 2026."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

VIRGINIA = "us-east-1"
OREGON = "us-west-2"
IRELAND = "eu-west-1"
REGIONS = (VIRGINIA, OREGON, IRELAND)

REGION_TITLES: Mapping[str, str] = MappingProxyType(
    {VIRGINIA: "US East (N. Virginia)", OREGON: "US West (Oregon)", IRELAND: "EU (Ireland)"}
)

# Usage types carry the region in front; services older than 2011 leave it out in Virginia.
REGION_CODES: Mapping[str, str] = MappingProxyType(
    {VIRGINIA: "USE1", OREGON: "USW2", IRELAND: "EU"}
)


@dataclass(frozen=True, slots=True)
class Shape:
    """An instance type: its size and what an hour costs in the Americas and in Ireland."""

    vcpus: int
    memory_mib: int
    america: Decimal
    ireland: Decimal
    gpus: int = 0

    def price(self, region: str) -> Decimal:
        """Dollars per hour in a region."""
        return self.ireland if region == IRELAND else self.america


def _shape(vcpus: int, gib: int, america: str, ireland: str, gpus: int = 0) -> Shape:
    return Shape(vcpus, gib * 1024, Decimal(america), Decimal(ireland), gpus)


INSTANCE_TYPES: Mapping[str, Shape] = MappingProxyType(
    {
        "t3.micro": _shape(2, 1, "0.0104", "0.0114"),
        "t3.medium": _shape(2, 4, "0.0416", "0.0456"),
        "m5.large": _shape(2, 8, "0.096", "0.107"),
        "m5.xlarge": _shape(4, 16, "0.192", "0.214"),
        "c5.large": _shape(2, 4, "0.085", "0.096"),
        "c5.xlarge": _shape(4, 8, "0.17", "0.192"),
        "r5.large": _shape(2, 16, "0.126", "0.141"),
        "r5.xlarge": _shape(4, 32, "0.252", "0.282"),
        "g5.xlarge": _shape(4, 16, "1.006", "1.123", gpus=1),
    }
)

DATABASE_CLASSES: Mapping[str, Shape] = MappingProxyType(
    {
        "db.t3.medium": _shape(2, 4, "0.072", "0.078"),
        "db.m5.large": _shape(2, 8, "0.178", "0.196"),
        "db.r5.large": _shape(2, 16, "0.25", "0.278"),
    }
)


@dataclass(frozen=True, slots=True)
class Tariff:
    """A price that differs between the Americas and Ireland, per ``unit``."""

    unit: str
    america: Decimal
    ireland: Decimal

    def price(self, region: str) -> Decimal:
        """Dollars per unit in a region."""
        return self.ireland if region == IRELAND else self.america


def _tariff(unit: str, america: str, ireland: str) -> Tariff:
    return Tariff(unit, Decimal(america), Decimal(ireland))


STORAGE: Mapping[str, Tariff] = MappingProxyType(
    {
        "gp3": _tariff("GB-Mo", "0.08", "0.088"),
        "gp2": _tariff("GB-Mo", "0.10", "0.11"),
    }
)
SNAPSHOT = _tariff("GB-Mo", "0.05", "0.05")
DATABASE_STORAGE = _tariff("GB-Mo", "0.115", "0.127")
PUBLIC_ADDRESS = _tariff("Hrs", "0.005", "0.005")
BALANCER_HOUR = _tariff("Hrs", "0.0225", "0.0252")
BALANCER_LCU = _tariff("LCU-Hrs", "0.008", "0.008")
FUNCTION_REQUEST = _tariff("Requests", "0.0000002", "0.0000002")
FUNCTION_SECOND = _tariff("Lambda-GB-Second", "0.0000166667", "0.0000166667")
CLUSTER_HOUR = _tariff("Hrs", "0.10", "0.10")
TRANSFER_OUT = _tariff("GB", "0.09", "0.09")
