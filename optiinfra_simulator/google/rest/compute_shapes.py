"""Things in the shape of Compute Engine's REST API, v1."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from optiinfra_simulator.google.world.places import GLOBAL, region_of
from optiinfra_simulator.google.world.skus import MACHINES, Shape
from optiinfra_simulator.google.world.things import Address, Disk, Machine, Rule, Snapshot
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Thing

BASE = "https://www.googleapis.com/compute/v1/projects"
_PACIFIC = ZoneInfo("America/Los_Angeles")
_LICENSE = f"{BASE}/debian-cloud/global/licenses/debian-12-bookworm"
_PLATFORMS = {"e2": "Intel Broadwell", "n1": "Intel Haswell", "n2": "Intel Ice Lake",
              "g2": "Intel Cascade Lake"}  # fmt: skip


def stamp(instant: datetime) -> str:
    """An instant as Compute Engine writes it: milliseconds, in Californian time."""
    return instant.astimezone(_PACIFIC).isoformat(timespec="milliseconds")


def fingerprint(*names: object) -> str:
    """A fingerprint: eleven letters and an equals sign."""
    raw = bytes.fromhex(dice.hexadecimal(16, *names))
    return base64.urlsafe_b64encode(raw).decode()


def _common(kind: str, thing: Thing, path: str) -> dict[str, Any]:
    found = {
        "kind": f"compute#{kind}",
        "id": thing.id,
        "creationTimestamp": stamp(thing.life.born),
        "name": thing.name,
        "selfLink": f"{BASE}/{thing.account}/{path}/{thing.name}",
        "labelFingerprint": fingerprint(thing.id, "labels"),
    }
    return found | ({"labels": dict(thing.tags)} if thing.tags else {})


def instance(machine: Machine, now: datetime) -> Mapping[str, Any]:
    """An instance; one that is stopped is TERMINATED in Google's words."""
    project, zone = machine.account, machine.zone
    here = f"{BASE}/{project}/zones/{zone}"
    running = machine.life.runs(now)
    family = MACHINES[machine.type].family
    found = _common("instance", machine, f"zones/{zone}/instances") | {
        "description": "",
        "tags": {"items": ["http-server"], "fingerprint": fingerprint(machine.id, "tags")},
        "machineType": f"{here}/machineTypes/{machine.type}",
        "status": "RUNNING" if running else "TERMINATED",
        "zone": here,
        "canIpForward": False,
        "networkInterfaces": [_interface(machine, running=running)],
        "disks": [_attached(machine, here)],
        # What people leave in metadata is nothing a collector should keep.
        "metadata": {
            "fingerprint": fingerprint(machine.id, "metadata"),
            "items": [{"key": "startup-script", "value": "export DB_PASSWORD=not-for-collectors"}],
            "kind": "compute#metadata",
        },
        "serviceAccounts": [
            {
                "email": f"{machine.account}-compute@developer.gserviceaccount.com",
                "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
            }
        ],
        "scheduling": {
            "onHostMaintenance": "TERMINATE" if machine.gpu else "MIGRATE",
            "automaticRestart": True,
            "preemptible": False,
        },
        "cpuPlatform": _PLATFORMS[family] if running else "Unknown CPU Platform",
        "startRestricted": False,
        "reservationAffinity": {"consumeReservationType": "ANY_RESERVATION"},
        "displayDevice": {"enableDisplay": False},
        "shieldedInstanceConfig": {
            "enableSecureBoot": False,
            "enableVtpm": True,
            "enableIntegrityMonitoring": True,
        },
        "shieldedInstanceIntegrityPolicy": {"updateAutoLearnPolicy": True},
        "confidentialInstanceConfig": {"enableConfidentialCompute": False},
        "deletionProtection": False,
        "fingerprint": fingerprint(machine.id),
        "lastStartTimestamp": stamp(machine.life.last_start(now)),
    }
    stopped = machine.life.last_stop(now)
    if stopped is not None:
        found["lastStopTimestamp"] = stamp(stopped)
    if machine.gpu:
        link = f"{here}/acceleratorTypes/{machine.gpu}"
        found["guestAccelerators"] = [{"acceleratorType": link, "acceleratorCount": 1}]
    return found


def _interface(machine: Machine, *, running: bool) -> Mapping[str, Any]:
    base = f"{BASE}/{machine.account}"
    region = region_of(machine.zone)
    found: dict[str, Any] = {
        "kind": "compute#networkInterface",
        "network": f"{base}/global/networks/default",
        "subnetwork": f"{base}/regions/{region}/subnetworks/default",
        "networkIP": machine.address,
        "name": "nic0",
        "fingerprint": fingerprint(machine.id, "nic0"),
    }
    if machine.public:
        access = {"kind": "compute#accessConfig", "type": "ONE_TO_ONE_NAT", "name": "External NAT"}
        if running:
            access["natIP"] = machine.public
        found["accessConfigs"] = [access]
    return found


