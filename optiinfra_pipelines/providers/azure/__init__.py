"""Microsoft Azure: machines, disks, addresses, SQL, AKS; Azure Monitor; exports, the cost query."""

from optiinfra_core.collecting.contract import Provider
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.cost import CostCollector
from optiinfra_pipelines.providers.azure.credential import AzureCredential
from optiinfra_pipelines.providers.azure.focus_gaps import GAPS
from optiinfra_pipelines.providers.azure.performance import PerformanceCollector
from optiinfra_pipelines.providers.azure.resource import ResourceCollector
from optiinfra_pipelines.providers.azure.verification import verify

PROVIDER = Provider(
    slug="azure",
    title="Microsoft Azure",
    credential=AzureCredential,
    connect=Azure,
    verify=verify,
    collectors=(CostCollector(), PerformanceCollector(), ResourceCollector()),
    docs="optiinfra_pipelines/providers/azure/README.md",
    focus_gaps=GAPS,
    not_supported={
        "gpu_utilization": "Azure Monitor has no GPU metrics without its agent.",
        "past_resources": "Resource Graph lists what exists now.",
        "tax": "Cost Management has no taxes; they stand on the invoice only.",
    },
)
