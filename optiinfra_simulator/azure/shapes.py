"""Resources as Resource Manager and Resource Graph show them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from optiinfra_simulator.azure.accounts import SUBSCRIPTIONS
from optiinfra_simulator.azure.prices import Size
from optiinfra_simulator.azure.rigging import guid
from optiinfra_simulator.azure.things import (
    Cluster,
    Database,
    Disk,
    LoadBalancer,
    PublicAddress,
    Resource,
    Snapshot,
    VirtualMachine,
    arm_id,
)

Shape = Mapping[str, Any]
_DONE = {"provisioningState": "Succeeded"}


def stamp(instant: datetime) -> str:
    """An instant as Azure writes it."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.0000000+00:00"


def listed_machine(one: VirtualMachine, now: datetime, *, status: bool = False) -> Shape:
    """A machine in a list of Resource Manager, which writes groups in capitals."""
    told: dict[str, Any] = {
        "name": one.name,
        "id": arm_id(one.account, one.group.upper(), one.arm_type, one.name),
        "type": one.arm_type,
        "location": one.region,
        "tags": dict(one.tags),
        "zones": [one.zone],
        "properties": _machine(one, now),
    }
    if not status:
        told["properties"].pop("extended", None)
    return told


def _machine(one: VirtualMachine, now: datetime) -> dict[str, Any]:
    running = one.life.runs(now)
    state = "running" if running else "deallocated"
    disk = arm_id(one.account, one.group, Disk.arm_type, one.disk)
    card = arm_id(one.account, one.group, "Microsoft.Network/networkInterfaces", f"{one.name}-nic")
    return {
        **_DONE,
        "vmId": guid(one.id, "vm"),
        "hardwareProfile": {"vmSize": one.size},
        "storageProfile": {
            "imageReference": {
                "publisher": "Canonical",
                "offer": "ubuntu-24_04-lts",
                "sku": "server",
                "version": "latest",
                "exactVersion": "24.04.202610090",
            },
            "osDisk": {
                "osType": "Linux",
                "name": one.disk,
                "createOption": "FromImage",
                "caching": "ReadWrite",
                "managedDisk": {"storageAccountType": "Premium_LRS", "id": disk},
                "deleteOption": "Delete",
            },
            "dataDisks": [],
        },
        "osProfile": {
            "computerName": one.name,
            "adminUsername": "azureuser",
            "linuxConfiguration": {
                "disablePasswordAuthentication": True,
                "ssh": {
                    "publicKeys": [
                        {
                            "path": "/home/azureuser/.ssh/authorized_keys",
                            "keyData": f"ssh-rsa AAAAB3Nza{one.serial.replace('-', '')}",
                        }
                    ]
                },
            },
            "secrets": [],
        },
        "networkProfile": {"networkInterfaces": [{"id": card}]},
        "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
        "timeCreated": stamp(one.life.born),
        "extended": {
            "instanceView": {
                "powerState": {
                    "code": f"PowerState/{state}",
                    "level": "Info",
                    "displayStatus": f"VM {state}",
                }
            }
        },
    }


def _disk(one: Disk, now: datetime) -> dict[str, Any]:
    state = "Unattached"
    if one.machine is not None:
        state = "Attached" if one.machine.life.runs(now) else "Reserved"
    return {
        **_DONE,
        "diskSizeGB": one.gib,
        "diskSizeBytes": one.gib << 30,
        "diskState": state,
        "osType": "Linux",
        "uniqueId": guid(one.id),
        "timeCreated": stamp(one.life.born),
        "creationData": {"createOption": "FromImage" if one.machine else "Empty"},
        "networkAccessPolicy": "AllowAll",
    }


def _snapshot(one: Snapshot, _: datetime) -> dict[str, Any]:
    return {
        **_DONE,
        "diskSizeGB": one.disk.gib,
        "diskState": "Unattached",
        "incremental": True,
        "uniqueId": guid(one.id),
        "timeCreated": stamp(one.life.born),
        "creationData": {"createOption": "Copy", "sourceResourceId": one.disk.arm_id},
    }


def _address(one: PublicAddress, _: datetime) -> dict[str, Any]:
    told: dict[str, Any] = {
        **_DONE,
        "ipAddress": one.ip,
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": "Static",
        "idleTimeoutInMinutes": 4,
        "resourceGuid": guid(one.id),
        "ipTags": [],
    }
    if one.machine is not None:
        kind = "Microsoft.Network/networkInterfaces/ipConfigurations"
        card = arm_id(one.account, one.group, kind, f"{one.machine.name}-nic", "primary")
        told["ipConfiguration"] = {"id": card}
    return told


def _database(one: Database, _: datetime) -> dict[str, Any]:
    return {
        "status": "Online",
        "collation": "SQL_Latin1_General_CP1_CI_AS",
        "databaseId": guid(one.id),
        "creationDate": stamp(one.life.born),
        "maxSizeBytes": one.gib << 30,
        "currentServiceObjectiveName": one.sku,
        "requestedServiceObjectiveName": one.sku,
        "zoneRedundant": False,
        "licenseType": "LicenseIncluded",
    }


