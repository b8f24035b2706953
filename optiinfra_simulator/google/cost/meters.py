"""What each kind of thing is charged for, by the hour."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from optiinfra_simulator.google.cost.lines import Credit
from optiinfra_simulator.google.world.skus import MACHINES, TIERS, Sku, sku
from optiinfra_simulator.google.world.things import (
    Address,
    Cluster,
    Database,
    Disk,
    Machine,
    Rule,
    Snapshot,
)
from optiinfra_simulator.world.things import Thing

# The catalog counts 730.5 hours to a month.
HOURS_OF_MONTH = Decimal("730.5")

SUSTAINED = Credit(
    "Sustained Usage Discount", "", "Sustained Usage Discount", "SUSTAINED_USAGE_DISCOUNT"
)
COMMITTED = Credit(
    "Committed Usage Discount: CPU", "", "Committed Usage Discount: CPU",
    "COMMITTED_USAGE_DISCOUNT",
)  # fmt: skip
PROMOTION = Credit(
    "Google Cloud migration programme", "Migration programme credit", "8c-f41-0d2-77a", "PROMOTION"
)


class Basis(Enum):
    """Whether hours count in which a thing runs, or all in which it exists."""

    RUN = "run"
    OWNED = "owned"


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that is charged: ``factor`` pricing units for each hour."""

    sku: Sku
    basis: Basis
    factor: Decimal
    discount: Credit | None = None


def _machine(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Machine):
        return ()
    shape = MACHINES[thing.type]
    discount = SUSTAINED if shape.family == "n1" else COMMITTED if thing.committed else None
    core = sku(f"{shape.family}-core", thing.region)
    memory = sku(f"{shape.family}-ram", thing.region)
    found: tuple[Meter, ...] = (
        Meter(core, Basis.RUN, Decimal(shape.cores), discount),
        Meter(memory, Basis.RUN, shape.gib, SUSTAINED if shape.family == "n1" else None),
    )
    if thing.gpu:
        found += (Meter(sku(thing.gpu, thing.region), Basis.RUN, Decimal(1)),)
    return found


def _stored(key: str, thing: Thing, gib: int) -> Meter:
    return Meter(sku(key, thing.region), Basis.OWNED, gib / HOURS_OF_MONTH)


def _hourly(key: str, thing: Thing) -> tuple[Meter, ...]:
    return (Meter(sku(key, thing.region), Basis.OWNED, Decimal(1)),)


def _disk(thing: Thing) -> tuple[Meter, ...]:
    return (_stored(thing.type, thing, thing.gib),) if isinstance(thing, Disk) else ()


def _snapshot(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Snapshot):
        return ()
    return (_stored("snapshot", thing, thing.stored_gib),)


def _address(thing: Thing) -> tuple[Meter, ...]:
    used = isinstance(thing, Address) and thing.machine
    return _hourly("address-used" if used else "address-idle", thing)


def _database(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Database):
        return ()
    shape = TIERS[thing.tier]
    engine = "sql" if thing.version.startswith("POSTGRES") else "mysql"
    return (
        Meter(sku(f"{engine}-core", thing.region), Basis.RUN, Decimal(shape.cores)),
        Meter(sku(f"{engine}-ram", thing.region), Basis.RUN, shape.gib),
        _stored("sql-storage", thing, thing.gib),
    )


def _cluster(thing: Thing) -> tuple[Meter, ...]:
    zonal = isinstance(thing, Cluster) and thing.zone
    return _hourly("gke-zonal" if zonal else "gke-regional", thing)


_METERS: Mapping[type[Thing], Callable[[Thing], tuple[Meter, ...]]] = MappingProxyType(
    {
        Machine: _machine,
        Disk: _disk,
        Snapshot: _snapshot,
        Address: _address,
        Database: _database,
        Cluster: _cluster,
        Rule: lambda thing: _hourly("rule", thing),
    }
)


def meters(thing: Thing) -> tuple[Meter, ...]:
    """What a thing is charged for."""
    return _METERS[type(thing)](thing)
