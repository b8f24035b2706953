"""vCPUs and memory of machine types, from their names as far as these tell."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Size:
    """What a machine type has."""

    vcpus: float
    memory_gib: float


# GiB for each vCPU by family and flavour (Compute Engine, "Machine families resource guide").
PER_VCPU: Mapping[tuple[str, str], float] = MappingProxyType(
    {
        ("n1", "standard"): 3.75, ("n1", "highmem"): 6.5, ("n1", "highcpu"): 0.9,
        ("e2", "standard"): 4, ("e2", "highmem"): 8, ("e2", "highcpu"): 1,
        ("n2", "standard"): 4, ("n2", "highmem"): 8, ("n2", "highcpu"): 1,
        ("n2d", "standard"): 4, ("n2d", "highmem"): 8, ("n2d", "highcpu"): 1,
        ("n4", "standard"): 4, ("n4", "highmem"): 8, ("n4", "highcpu"): 2,
        ("c2", "standard"): 4,
        ("c2d", "standard"): 4, ("c2d", "highmem"): 8, ("c2d", "highcpu"): 2,
        ("c3", "standard"): 4, ("c3", "highmem"): 8, ("c3", "highcpu"): 2,
        ("c3d", "standard"): 4, ("c3d", "highmem"): 8, ("c3d", "highcpu"): 2,
        ("t2d", "standard"): 4, ("t2a", "standard"): 4, ("g2", "standard"): 4,
    }
)  # fmt: skip
# Sizes off their family's ratio: n2-highmem-128 has 864 GiB, n2 and e2 end elsewhere regularly.
ODD: Mapping[str, Size] = MappingProxyType(
    {
        "f1-micro": Size(1, 0.6),
        "g1-small": Size(1, 1.7),
        "e2-micro": Size(2, 1),
        "e2-small": Size(2, 2),
        "e2-medium": Size(2, 4),
        "n2-highmem-128": Size(128, 864),
        "db-f1-micro": Size(1, 0.6),
        "db-g1-small": Size(1, 1.7),
    }
)
_CUSTOM = re.compile(r"^(?:db-|[a-z]\d[a-z]?-)?custom-(\d+)-(\d+)(?:-ext)?$")
_PREDEFINED = re.compile(r"^(?:db-)?([a-z]\d[a-z]?)-(standard|highmem|highcpu)-(\d+)$")
_OPTIMISED = re.compile(r"^db-(?:perf-optimized-N|memory-optimized-N)-(\d+)$")
# Cloud SQL Enterprise Plus: 8 GiB for each vCPU, 16 with memory-optimized-N (its "Machine types").
_SQL_PLUS = MappingProxyType({"perf": 8.0, "memory": 16.0})


def size_of(machine_type: str) -> Size | None:
    """What the machine type (or tier of Cloud SQL) has; None where its name does not tell."""
    if machine_type in ODD:
        return ODD[machine_type]
    if custom := _CUSTOM.match(machine_type):
        return Size(float(custom[1]), float(custom[2]) / 1024)
    if told := _PREDEFINED.match(machine_type):
        ratio = PER_VCPU.get((told[1], told[2]))
        return Size(float(told[3]), float(told[3]) * ratio) if ratio else None
    if plus := _OPTIMISED.match(machine_type):
        return Size(float(plus[1]), float(plus[1]) * _SQL_PLUS[machine_type.split("-")[1]])
    return None
