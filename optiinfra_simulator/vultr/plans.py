"""What Vultr sells: regions, plans with their sizes and monthly prices in dollars."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

REGIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "ewr": ("New Jersey", "US", "North America"),
        "lax": ("Los Angeles", "US", "North America"),
        "fra": ("Frankfurt", "DE", "Europe"),
    }
)

# Hours of a month that are charged at most: 672, and 730 for GPU plans
# (docs.vultr.com, "How am I billed for my servers", September 2025).
HOURS, GPU_HOURS = 672, 730


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A virtual machine's plan; memory in MiB, disk in GB, bandwidth in GB a month."""

    id: str
    vcpus: int
    ram: int
    disk: int
    bandwidth: int
    monthly: Decimal
    type: str
    gpu: str = ""
    gpu_memory: int = 0


def _plan(name: str, size: tuple[int, int, int, int], monthly: str) -> Plan:
    vcpus, ram, disk, bandwidth = size
    kind = name.partition("-")[0]
    return Plan(
        id=name,
        vcpus=vcpus,
        ram=ram,
        disk=disk,
        bandwidth=bandwidth,
        monthly=Decimal(monthly),
        type=kind,
    )


def _gpu(name: str, size: tuple[int, int, int], monthly: str, gpu: tuple[str, int]) -> Plan:
    vcpus, ram, disk = size
    return Plan(
        id=name,
        vcpus=vcpus,
        ram=ram,
        disk=disk,
        bandwidth=10_240,
        monthly=Decimal(monthly),
        type="vcg",
        gpu=gpu[0],
        gpu_memory=gpu[1],
    )


_ALL = (
    _plan("vc2-1c-1gb", (1, 1024, 25, 1024), "5"),
    _plan("vc2-1c-2gb", (1, 2048, 55, 2048), "10"),
    _plan("vc2-2c-4gb", (2, 4096, 80, 3072), "20"),
    _plan("vhf-2c-4gb", (2, 4096, 128, 3072), "24"),
    _plan("vhp-4c-8gb-amd", (4, 8192, 180, 6144), "48"),
    _plan("voc-c-4c-8gb-75s-amd", (4, 8192, 75, 6144), "80"),
    _gpu("vcg-a16-2c-16g-4vram", (2, 16_384, 80), "86", ("NVIDIA_A16", 4)),
    _gpu("vcg-l40s-16c-180g-48vram", (16, 184_320, 1200), "1219.10", ("NVIDIA_L40S", 48)),
)
PLANS: Mapping[str, Plan] = MappingProxyType({plan.id: plan for plan in _ALL})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetalPlan:
    """A bare metal server's plan."""

    id: str
    cores: int
    threads: int
    model: str
    ram: int
    disk: int
    disks: int
    monthly: Decimal


METAL: Mapping[str, MetalPlan] = MappingProxyType(
    {
        plan.id: plan
        for plan in (
            MetalPlan(
                id="vbm-4c-32gb", cores=4, threads=8, model="E3-1270v6", ram=32_768, disk=240,
                disks=2, monthly=Decimal(120),
            ),
            MetalPlan(
                id="vbm-24c-256gb-amd", cores=24, threads=48, model="EPYC 7443P", ram=262_144,
                disk=480, disks=2, monthly=Decimal(725),
            ),
        )
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabasePlan:
    """A managed database's plan."""

    id: str
    vcpus: int
    ram: int
    disk: int
    monthly: Decimal


DATABASES: Mapping[str, DatabasePlan] = MappingProxyType(
    {
        plan.id: plan
        for plan in (
            DatabasePlan(
                id="vultr-dbaas-startup-cc-1-55-2", vcpus=1, ram=2048, disk=55, monthly=Decimal(30)
            ),
            DatabasePlan(
                id="vultr-dbaas-business-cc-2-80-4", vcpus=2, ram=4096, disk=80, monthly=Decimal(90)
            ),
        )
    }
)

RESERVED_ADDRESS = Decimal(3)
LOAD_BALANCER = Decimal(10)
OBJECT_STORAGE = Decimal(18)
HIGH_AVAILABILITY = Decimal(30)
# Dollars per GB and month.
BLOCK: Mapping[str, Decimal] = MappingProxyType(
    {"high_perf": Decimal("0.10"), "storage_opt": Decimal("0.025")}
)
SNAPSHOT = Decimal("0.05")
# Dollars per million tokens, in and out.
INFERENCE = (Decimal("0.20"), Decimal("0.20"))
