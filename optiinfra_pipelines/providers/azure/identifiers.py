"""ARM identifiers and locations as Azure spells them in different places -> one spelling."""

from collections.abc import Mapping
from types import MappingProxyType

GLOBAL = "global"

# Kinds of resources (ARM types in lower case) and what we call them.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "microsoft.compute/virtualmachines": "azure.compute.virtualmachine",
        "microsoft.compute/disks": "azure.compute.disk",
        "microsoft.compute/snapshots": "azure.compute.snapshot",
        "microsoft.network/publicipaddresses": "azure.network.publicipaddress",
        "microsoft.network/loadbalancers": "azure.network.loadbalancer",
        "microsoft.sql/servers/databases": "azure.sql.database",
        "microsoft.containerservice/managedclusters": "azure.containerservice.managedcluster",
    }
)

# Names of meter regions in cost data whose words stand in another order than the location's, or
# are others (microsoft/finops-toolkit, open data, Regions).
_LOCATIONS: Mapping[str, str] = MappingProxyType(
    {
        "useast": "eastus", "useast2": "eastus2", "uswest": "westus", "uswest2": "westus2",
        "uswest3": "westus3", "uscentral": "centralus", "usnorthcentral": "northcentralus",
        "ussouthcentral": "southcentralus", "uswestcentral": "westcentralus",
        "eunorth": "northeurope", "euwest": "westeurope", "apeast": "eastasia",
        "apsoutheast": "southeastasia", "jaeast": "japaneast", "jawest": "japanwest",
        "aueast": "australiaeast", "ausoutheast": "australiasoutheast",
        "aucentral": "australiacentral", "aucentral2": "australiacentral2",
        "brsouth": "brazilsouth", "brsoutheast": "brazilsoutheast", "cacentral": "canadacentral",
        "caeast": "canadaeast", "incentral": "centralindia", "insouth": "southindia",
        "inwest": "westindia", "krcentral": "koreacentral", "krsouth": "koreasouth",
        "frcentral": "francecentral", "frsouth": "francesouth", "chnorth": "switzerlandnorth",
        "chwest": "switzerlandwest", "denorth": "germanynorth",
        "dewestcentral": "germanywestcentral",
        "noeast": "norwayeast", "nowest": "norwaywest", "aenorth": "uaenorth",
        "aecentral": "uaecentral", "zanorth": "southafricanorth", "zawest": "southafricawest",
        "secentral": "swedencentral", "sesouth": "swedensouth", "plcentral": "polandcentral",
        "itnorth": "italynorth", "qacentral": "qatarcentral", "ilcentral": "israelcentral",
    }
)  # fmt: skip
# What cost data say where a charge has no location.
_NOWHERE = frozenset({"", "unassigned", "unknown", "na", "n/a", "intercontinental", "zone1"})


def resource_id(told: object) -> str:
    """An ARM id in lower case, as inventory, cost and samples share it."""
    return "" if told is None else str(told).strip().lower()


def location(told: object) -> str:
    """A location as Resource Manager names it (``eastus``), empty where a charge has none."""
    name = "" if told is None else "".join(str(told).lower().split())
    return "" if name in _NOWHERE else _LOCATIONS.get(name, name)


def name_of(identifier: str) -> str:
    """The last part of an ARM id."""
    return identifier.rstrip("/").rpartition("/")[2]
