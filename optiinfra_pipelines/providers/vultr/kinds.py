"""Vultr inventory -> ResourceRow: one pure function per kind of resource, and a table of kinds.

Instances carry ``default_password`` and a console link, node pools user data, databases and object
storage their keys: only fields named here are read.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optiinfra_core.collecting.payloads import attributes
from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.vultr.client import inventory
from optiinfra_pipelines.providers.vultr.client.calls import Operation, Payload
from optiinfra_pipelines.providers.vultr.payloads import (
    GLOBAL,
    UNKNOWN,
    amount_of,
    disk_of,
    instant,
    region,
    tags,
)

MIB_IN_GIB = 1024
GIB = 1024**3
# Disks are sold in GB of 1000^3 bytes; memory in MB of 1024^2.
GB_IN_GIB = 1000**3 / GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """When a payload was seen, and the plans that are on sale by their identifiers."""

    ts: datetime
    plans: Mapping[str, Payload] = field(default_factory=dict)


def _number(value: object) -> float | None:
    return float(str(value)) if value else None


def _gib(gigabytes: object) -> float | None:
    told = _number(gigabytes)
    return None if told is None else round(told * GB_IN_GIB, 6)


def instance(payload: Payload, seen: Seen) -> ResourceRow:
    """A cloud instance; one that is set up runs or is stopped, and is billed either way."""
    plan = seen.plans.get(str(payload.get("plan")), {})
    active = payload.get("status") == "active"
    state = payload.get("power_status") if active else payload.get("status")
    memory = _number(payload.get("ram"))
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.compute.instance",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or payload.get("hostname") or ""),
        state=str(state or UNKNOWN).lower(),
        sku=str(payload.get("plan") or ""),
        vcpus=_number(payload.get("vcpu_count")),
        memory_gib=None if memory is None else memory / MIB_IN_GIB,
        storage_gib=_gib(payload.get("disk")),
        created_at=instant(payload.get("date_created")),
        tags=tags(payload.get("tags")),
        attributes=attributes(
            payload,
            "os", "main_ip", "internal_ip", "hostname", "features", "vpc_only",
            "allowed_bandwidth", "server_status",
            gpu_type=plan.get("gpu_type"),
            gpu_memory_gb=plan.get("gpu_vram_gb"),
        ),
    )  # fmt: skip


def bare_metal(payload: Payload, seen: Seen) -> ResourceRow:
    """A bare metal server; vCPUs are the threads of its plan, else its cores."""
    plan = seen.plans.get(str(payload.get("plan")), {})
    memory = amount_of(payload.get("ram"))
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.compute.bare_metal",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        sku=str(payload.get("plan") or ""),
        vcpus=_number(plan.get("cpu_threads") or payload.get("cpu_count")),
        memory_gib=None if memory is None else memory / MIB_IN_GIB,
        storage_gib=_gib(disk_of(payload.get("disk"))),
        created_at=instant(payload.get("date_created")),
        tags=tags(payload.get("tags")),
        attributes=attributes(
            payload, "os", "main_ip", "features", cpu_model=plan.get("cpu_model")
        ),
    )


def block(payload: Payload, seen: Seen) -> ResourceRow:
    """Block storage."""
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.storage.block",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state="attached" if payload.get("attached_to_instance") else "unattached",
        sku=str(payload.get("block_type") or ""),
        storage_gib=_gib(payload.get("size_gb")),
        created_at=instant(payload.get("date_created")),
        attributes=attributes(
            payload, "mount_id", "status", "bootable",
            attached_to=payload.get("attached_to_instance"),
        ),
    )  # fmt: skip


def snapshot(payload: Payload, seen: Seen) -> ResourceRow:
    """A snapshot; it is billed by its compressed size."""
    stored = payload.get("compressed_size") or payload.get("size")
    return ResourceRow(
        ts=seen.ts,
        region=GLOBAL,
        resource_type="vultr.storage.snapshot",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("description") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        storage_gib=float(stored) / GIB if stored else None,
        created_at=instant(payload.get("date_created")),
        attributes=attributes(payload, "size", "os_id"),
    )


def reserved_address(payload: Payload, seen: Seen) -> ResourceRow:
    """A reserved address; the API does not tell since when."""
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.network.reserved_ip",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state="associated" if payload.get("instance_id") else "unassociated",
        sku=str(payload.get("ip_type") or ""),
        attributes=attributes(payload, "subnet", "subnet_size", "instance_id"),
    )


def load_balancer(payload: Payload, seen: Seen) -> ResourceRow:
    """A load balancer; ``nodes`` are its own, and billed each."""
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.network.load_balancer",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        created_at=instant(payload.get("date_created")),
        attributes=attributes(
            payload, "ipv4", "nodes", "has_ssl", instances=sorted(payload.get("instances") or ())
        ),
    )


def cluster(payload: Payload, seen: Seen) -> ResourceRow:
    """A Kubernetes cluster."""
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.kubernetes.cluster",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        sku=str(payload.get("version") or ""),
        created_at=instant(payload.get("date_created")),
        attributes=attributes(
            payload,
            "ha_controlplanes",
            node_pools=sorted(str(pool["id"]) for pool in payload.get("node_pools") or ()),
        ),
    )


def node_pool(payload: Payload, seen: Seen) -> ResourceRow:
    """A node pool; its nodes are instances with vCPUs of their own, so the pool has none."""
    nodes = sorted(str(node["id"]) for node in payload.get("nodes") or ())
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.kubernetes.node_pool",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        sku=str(payload.get("plan") or ""),
        created_at=instant(payload.get("date_created")),
        tags=tags([payload.get("tag") or ""]),
        attributes=attributes(
            payload, "node_quantity", "min_nodes", "max_nodes", "auto_scaler", "cluster_id",
            nodes=nodes,
        ),
    )  # fmt: skip


def database(payload: Payload, seen: Seen) -> ResourceRow:
    """A managed database."""
    memory = _number(payload.get("plan_ram"))
    return ResourceRow(
        ts=seen.ts,
        region=region(payload["region"]),
        resource_type="vultr.database.instance",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        sku=str(payload.get("plan") or ""),
        vcpus=_number(payload.get("plan_vcpus")),
        memory_gib=None if memory is None else memory / MIB_IN_GIB,
        storage_gib=_gib(payload.get("plan_disk")),
        created_at=instant(payload.get("date_created")),
        tags=tags([payload.get("tag") or ""]),
        attributes=attributes(
            payload, "database_engine", "database_engine_version", "plan_replicas"
        ),
    )


def object_storage(payload: Payload, seen: Seen) -> ResourceRow:
    """An object storage subscription; the API does not tell how much it holds."""
    return ResourceRow(
        ts=seen.ts,
        region=region(payload.get("region")),
        resource_type="vultr.storage.object",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=str(payload.get("status") or UNKNOWN).lower(),
        created_at=instant(payload.get("date_created")),
        attributes=attributes(payload, "cluster_id", "s3_hostname"),
    )


def inference(payload: Payload, seen: Seen) -> ResourceRow:
    """A serverless inference subscription; it has no state and no region."""
    return ResourceRow(
        ts=seen.ts,
        region=GLOBAL,
        resource_type="vultr.inference.subscription",
        resource_id=str(payload["id"]),
        resource_name=str(payload.get("label") or ""),
        state=UNKNOWN,
        created_at=instant(payload.get("date_created")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of resource: its listing, what a payload means, and what lies inside a payload.

    ``names``: the fields by which an invoice may call it. ``products``: words of the products on
    an invoice that can mean it.
    """

    listing: Operation
    to_row: Callable[[Payload, Seen], ResourceRow]
    names: tuple[str, ...] = ("label",)
    products: tuple[str, ...] = ()
    inner: Callable[[Payload], Iterator[Payload]] | None = None


