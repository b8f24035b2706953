"""Google Cloud inventory -> ResourceRow: one pure function per kind of resource."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.collecting.payloads import attributes
from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.gcp import identifiers
from optiinfra_pipelines.providers.gcp.identifiers import GLOBAL, last_part, region_of
from optiinfra_pipelines.providers.gcp.machine_types import Size, size_of

Payload = Mapping[str, Any]
UNKNOWN = "unknown"
GIB = 2**30

# TERMINATED is a machine that was stopped and can be started again ("VM instance lifecycle").
STATES: Mapping[str, str] = MappingProxyType({"terminated": "stopped", "runnable": "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of which project and when a payload was seen; ``sizes`` of types whose names tell none."""

    ts: datetime
    project: str
    sizes: Mapping[str, Size] = field(default_factory=dict)

    def size(self, machine_type: str) -> Size | None:
        """What a machine type has, as far as that is known."""
        return size_of(machine_type) or self.sizes.get(machine_type)


def instance(payload: Payload, place: Place) -> ResourceRow:
    """A virtual machine."""
    zone, sku = last_part(str(payload["zone"])), last_part(str(payload.get("machineType", "")))
    size = place.size(sku)
    scheduling = payload.get("scheduling") or {}
    return ResourceRow(
        ts=place.ts,
        region=region_of(zone),
        resource_type="gcp.compute.instance",
        resource_id=identifiers.instance(place.project, zone, str(payload["id"])),
        resource_name=str(payload["name"]),
        state=_state(payload.get("status")),
        sku=sku,
        vcpus=size.vcpus if size else None,
        memory_gib=size.memory_gib if size else None,
        created_at=instant(payload.get("creationTimestamp")),
        tags=labels(payload.get("labels")),
        attributes=attributes(
            payload, "cpuPlatform", "minCpuPlatform", "canIpForward", "deletionProtection",
            zone=zone,
            project=place.project,
            preemptible=scheduling.get("preemptible"),
            provisioning_model=scheduling.get("provisioningModel"),
            accelerators=sorted(
                f"{last_part(str(one.get('acceleratorType', '')))} x {one.get('acceleratorCount')}"
                for one in payload.get("guestAccelerators") or ()
            ),
            disks=sorted(
                last_part(str(one["source"]))
                for one in payload.get("disks") or ()
                if one.get("source")
            ),
            networks=sorted(
                {last_part(str(one.get("network", "")))
                 for one in payload.get("networkInterfaces") or ()}
            ),
        ),
    )  # fmt: skip


def disk(payload: Payload, place: Place) -> ResourceRow:
    """A persistent disk, zonal or regional; one that nothing uses is available."""
    where = _where(payload)
    users = sorted(last_part(str(one)) for one in payload.get("users") or ())
    state = _state(payload.get("status"))
    return ResourceRow(
        ts=place.ts,
        region=region_of(where),
        resource_type="gcp.compute.disk",
        resource_id=identifiers.located(place.project, where, "disks", str(payload["id"])),
        resource_name=str(payload["name"]),
        state=("in-use" if users else "available") if state == "ready" else state,
        sku=last_part(str(payload.get("type", ""))),
        storage_gib=_number(payload.get("sizeGb")),
        created_at=instant(payload.get("creationTimestamp")),
        tags=labels(payload.get("labels")),
        attributes=attributes(
            payload, "provisionedIops", "provisionedThroughput", "architecture",
            zone=_zone(where),
            project=place.project,
            attached_to=users,
            source_image=last_part(str(payload.get("sourceImage", ""))),
            source_snapshot=last_part(str(payload.get("sourceSnapshot", ""))),
        ),
    )  # fmt: skip


def snapshot(payload: Payload, place: Place) -> ResourceRow:
    """A snapshot; its size is what is stored of it, which is what is billed."""
    stored = _number(payload.get("storageBytes"))
    return ResourceRow(
        ts=place.ts,
        region=GLOBAL,
        resource_type="gcp.compute.snapshot",
        resource_id=identifiers.located(place.project, GLOBAL, "snapshots", str(payload["id"])),
        resource_name=str(payload["name"]),
        state=_state(payload.get("status")),
        sku=str(payload.get("snapshotType", "")).lower(),
        storage_gib=stored / GIB if stored is not None else None,
        created_at=instant(payload.get("creationTimestamp")),
        tags=labels(payload.get("labels")),
        attributes=attributes(
            payload, "autoCreated", "storageLocations", "diskSizeGb",
            project=place.project,
            source_disk=last_part(str(payload.get("sourceDisk", ""))),
        ),
    )  # fmt: skip