def _attached(machine: Machine, here: str) -> Mapping[str, Any]:
    return {
        "kind": "compute#attachedDisk",
        "type": "PERSISTENT",
        "mode": "READ_WRITE",
        "source": f"{here}/disks/{machine.name}",
        "deviceName": machine.name,
        "index": 0,
        "boot": True,
        "autoDelete": True,
        "licenses": [_LICENSE],
        "interface": "SCSI",
        "guestOsFeatures": [{"type": "UEFI_COMPATIBLE"}, {"type": "VIRTIO_SCSI_MULTIQUEUE"}],
    }


def disk(thing: Disk) -> Mapping[str, Any]:
    """A persistent disk; sizes are strings, as all 64-bit numbers are."""
    here = f"{BASE}/{thing.account}/zones/{thing.zone}"
    found = _common("disk", thing, f"zones/{thing.zone}/disks") | {
        "sizeGb": str(thing.gib),
        "zone": here,
        "status": "READY",
        "type": f"{here}/diskTypes/{thing.type}",
        "licenses": [_LICENSE],
        "licenseCodes": ["2147286739765738111"],
        "physicalBlockSizeBytes": "4096",
        "lastAttachTimestamp": stamp(thing.life.born),
    }
    if thing.machine:
        found["users"] = [f"{here}/instances/{thing.machine}"]
    else:
        found["lastDetachTimestamp"] = stamp(thing.life.born)
    return found


def snapshot(thing: Snapshot) -> Mapping[str, Any]:
    """A snapshot."""
    source = f"{BASE}/{thing.account}/zones/{thing.zone}/disks/{thing.disk}"
    return _common("snapshot", thing, "global/snapshots") | {
        "status": "READY",
        "sourceDisk": source,
        "sourceDiskId": thing.disk_id,
        "diskSizeGb": str(thing.disk_gib),
        "storageBytes": str(thing.stored_gib * 2**30),
        "storageBytesStatus": "UP_TO_DATE",
        "storageLocations": [thing.region],
        "snapshotType": "STANDARD",
        "autoCreated": True,
        "downloadBytes": str(thing.stored_gib * 2**30),
        "creationSizeBytes": str(thing.stored_gib * 2**30),
    }


def address(thing: Address) -> Mapping[str, Any]:
    """A reserved address."""
    everywhere = thing.region == GLOBAL
    scope = GLOBAL if everywhere else f"regions/{thing.region}"
    found = _common("address", thing, f"{scope}/addresses") | {
        "description": "",
        "address": thing.ip,
        "status": "IN_USE" if thing.machine else "RESERVED",
        "networkTier": "PREMIUM",
        "addressType": "EXTERNAL",
    }
    if not everywhere:
        found["region"] = f"{BASE}/{thing.account}/regions/{thing.region}"
    if thing.machine:
        zone = f"{BASE}/{thing.account}/zones/{thing.zone}"
        found["users"] = [f"{zone}/instances/{thing.machine}"]
    return found


def rule(thing: Rule) -> Mapping[str, Any]:
    """A forwarding rule of a region."""
    region = f"{BASE}/{thing.account}/regions/{thing.region}"
    return _common("forwardingRule", thing, f"regions/{thing.region}/forwardingRules") | {
        "description": "",
        "region": region,
        "IPAddress": thing.ip,
        "IPProtocol": "TCP",
        "portRange": "443-443",
        "target": f"{region}/targetHttpsProxies/{thing.name}",
        "loadBalancingScheme": "INTERNAL_MANAGED" if thing.internal else "EXTERNAL_MANAGED",
        "networkTier": "PREMIUM",
        "fingerprint": fingerprint(thing.id),
    }


def machine_type(project: str, zone: str, name: str, shape: Shape) -> Mapping[str, Any]:
    """A machine type as a zone offers it."""
    here = f"{BASE}/{project}/zones/{zone}"
    found: dict[str, Any] = {
        "kind": "compute#machineType",
        "id": str(shape.id),
        "creationTimestamp": "1969-12-31T16:00:00.000-08:00",
        "name": name,
        "description": f"{shape.cores} vCPUs, {shape.gib} GB RAM",
        "guestCpus": shape.cores,
        "memoryMb": int(shape.gib * 1024),
        "imageSpaceGb": 0,
        "maximumPersistentDisks": 128,
        "maximumPersistentDisksSizeGb": "263168",
        "zone": zone,
        "selfLink": f"{here}/machineTypes/{name}",
        "isSharedCpu": name == "e2-medium",
        "architecture": "X86_64",
    }
    if shape.gpu:
        found["accelerators"] = [{"guestAcceleratorType": shape.gpu, "guestAcceleratorCount": 1}]
    return found