def _cluster(one: Cluster, _: datetime) -> dict[str, Any]:
    return {
        **_DONE,
        "powerState": {"code": "Running"},
        "kubernetesVersion": one.version,
        "currentKubernetesVersion": one.version,
        "dnsPrefix": one.name,
        "fqdn": f"{one.name}-{guid(one.id)[:8]}.hcp.{one.region}.azmk8s.io",
        "agentPoolProfiles": [
            {
                "name": "system",
                "count": one.nodes,
                "vmSize": "Standard_D4s_v5",
                "mode": "System",
                "osType": "Linux",
                "powerState": {"code": "Running"},
            }
        ],
        "nodeResourceGroup": f"MC_{one.group}_{one.name}_{one.region}",
        "enableRBAC": True,
    }


def _balancer(one: LoadBalancer, _: datetime) -> dict[str, Any]:
    return {
        **_DONE,
        "resourceGuid": guid(one.id),
        "frontendIPConfigurations": [{"name": "public"}],
        "backendAddressPools": [{"name": "machines"}],
        "loadBalancingRules": [{"name": f"rule-{number}"} for number in range(one.rules)],
        "probes": [{"name": "tcp"}],
        "inboundNatRules": [],
        "outboundRules": [],
    }


_PROPERTIES: Mapping[type[Resource], Callable[[Any, datetime], dict[str, Any]]] = {
    VirtualMachine: _machine,
    Disk: _disk,
    Snapshot: _snapshot,
    PublicAddress: _address,
    Database: _database,
    Cluster: _cluster,
    LoadBalancer: _balancer,
}


def _own(one: Resource) -> Mapping[str, Any]:
    """What stands beside the properties of a kind."""
    if isinstance(one, VirtualMachine):
        return {"zones": [one.zone]}
    if isinstance(one, Disk):
        holder = one.machine.arm_id if one.machine else ""
        return {"sku": {"name": one.sku, "tier": one.sku.partition("_")[0]}, "managedBy": holder,
                "zones": [one.zone]}  # fmt: skip
    if isinstance(one, Snapshot):
        return {"sku": {"name": "Standard_LRS", "tier": "Standard"}}
    if isinstance(one, Database):
        tier = {"GP": "GeneralPurpose", "BC": "BusinessCritical"}[one.sku[:2]]
        cores = int(one.sku.rpartition("_")[2])
        return {"sku": {"name": one.sku[:2] + "_Gen5", "tier": tier, "family": "Gen5",
                        "capacity": cores}, "kind": "v12.0,user,vcore"}  # fmt: skip
    if isinstance(one, Cluster):
        return {"sku": {"name": "Base", "tier": "Standard"},
                "identity": {"type": "SystemAssigned", "principalId": guid(one.id)}}  # fmt: skip
    return {"sku": {"name": "Standard", "tier": "Regional"}}


def record(one: Resource, now: datetime) -> dict[str, Any]:
    """A resource as a row of Resource Graph: the type in lower case, the id as it was given."""
    base = {
        "id": one.arm_id,
        "name": one.name,
        "type": one.arm_type.lower(),
        "tenantId": SUBSCRIPTIONS[one.account].tenant,
        "kind": "",
        "location": one.region,
        "resourceGroup": one.group.lower(),
        "subscriptionId": one.account,
        "managedBy": "",
        "sku": None,
        "plan": None,
        "properties": _PROPERTIES[type(one)](one, now),
        "tags": dict(one.tags) or None,
        "identity": None,
        "zones": None,
        "extendedLocation": None,
    }
    return {**base, **_own(one)}


def sku(size: Size, location: str) -> Shape:
    """A size as Microsoft.Compute/skus lists it."""
    capabilities = {
        "MaxResourceVolumeMB": "65536",
        "OSVhdSizeMB": "1047552",
        "vCPUs": str(size.vcpus),
        "MemoryPreservingMaintenanceSupported": "True",
        "HyperVGenerations": "V1,V2",
        "MemoryGB": str(size.memory_gib),
        "MaxDataDiskCount": "4",
        "CpuArchitectureType": "x64",
        "PremiumIO": "True",
        "vCPUsAvailable": str(size.vcpus),
    }
    if size.gpus:
        capabilities["GPUs"] = str(size.gpus)
    return {
        "resourceType": "virtualMachines",
        "name": size.name,
        "tier": "Standard",
        "size": size.name.removeprefix("Standard_"),
        "family": f"standard{size.family}Family",
        "locations": [location],
        "locationInfo": [{"location": location, "zones": ["1", "2", "3"], "zoneDetails": []}],
        "capabilities": [{"name": name, "value": value} for name, value in capabilities.items()],
        "restrictions": [],
    }
