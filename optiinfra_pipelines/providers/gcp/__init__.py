"""Google Cloud: Compute Engine, Cloud SQL, GKE; Cloud Monitoring; the BigQuery billing export."""

from optiinfra_core.collecting.contract import Provider
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.cost import CostCollector
from optiinfra_pipelines.providers.gcp.credential import GcpCredential
from optiinfra_pipelines.providers.gcp.focus_gaps import GAPS
from optiinfra_pipelines.providers.gcp.performance import PerformanceCollector
from optiinfra_pipelines.providers.gcp.resource import ResourceCollector
from optiinfra_pipelines.providers.gcp.verification import verify

PROVIDER = Provider(
    slug="gcp",
    title="Google Cloud",
    credential=GcpCredential,
    connect=Gcp,
    verify=verify,
    collectors=(CostCollector(), PerformanceCollector(), ResourceCollector()),
    docs="optiinfra_pipelines/providers/gcp/README.md",
    focus_gaps=GAPS,
    not_supported={
        "memory_utilization": "Cloud Monitoring has no memory of machines without the Ops Agent.",
        "gpu_utilization": "Cloud Monitoring has no GPU metrics without the Ops Agent.",
        "past_resources": "Google lists what exists now; the past cannot be asked for.",
        "cost_without_export": "Google Cloud tells cost only by a billing export to BigQuery.",
    },
)