def _pools(payload: Payload) -> Iterator[Payload]:
    for pool in payload.get("node_pools") or ():
        yield {**pool, "region": payload["region"], "cluster_id": payload["id"]}


KINDS: tuple[Kind, ...] = (
    Kind(
        listing=inventory.INSTANCES,
        to_row=instance,
        names=("label", "main_ip"),
        products=("compute", "gpu", "instance"),
    ),
    Kind(
        listing=inventory.BARE_METALS,
        to_row=bare_metal,
        names=("label", "main_ip"),
        products=("bare metal",),
    ),
    Kind(
        listing=inventory.BLOCKS,
        to_row=block,
        names=("label", "mount_id"),
        products=("block storage",),
    ),
    Kind(
        listing=inventory.SNAPSHOTS,
        to_row=snapshot,
        names=("description",),
        products=("snapshot",),
    ),
    Kind(
        listing=inventory.RESERVED_ADDRESSES,
        to_row=reserved_address,
        names=("subnet", "label"),
        products=("reserved ip",),
    ),
    Kind(
        listing=inventory.LOAD_BALANCERS,
        to_row=load_balancer,
        names=("label", "ipv4"),
        products=("load balancer",),
    ),
    Kind(listing=inventory.CLUSTERS, to_row=cluster, products=("kubernetes",)),
    Kind(listing=inventory.CLUSTERS, to_row=node_pool, inner=_pools),
    Kind(listing=inventory.DATABASES, to_row=database, products=("database",)),
    Kind(listing=inventory.OBJECT_STORAGE, to_row=object_storage, products=("object storage",)),
    Kind(listing=inventory.INFERENCE, to_row=inference, products=("inference",)),
)
