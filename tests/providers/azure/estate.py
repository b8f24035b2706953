"""A small subscription: something of every kind as Resource Graph lists it, samples, charges."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.testing.http_double import Fate
from tests.providers.azure.wire import SUBSCRIPTION, Asked, found, told

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Prod"
ADMIN = "canaryadmincanaryadmin"


def arm(kind: str, *names: str) -> str:
    """An ARM id with the capitals of Resource Manager."""
    provider, *types = kind.split("/")
    tail = "/".join(f"{one}/{name}" for one, name in zip(types, names, strict=True))
    return f"{GROUP}/providers/{provider}/{tail}"


def listed(kind: str, /, *names: str, **fields: Any) -> dict[str, Any]:
    """A resource of Resource Graph."""
    return {
        "id": arm(kind, *names),
        "name": names[-1],
        "type": kind.lower(),
        "location": "eastus",
        "tags": None,
        **fields,
    }


DISK = "Microsoft.Compute/disks"
MACHINE = listed(
    "Microsoft.Compute/virtualMachines",
    "Web-1",
    tags={"env": "prod"},
    zones=["1"],
    properties={
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "osProfile": {
            "adminUsername": ADMIN,
            "customData": ADMIN,
            "linuxConfiguration": {"ssh": {"publicKeys": [{"keyData": f"ssh-rsa {ADMIN}"}]}},
        },
        "storageProfile": {
            "osDisk": {"osType": "Linux", "managedDisk": {"id": arm(DISK, "Web-1_OsDisk")}},
            "imageReference": {"publisher": "Canonical", "offer": "ubuntu", "sku": "24_04"},
            "dataDisks": [{"managedDisk": {"id": arm(DISK, "Data")}}],
        },
        "extended": {"instanceView": {"powerState": {"code": "PowerState/running"}}},
        "timeCreated": "2026-10-01T08:00:00.1234567Z",
        "provisioningState": "Succeeded",
    },
)
DATABASE = listed(
    "Microsoft.Sql/servers/databases",
    "sql1",
    "orders",
    kind="v12.0,user,vcore",
    sku={"name": "GP_Gen5", "tier": "GeneralPurpose", "family": "Gen5", "capacity": 4},
    properties={
        "status": "Online",
        "maxSizeBytes": 34359738368,
        "currentServiceObjectiveName": "GP_Gen5_4",
        "creationDate": "2026-09-01T00:00:00Z",
    },
)
MASTER = listed(
    "Microsoft.Sql/servers/databases", "sql1", "master", kind="v12.0,system", properties={}
)
OWNED: Sequence[Mapping[str, Any]] = (
    MACHINE,
    DATABASE,
    MASTER,
    listed(
        DISK,
        "Data",
        sku={"name": "Premium_LRS"},
        managedBy=arm("Microsoft.Compute/virtualMachines", "Web-1"),
        properties={
            "diskState": "Attached",
            "diskSizeGB": 128,
            "timeCreated": "2026-10-01T08:00:00Z",
        },
    ),
    listed(
        "Microsoft.Compute/snapshots",
        "Snap",
        sku={"name": "Standard_LRS"},
        properties={
            "provisioningState": "Succeeded",
            "diskSizeGB": 128,
            "creationData": {"sourceResourceId": arm(DISK, "Data")},
        },
    ),
    listed(
        "Microsoft.Network/publicIPAddresses",
        "Ip",
        sku={"name": "Standard"},
        properties={"ipAddress": "203.0.113.7", "publicIPAllocationMethod": "Static"},
    ),
    listed(
        "Microsoft.Network/loadBalancers",
        "Lb",
        sku={"name": "Standard"},
        properties={"provisioningState": "Succeeded", "loadBalancingRules": [{}, {}]},
    ),
    listed(
        "Microsoft.ContainerService/managedClusters",
        "Aks",
        location="westeurope",
        sku={"name": "Base", "tier": "Standard"},
        properties={
            "powerState": {"code": "Running"},
            "kubernetesVersion": "1.33",
            "agentPoolProfiles": [{"name": "np", "count": 3, "vmSize": "Standard_D4s_v5"}],
        },
    ),
)
SKUS = {
    "value": [
        {"resourceType": "disks", "name": "Premium_LRS"},
        {
            "resourceType": "virtualMachines",
            "name": "Standard_D2s_v5",
            "capabilities": [
                {"name": "vCPUs", "value": "2"},
                {"name": "MemoryGB", "value": "8"},
            ],
        },
    ]
}


def charge(cost: float, day: int, **words: str) -> list[Any]:
    """A row of the cost query in the order of ``columns``."""
    named = {"ServiceName": "Virtual Machines", "ChargeType": "Usage", **words}
    return [cost, day, *(named.get(name, "") for name in COLUMNS[2:-1]), "USD"]


COLUMNS = [
    "Cost", "UsageDate", "ServiceName", "MeterCategory", "MeterSubcategory", "Meter",
    "ResourceGuid", "ResourceId", "ResourceType", "ResourceLocation", "ChargeType",
    "PublisherType", "Frequency", "PricingModel", "BenefitId", "BenefitName", "Currency",
]  # fmt: skip


def query(actual: Sequence[list[Any]], amortized: Sequence[list[Any]] | None = None) -> Any:
    """Answers of the cost query that agree with each other: rows of both kinds, and their sum."""

    def answer(call: Asked) -> Fate:
        rows = actual if call.body["type"] == "ActualCost" else amortized
        rows = actual if rows is None else rows
        if "grouping" not in call.body["dataset"]:
            return found([[sum(row[0] for row in rows), "USD"]], ["Cost", "Currency"])
        return found([list(row) for row in rows], COLUMNS)

    return answer


def samples(call: Asked) -> Fate:
    """Two samples of every metric that is asked for; of the second, Azure has no value yet."""
    names = call.params["metricnames"].split(",")
    stamps = [START, START + timedelta(minutes=5), START + timedelta(minutes=10)]
    values = [
        {
            "starttime": "2026-11-22T12:00:00Z",
            "endtime": "2026-11-22T12:15:00Z",
            "interval": "PT5M",
            "namespace": call.params["metricnamespace"],
            "resourceregion": "eastus",
            "resourceid": identifier,
            "value": [measured(identifier, name, stamps) for name in names],
        }
        for identifier in call.body["resourceids"]
    ]
    return told({"values": values})


def measured(identifier: str, name: str, stamps: Sequence[datetime]) -> dict[str, Any]:
    """One metric of one resource; the middle sample is empty."""
    data = [
        {"timeStamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "average": 2.0 + n, "total": 30.0 + n}
        if n != 1
        else {"timeStamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        for n, at in enumerate(stamps)
    ]
    return {
        "id": f"{identifier}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "unit": "Count",
        "timeseries": [{"metadatavalues": [], "data": data}],
        "errorCode": "Success",
    }