def address(payload: Payload, place: Place) -> ResourceRow:
    """A reserved address, of a region or global."""
    where = _where(payload)
    return ResourceRow(
        ts=place.ts,
        region=region_of(where),
        resource_type="gcp.compute.address",
        resource_id=identifiers.located(place.project, where, "addresses", str(payload["id"])),
        resource_name=str(payload["name"]),
        state=_state(payload.get("status")),
        sku=str(payload.get("networkTier", "")).lower(),
        created_at=instant(payload.get("creationTimestamp")),
        tags=labels(payload.get("labels")),
        attributes=attributes(
            payload, "address", "addressType", "prefixLength", "purpose", "ipVersion",
            project=place.project,
            used_by=sorted(last_part(str(one)) for one in payload.get("users") or ()),
        ),
    )  # fmt: skip


def forwarding_rule(payload: Payload, place: Place) -> ResourceRow:
    """The front of a load balancer; it has no state of its own."""
    where = _where(payload)
    return ResourceRow(
        ts=place.ts,
        region=region_of(where),
        resource_type="gcp.compute.forwarding_rule",
        resource_id=identifiers.located(
            place.project, where, "forwardingRules", str(payload["id"])
        ),
        resource_name=str(payload["name"]),
        state=UNKNOWN,
        sku=str(payload.get("loadBalancingScheme", "")).lower(),
        created_at=instant(payload.get("creationTimestamp")),
        tags=labels(payload.get("labels")),
        attributes=attributes(
            payload, "IPAddress", "IPProtocol", "portRange", "networkTier",
            project=place.project,
            target=last_part(str(payload.get("target", ""))),
        ),
    )  # fmt: skip


def database(payload: Payload, place: Place) -> ResourceRow:
    """A Cloud SQL instance; one that is never to run is stopped, whatever its state says."""
    settings = payload.get("settings") or {}
    tier = str(settings.get("tier", ""))
    size = size_of(tier)
    stopped = settings.get("activationPolicy") == "NEVER"
    return ResourceRow(
        ts=place.ts,
        region=str(payload.get("region") or GLOBAL),
        resource_type="gcp.sql.instance",
        resource_id=identifiers.database(place.project, str(payload["name"])),
        resource_name=str(payload["name"]),
        state="stopped" if stopped else _state(payload.get("state")),
        sku=tier,
        vcpus=size.vcpus if size else None,
        memory_gib=size.memory_gib if size else None,
        storage_gib=_number(settings.get("dataDiskSizeGb")),
        created_at=instant(payload.get("createTime")),
        tags=labels(settings.get("userLabels")),
        attributes=attributes(
            payload, "databaseVersion", "gceZone", "instanceType", "backendType",
            project=place.project,
            availability_type=settings.get("availabilityType"),
            data_disk_type=settings.get("dataDiskType"),
            edition=settings.get("edition"),
        ),
    )  # fmt: skip


def cluster(payload: Payload, place: Place) -> ResourceRow:
    """A GKE cluster; its nodes are virtual machines of the inventory."""
    location = str(payload["location"])
    autopilot = bool((payload.get("autopilot") or {}).get("enabled"))
    return ResourceRow(
        ts=place.ts,
        region=region_of(location),
        resource_type="gcp.container.cluster",
        resource_id=identifiers.cluster(place.project, location, str(payload["name"])),
        resource_name=str(payload["name"]),
        state=_state(payload.get("status")),
        sku="autopilot" if autopilot else "standard",
        created_at=instant(payload.get("createTime")),
        tags=labels(payload.get("resourceLabels")),
        attributes=attributes(
            payload, "currentMasterVersion", "locations", "network",
            project=place.project,
            location=location,
        ),
    )  # fmt: skip


def _where(payload: Payload) -> str:
    """``zones/Z``, ``regions/R`` or ``global``: where a Compute resource is."""
    for name in ("zone", "region"):
        if payload.get(name):
            return f"{name}s/{last_part(str(payload[name]))}"
    return GLOBAL


def _zone(where: str) -> str | None:
    return last_part(where) if where.startswith("zones/") else None


def _state(told: Any) -> str:
    state = str(told or UNKNOWN).lower()
    return STATES.get(state, state)


def _number(told: Any) -> float | None:
    # 64-bit numbers are text in Google's JSON.
    return None if told in (None, "") else float(told)


def labels(told: Any) -> dict[str, str]:
    """Labels as tags."""
    return {str(key): str(value) for key, value in (told or {}).items()}


def instant(told: Any) -> datetime | None:
    """RFC 3339 in UTC; None where it is not told."""
    return datetime.fromisoformat(str(told)).astimezone(UTC) if told else None
