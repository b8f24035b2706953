"""What each request is called, which permission allows it, and what it costs: the only table."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request: its name in the ledger, the permission that allows it, its price in dollars.

    ``data``: the permission is a data action, granted on the storage account or container.
    """

    name: str
    permission: str
    usd: Decimal = Decimal(0)
    data: bool = False


SUBSCRIPTION = Operation(
    name="Microsoft.Resources/subscriptions:get",
    permission="Microsoft.Resources/subscriptions/read",
)
PERMISSIONS = Operation(
    name="Microsoft.Authorization/permissions:list",
    permission="Microsoft.Authorization/permissions/read",
)
GRAPH = Operation(
    name="Microsoft.ResourceGraph/resources:query",
    permission="Microsoft.ResourceGraph/resources/read",
)
SKUS = Operation(name="Microsoft.Compute/skus:list", permission="Microsoft.Compute/skus/read")
# The batch is allowed by the same permission, at the subscription (azure-monitor-querymetrics).
METRICS_BATCH = Operation(
    name="Microsoft.Insights/metrics:getBatch", permission="Microsoft.Insights/metrics/read"
)
METRICS_REGION = Operation(
    name="Microsoft.Insights/metrics:listAtSubscription",
    permission="Microsoft.Insights/metrics/read",
)
METRICS = Operation(
    name="Microsoft.Insights/metrics:list", permission="Microsoft.Insights/metrics/read"
)
COST_QUERY = Operation(
    name="Microsoft.CostManagement/query:usage", permission="Microsoft.CostManagement/query/read"
)
# azure.microsoft.com/pricing/details/storage/blobs, hot, LRS, East US: 10,000 lists 0.05 USD,
# 10,000 reads 0.004 USD. Azure bills them to the storage account, not to the reader.
BLOB_LIST = Operation(
    name="Microsoft.Storage/blobs:list",
    permission="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    usd=Decimal("0.000005"),
    data=True,
)
BLOB_GET = Operation(
    name="Microsoft.Storage/blobs:get",
    permission="Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    usd=Decimal("0.0000004"),
    data=True,
)

OPERATIONS = (
    SUBSCRIPTION, PERMISSIONS, GRAPH, SKUS, METRICS_BATCH, METRICS_REGION, METRICS, COST_QUERY,
    BLOB_LIST, BLOB_GET,
)  # fmt: skip

# Resource Graph shows only what the principal may read, kind by kind.
LISTED: Mapping[str, str] = MappingProxyType(
    {
        "microsoft.compute/virtualmachines": "Microsoft.Compute/virtualMachines/read",
        "microsoft.compute/disks": "Microsoft.Compute/disks/read",
        "microsoft.compute/snapshots": "Microsoft.Compute/snapshots/read",
        "microsoft.network/publicipaddresses": "Microsoft.Network/publicIPAddresses/read",
        "microsoft.network/loadbalancers": "Microsoft.Network/loadBalancers/read",
        "microsoft.sql/servers/databases": "Microsoft.Sql/servers/databases/read",
        "microsoft.containerservice/managedclusters": (
            "Microsoft.ContainerService/managedClusters/read"
        ),
    }
)
