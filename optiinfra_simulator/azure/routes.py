"""The operations of the API: where each is asked for, what it is called, what allows it."""

import re

from optiinfra_simulator.azure import arm, blobs, costs, exports, graph, monitor
from optiinfra_simulator.azure.calls import Handler, Operation
from optiinfra_simulator.azure.roles import BLOB_READ

_METRICS = "https://metrics.monitor.azure.com"
_STORAGE = "https://storage.azure.com"
_SUBSCRIPTION = "/subscriptions/(?P<subscription>[^/]+)"


def _operation(asked: str, name: str, action: str, handler: Handler) -> Operation:
    """An operation of Resource Manager, whose paths are compared without case."""
    method, path = asked.split(" ")
    service, _, title = name.partition(".")
    return Operation(
        method, re.compile(path + "/?$", re.IGNORECASE), service, title, action, handler
    )


_READ = "Microsoft.Resources/subscriptions/read"
_VMS = "/providers/Microsoft.Compute/virtualMachines"
_COSTS = "/providers/Microsoft.CostManagement"
_INSIGHTS = "/providers/Microsoft.Insights/metrics"

OPERATIONS = (
    _operation("GET /subscriptions", "arm.ListSubscriptions", "", arm.subscriptions),
    _operation(f"GET {_SUBSCRIPTION}", "arm.GetSubscription", _READ, arm.subscription),
    _operation(
        f"GET {_SUBSCRIPTION}/providers/Microsoft.Authorization/permissions",
        "arm.ListPermissions",
        "",
        arm.permissions,
    ),
    _operation(
        f"GET {_SUBSCRIPTION}/providers/Microsoft.Compute/skus",
        "compute.ListSkus",
        "Microsoft.Compute/skus/read",
        arm.skus,
    ),
    _operation(
        f"GET {_SUBSCRIPTION}{_VMS}",
        "compute.ListVirtualMachines",
        "Microsoft.Compute/virtualMachines/read",
        arm.virtual_machines,
    ),
    _operation(
        f"GET|POST {_SUBSCRIPTION}{_INSIGHTS}",
        "monitor.ListMetricsAtSubscriptionScope",
        "Microsoft.Insights/metrics/read",
        monitor.of_subscription,
    ),
    _operation(
        f"GET (?P<resource>{_SUBSCRIPTION}/resourceGroups/.+){_INSIGHTS}",
        "monitor.ListMetrics",
        "Microsoft.Insights/metrics/read",
        monitor.single,
    ),
    _operation(
        f"POST {_SUBSCRIPTION}{_COSTS}/query",
        "costmanagement.Query",
        "Microsoft.CostManagement/query/read",
        costs.query,
    ),
    _operation(
        f"GET {_SUBSCRIPTION}{_COSTS}/exports",
        "costmanagement.ListExports",
        "Microsoft.CostManagement/exports/read",
        exports.listed,
    ),
    _operation(
        f"GET {_SUBSCRIPTION}{_COSTS}/exports/(?P<export>[^/]+)",
        "costmanagement.GetExport",
        "Microsoft.CostManagement/exports/read",
        exports.one,
    ),
    _operation(
        f"GET {_SUBSCRIPTION}{_COSTS}/exports/(?P<export>[^/]+)/runHistory",
        "costmanagement.GetExportHistory",
        "Microsoft.CostManagement/exports/read",
        exports.history,
    ),
    _operation(
        "POST /providers/Microsoft.ResourceGraph/resources",
        "resourcegraph.Resources",
        "Microsoft.ResourceGraph/resources/read",
        graph.resources,
    ),
    Operation(
        "POST",
        re.compile(
            f"(?:/metrics/(?P<region>[a-z0-9]+))?{_SUBSCRIPTION}/metrics:getBatch$", re.IGNORECASE
        ),
        "metrics",
        "GetBatch",
        "Microsoft.Insights/metrics/read",
        monitor.batch,
        _METRICS,
    ),
    Operation(
        "GET|HEAD",
        re.compile(
            f"/(?P<account>{'|'.join(sorted(blobs.STORAGE_ACCOUNTS))})"
            "/(?P<container>[^/]+)(?:/(?P<blob>.+))?$"
        ),
        "storage",
        "Blob",
        BLOB_READ,
        blobs.answer,
        _STORAGE,
    ),
)
