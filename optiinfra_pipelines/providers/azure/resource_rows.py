"""Resource Graph's objects -> ResourceRow: one pure function per kind, and a table of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.amounts import moment
from optiinfra_core.collecting.payloads import attributes
from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.azure.client.inventory import Payload, Size
from optiinfra_pipelines.providers.azure.identifiers import GLOBAL, KINDS, location, resource_id

UNKNOWN = "unknown"
IMAGE = ("publisher", "offer", "sku")
MACHINES = "microsoft.compute/virtualmachines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When a payload was seen, and the sizes of machines by region and name."""

    ts: datetime
    sizes: Mapping[str, Mapping[str, Size]] = field(default_factory=dict)


Reading = Callable[[Payload, Place], Mapping[str, Any]]


def machine(payload: Payload, place: Place) -> Mapping[str, Any]:
    """A virtual machine; its state is the power state (``running``, ``deallocated``)."""
    told = _properties(payload)
    size = str(_in(told, "hardwareProfile", "vmSize") or "")
    region = location(payload.get("location"))
    vcpus, memory = place.sizes.get(region, {}).get(size.lower(), (None, None))
    disk = _in(told, "storageProfile", "osDisk") or {}
    power = str(_in(told, "extended", "instanceView", "powerState", "code") or "")
    image = _in(told, "storageProfile", "imageReference") or {}
    return {
        "state": power.rpartition("/")[2].lower() or UNKNOWN,
        "sku": size,
        "vcpus": vcpus,
        "memory_gib": memory,
        "created_at": _instant(told.get("timeCreated")),
        "attributes": attributes(
            told,
            "priority", "licenseType", "provisioningState",
            os_type=disk.get("osType"),
            image="/".join(str(image[key]) for key in IMAGE if image.get(key)),
            zones=sorted(payload.get("zones") or ()),
            availability_set=resource_id(_in(told, "availabilitySet", "id")),
            scale_set=resource_id(_in(told, "virtualMachineScaleSet", "id")),
            disks=sorted(
                resource_id(_in(one, "managedDisk", "id"))
                for one in (disk, *(_in(told, "storageProfile", "dataDisks") or ()))
                if _in(one, "managedDisk", "id")
            ),
        ),
    }  # fmt: skip


