"""What each kind of Vultr resource costs a month, and in which words an invoice says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from optiinfra_simulator.vultr import plans
from optiinfra_simulator.vultr.things import (
    Base,
    Block,
    Copy,
    Edge,
    Kube,
    Machine,
    Metal,
    Reserved,
    Store,
)
from optiinfra_simulator.world.things import Thing


@dataclass(frozen=True, slots=True)
class Tariff:
    """``monthly`` dollars, charged by the hour for ``cap`` hours of a month at most."""

    product: str
    description: str
    monthly: Decimal
    cap: int = plans.HOURS


def _machine(thing: Machine) -> Tariff:
    gpu = bool(thing.plan.gpu)
    return Tariff(
        "Vultr Cloud GPU" if gpu else "Vultr Cloud Compute",
        f"{thing.label or thing.address} ({thing.plan.ram} MB)",
        thing.plan.monthly,
        plans.GPU_HOURS if gpu else plans.HOURS,
    )


def _metal(thing: Metal) -> Tariff:
    return Tariff("Vultr Bare Metal", f"{thing.name} ({thing.plan.ram} MB)", thing.plan.monthly)


def _block(thing: Block) -> Tariff:
    price = plans.BLOCK[thing.type] * thing.gib
    return Tariff("Block Storage", f"Block Storage ({thing.name})", price)


def _copy(thing: Copy) -> Tariff:
    return Tariff("Snapshots", f"Snapshot ({thing.name})", plans.SNAPSHOT * thing.stored_gib)


def _reserved(thing: Reserved) -> Tariff:
    return Tariff("Reserved IPs", f"Reserved IP ({thing.ip})", plans.RESERVED_ADDRESS)


def _edge(thing: Edge) -> Tariff:
    return Tariff("Load Balancer", f"Load Balancer ({thing.name})", plans.LOAD_BALANCER)


def _kube(thing: Kube) -> Tariff:
    name = f"Kubernetes high availability ({thing.name})"
    return Tariff("Vultr Kubernetes Engine", name, plans.HIGH_AVAILABILITY)


def _base(thing: Base) -> Tariff:
    name = f"Managed Database ({thing.name})"
    return Tariff("Vultr Managed Database", name, thing.plan.monthly)


def _store(thing: Store) -> Tariff:
    return Tariff("Object Storage", f"Object Storage ({thing.name})", plans.OBJECT_STORAGE)


_TARIFFS: Mapping[type[Thing], Callable[[Any], Tariff]] = {
    Machine: _machine, Metal: _metal, Block: _block, Copy: _copy, Reserved: _reserved,
    Edge: _edge, Kube: _kube, Base: _base, Store: _store,
}  # fmt: skip


def tariff(thing: Thing) -> Tariff | None:
    """The tariff of a resource, None where it is charged otherwise or not at all.

    The words of servers and load balancers are those of govultr's billing tests.
    """
    found = _TARIFFS.get(type(thing))
    return found(thing) if found else None
