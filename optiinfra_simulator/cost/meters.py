"""What each kind of resource is charged for, by the hour."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType

from optiinfra_simulator.cost import services
from optiinfra_simulator.cost.services import Service
from optiinfra_simulator.world import prices
from optiinfra_simulator.world.prices import REGION_CODES, VIRGINIA, Tariff
from optiinfra_simulator.world.things import (
    Address,
    Balancer,
    Cluster,
    Database,
    Function,
    Instance,
    Snapshot,
    Thing,
    Volume,
)

GIB = Decimal(1024 * 1024 * 1024)


class Basis(Enum):
    """What is counted: hours run, hours owned, gigabytes kept for a month, or measurements."""

    RUN = "run"
    OWNED = "owned"
    STORED = "stored"
    MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Meter:
    """One thing that is charged: ``factor`` units for each hour, or for each unit measured.

    ``signal`` names the measured metric where the basis is MEASURED.
    """

    service: Service
    usage_type: str
    operation: str
    tariff: Tariff
    basis: Basis
    factor: Decimal
    description: str
    signal: str = ""


def usage_type(region: str, name: str, *, always: bool = False) -> str:
    """A usage type with its region in front; older services leave Virginia out."""
    if region == VIRGINIA and not always:
        return name
    return f"{REGION_CODES[region]}-{name}"


def _instance(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Instance):
        return ()
    price = prices.INSTANCE_TYPES[thing.type].price(thing.region)
    return (
        Meter(
            services.COMPUTE,
            usage_type(thing.region, f"BoxUsage:{thing.type}"),
            "RunInstances",
            Tariff("Hrs", price, price),
            Basis.RUN,
            Decimal(1),
            f"${price} per On Demand Linux {thing.type} Instance Hour",
        ),
    )


def _volume(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Volume):
        return ()
    name = "EBS:VolumeUsage.gp3" if thing.type == "gp3" else "EBS:VolumeUsage.gp2"
    return (
        Meter(
            services.STORAGE,
            usage_type(thing.region, name),
            f"CreateVolume-{thing.type.capitalize()}",
            prices.STORAGE[thing.type],
            Basis.STORED,
            Decimal(thing.gib),
            f"{thing.type} provisioned storage, per GB-month",
        ),
    )


def _snapshot(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Snapshot):
        return ()
    return (
        Meter(
            services.STORAGE,
            usage_type(thing.region, "EBS:SnapshotUsage"),
            "CreateSnapshot",
            prices.SNAPSHOT,
            Basis.STORED,
            Decimal(thing.stored_gib),
            "$0.05 per GB-Month of snapshot data stored",
        ),
    )


def _address(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Address):
        return ()
    use = "InUse" if thing.instance else "Idle"
    return (
        Meter(
            services.NETWORK,
            usage_type(thing.region, f"PublicIPv4:{use}Address", always=True),
            "AssociateAddressVPC" if thing.instance else "AllocateAddressVPC",
            prices.PUBLIC_ADDRESS,
            Basis.OWNED,
            Decimal(1),
            "$0.005 per public IPv4 address per hour",
        ),
    )


def _database(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Database):
        return ()
    price = prices.DATABASE_CLASSES[thing.type].price(thing.region)
    return (
        Meter(
            services.DATABASE,
            usage_type(thing.region, f"InstanceUsage:{thing.type}"),
            "CreateDBInstance:0014" if thing.engine == "postgres" else "CreateDBInstance:0002",
            Tariff("Hrs", price, price),
            Basis.RUN,
            Decimal(1),
            f"${price} per {thing.type} Single-AZ instance hour running {thing.engine}",
        ),
        Meter(
            services.DATABASE,
            usage_type(thing.region, "RDS:GP3-Storage"),
            "CreateDBInstance",
            prices.DATABASE_STORAGE,
            Basis.STORED,
            Decimal(thing.gib),
            "provisioned gp3 storage, per GB-month",
        ),
    )


def _balancer(thing: Thing) -> tuple[Meter, ...]:
    return (
        Meter(
            services.BALANCING,
            usage_type(thing.region, "LoadBalancerUsage"),
            "LoadBalancing:Application",
            prices.BALANCER_HOUR,
            Basis.OWNED,
            Decimal(1),
            "Application LoadBalancer-hour (or partial hour)",
        ),
        Meter(
            services.BALANCING,
            usage_type(thing.region, "LCUUsage"),
            "LoadBalancing:Application",
            prices.BALANCER_LCU,
            # One LCU-hour carries one gigabyte.
            Basis.MEASURED,
            1 / GIB,
            "used Application load balancer capacity unit-hour",
            "ProcessedBytes",
        ),
    )


def _function(thing: Thing) -> tuple[Meter, ...]:
    if not isinstance(thing, Function):
        return ()
    # A call takes an eighth of a second; memory is billed in gigabyte-seconds.
    per_call = Decimal(thing.memory_mib) / 1024 / 8
    return (
        Meter(
            services.FUNCTIONS,
            usage_type(thing.region, "Request"),
            "Invoke",
            prices.FUNCTION_REQUEST,
            Basis.MEASURED,
            Decimal(1),
            "AWS Lambda - Total Requests",
            "Invocations",
        ),
        Meter(
            services.FUNCTIONS,
            usage_type(thing.region, "Lambda-GB-Second"),
            "Invoke",
            prices.FUNCTION_SECOND,
            Basis.MEASURED,
            per_call,
            "AWS Lambda - Total Compute",
            "Invocations",
        ),
    )


def _cluster(thing: Thing) -> tuple[Meter, ...]:
    return (
        Meter(
            services.KUBERNETES,
            usage_type(thing.region, "AmazonEKS-Hours:perCluster", always=True),
            "CreateOperation",
            prices.CLUSTER_HOUR,
            Basis.OWNED,
            Decimal(1),
            "Amazon EKS cluster usage",
        ),
    )


_METERS: Mapping[type[Thing], Callable[[Thing], tuple[Meter, ...]]] = MappingProxyType(
    {
        Instance: _instance,
        Volume: _volume,
        Snapshot: _snapshot,
        Address: _address,
        Database: _database,
        Balancer: _balancer,
        Function: _function,
        Cluster: _cluster,
    }
)


def meters(thing: Thing) -> tuple[Meter, ...]:
    """What a resource is charged for."""
    return _METERS[type(thing)](thing)


def hours_in_month(day: datetime) -> int:
    """The hours of the calendar month: a gigabyte kept through all of them is one GB-month."""
    first = day.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = (first + timedelta(days=32)).replace(day=1)
    return int((following - first) / timedelta(hours=1))