def disk(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """A managed disk; its state says whether a machine has it (``attached``, ``unattached``)."""
    told = _properties(payload)
    return {
        "state": str(told.get("diskState") or UNKNOWN).lower(),
        "sku": _sku(payload),
        "storage_gib": _number(told.get("diskSizeGB")),
        "created_at": _instant(told.get("timeCreated")),
        "attributes": attributes(
            told,
            "diskIOPSReadWrite", "diskMBpsReadWrite", "tier", "osType", "provisioningState",
            zones=sorted(payload.get("zones") or ()),
            attached_to=resource_id(payload.get("managedBy")),
        ),
    }  # fmt: skip


def snapshot(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """A snapshot; its size is the disk's, Azure does not list what it stores of it."""
    told = _properties(payload)
    return {
        "state": str(told.get("provisioningState") or UNKNOWN).lower(),
        "sku": _sku(payload),
        "storage_gib": _number(told.get("diskSizeGB")),
        "created_at": _instant(told.get("timeCreated")),
        "attributes": attributes(
            told,
            "incremental", "osType",
            disk=resource_id(_in(told, "creationData", "sourceResourceId")),
        ),
    }  # fmt: skip


def address(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """A public IP address; in use where something has it."""
    told = _properties(payload)
    holder = _in(told, "ipConfiguration", "id") or _in(told, "natGateway", "id")
    return {
        "state": "in-use" if holder else "available",
        "sku": _sku(payload),
        "attributes": attributes(
            told,
            "ipAddress", "publicIPAllocationMethod", "publicIPAddressVersion",
            zones=sorted(payload.get("zones") or ()),
            attached_to=resource_id(holder),
        ),
    }  # fmt: skip


def balancer(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """A load balancer, with the number of what it balances."""
    told = _properties(payload)
    return {
        "state": str(told.get("provisioningState") or UNKNOWN).lower(),
        "sku": _sku(payload),
        "attributes": attributes(
            {},
            rules=len(told.get("loadBalancingRules") or ()),
            backend_pools=len(told.get("backendAddressPools") or ()),
            frontends=len(told.get("frontendIPConfigurations") or ()),
        ),
    }


def database(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """An SQL database; vCores where its tier counts in them."""
    told, sku = _properties(payload), payload.get("sku") or {}
    current = told.get("currentSku") or sku
    cores = _number(current.get("capacity")) if current.get("family") else None
    size = _number(told.get("maxSizeBytes"))
    return {
        "state": str(told.get("status") or UNKNOWN).lower(),
        "sku": str(told.get("currentServiceObjectiveName") or sku.get("name") or ""),
        "vcpus": cores,
        "storage_gib": None if size is None else size / 2**30,
        "created_at": _instant(told.get("creationDate")),
        "attributes": attributes(
            told,
            "zoneRedundant", "licenseType", "readScale", "currentBackupStorageRedundancy",
            tier=current.get("tier"),
            capacity=current.get("capacity"),
            elastic_pool=resource_id(told.get("elasticPoolId")),
        ),
    }  # fmt: skip


def cluster(payload: Payload, _place: Place) -> Mapping[str, Any]:
    """An AKS cluster with its pools; their machines are in a group of resources of their own."""
    told = _properties(payload)
    pools = told.get("agentPoolProfiles") or ()
    power = str(_in(told, "powerState", "code") or told.get("provisioningState") or UNKNOWN)
    return {
        "state": power.lower(),
        "sku": _tier(payload),
        "attributes": attributes(
            told,
            "kubernetesVersion", "nodeResourceGroup", "provisioningState",
            nodes=sum(int(pool.get("count") or 0) for pool in pools),
            pools=sorted(f"{pool.get('name')}:{pool.get('vmSize')}" for pool in pools),
        ),
    }  # fmt: skip


READINGS: Mapping[str, Reading] = MappingProxyType(
    {
        MACHINES: machine,
        "microsoft.compute/disks": disk,
        "microsoft.compute/snapshots": snapshot,
        "microsoft.network/publicipaddresses": address,
        "microsoft.network/loadbalancers": balancer,
        "microsoft.sql/servers/databases": database,
        "microsoft.containerservice/managedclusters": cluster,
    }
)


def to_row(payload: Payload, place: Place) -> ResourceRow:
    """A resource of any supported kind; its attributes are whitelisted by its reading."""
    kind = kind_of(payload)
    return ResourceRow(
        ts=place.ts,
        region=region_of(payload),
        resource_type=KINDS[kind],
        resource_id=resource_id(payload["id"]),
        resource_name=str(payload.get("name") or ""),
        tags={str(k): "" if v is None else str(v) for k, v in (payload.get("tags") or {}).items()},
        **READINGS[kind](payload, place),
    )


def kind_of(payload: Payload) -> str:
    """The ARM type in lower case."""
    return str(payload.get("type")).lower()


def region_of(payload: Payload) -> str:
    """The location, ``global`` where there is none."""
    return location(payload.get("location")) or GLOBAL


def _properties(payload: Payload) -> Mapping[str, Any]:
    told = payload.get("properties") or {}
    if not isinstance(told, Mapping):
        raise TypeError("properties is no object")
    return told


def _in(payload: Any, *path: str) -> Any:
    for name in path:
        payload = payload.get(name) if isinstance(payload, Mapping) else None
    return payload


def _sku(payload: Payload) -> str:
    return str(_in(payload, "sku", "name") or "")


def _tier(payload: Payload) -> str:
    return str(_in(payload, "sku", "tier") or _in(payload, "sku", "name") or "")


def _number(told: Any) -> float | None:
    return None if told is None else float(told)


def _instant(told: Any) -> datetime | None:
    return moment(told) if told else None
