"""Vultr: instances, bare metal, storage, network, Kubernetes, databases, inference; its billing."""

from optiinfra_core.collecting.contract import Provider
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.cost import CostCollector
from optiinfra_pipelines.providers.vultr.credential import VultrCredential
from optiinfra_pipelines.providers.vultr.focus_gaps import GAPS
from optiinfra_pipelines.providers.vultr.performance import PerformanceCollector
from optiinfra_pipelines.providers.vultr.resource import ResourceCollector
from optiinfra_pipelines.providers.vultr.verification import verify

_AGENT = "Vultr's API has no such metric of machines; a Prometheus named in the credential has."

PROVIDER = Provider(
    slug="vultr",
    title="Vultr",
    credential=VultrCredential,
    connect=Vultr,
    verify=verify,
    collectors=(CostCollector(), PerformanceCollector(), ResourceCollector()),
    docs="optiinfra_pipelines/providers/vultr/README.md",
    focus_gaps=GAPS,
    not_supported={
        "cpu_utilization": _AGENT,
        "memory_utilization": _AGENT,
        "memory_available": _AGENT,
        "storage_utilization": _AGENT,
        "disk_read": _AGENT,
        "disk_write": _AGENT,
        "load_average": _AGENT,
        "gpu_utilization": _AGENT,
        "network_by_the_minute": "Vultr's API tells an instance's traffic by day, a day later.",
        "load_balancer_requests": "Vultr's API has no metrics of load balancers.",
        "list_cost": "Vultr tells what an account pays, not what is public at the time.",
        "daily_cost": "Vultr bills lines of a month: days are their hours at the told price.",
        "cost_by_resource": "Lines name no resource; those whose words fit exactly one are joined.",
        "key_expiry": "Vultr does not tell when a key expires.",
        "past_resources": "Vultr lists what exists now; past snapshots cannot be asked for.",
        "past_database_load": "Vultr tells a database's present load only.",
    },
)
