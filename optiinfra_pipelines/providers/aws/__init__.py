"""Amazon Web Services: EC2, EBS, RDS, Lambda, ELB, EKS; CloudWatch; Cost Explorer, Data Exports."""

from optiinfra_core.collecting.contract import Provider
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.cost import CostCollector
from optiinfra_pipelines.providers.aws.credential import AwsCredential
from optiinfra_pipelines.providers.aws.focus_gaps import GAPS
from optiinfra_pipelines.providers.aws.performance import PerformanceCollector
from optiinfra_pipelines.providers.aws.resource import ResourceCollector
from optiinfra_pipelines.providers.aws.verification import verify

PROVIDER = Provider(
    slug="aws",
    title="Amazon Web Services",
    credential=AwsCredential,
    connect=Aws,
    verify=verify,
    collectors=(CostCollector(), PerformanceCollector(), ResourceCollector()),
    docs="optiinfra_pipelines/providers/aws/README.md",
    focus_gaps=GAPS,
    not_supported={
        "memory_utilization": "CloudWatch has no memory of EC2 instances without its agent.",
        "gpu_utilization": "CloudWatch has no GPU metrics without its agent.",
        "past_resources": "AWS lists what exists now; snapshots of the past cannot be asked for.",
    },
)
