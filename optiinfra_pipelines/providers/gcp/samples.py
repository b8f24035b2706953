"""Which metric types are read, how they are aligned and reduced, and what we call them.

Types, kinds and units: "Google Cloud metrics" and "Ops Agent metrics" (Cloud Monitoring docs).
"""

from dataclasses import dataclass

INSTANCE, DATABASE, BALANCER = "gce_instance", "cloudsql_database", "https_lb_rule"

# What one machine is known by in a series that joins its disks, network interfaces or GPUs.
_MACHINE = (
    "resource.label.project_id",
    "resource.label.zone",
    "resource.label.instance_id",
    "metric.label.instance_name",
)
_AGENT_MACHINE = _MACHINE[:3]
_RULE = (
    "resource.label.project_id",
    "resource.label.region",
    "resource.label.forwarding_rule_name",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One metric type.

    ``align`` and ``reduce`` are mean or sum; ``scale`` brings Google's unit to ours; ``only`` is
    a further condition of the filter.
    """

    type: str
    resource: str
    metric: str
    align: str = "mean"
    reduce: str = ""
    group_by: tuple[str, ...] = ()
    scale: float = 1.0
    only: str = ""

    @property
    def filter(self) -> str:
        """What chooses its series."""
        told = f'metric.type = "{self.type}" AND resource.type = "{self.resource}"'
        return f"{told} AND {self.only}" if self.only else told

    @property
    def statistic(self) -> str:
        """Our name for what a sample is of its interval."""
        return "sum" if self.align == "sum" else "avg"


def _counted(path: str, metric: str) -> Sampled:
    # A DELTA for each disk or interface; ALIGN_DELTA would invent values for gaps.
    return Sampled(
        type=f"compute.googleapis.com/instance/{path}",
        resource=INSTANCE,
        metric=metric,
        align="sum",
        reduce="sum",
        group_by=_MACHINE,
    )


def _agent(path: str, metric: str, *, reduce: str, only: str = "") -> Sampled:
    return Sampled(
        type=f"agent.googleapis.com/{path}",
        resource=INSTANCE,
        metric=metric,
        reduce=reduce,
        group_by=_AGENT_MACHINE if reduce else (),
        only=only,
    )


def _sql(path: str, metric: str, *, align: str = "mean", scale: float = 1.0) -> Sampled:
    return Sampled(
        type=f"cloudsql.googleapis.com/database/{path}",
        resource=DATABASE,
        metric=metric,
        align=align,
        scale=scale,
    )


SAMPLED: tuple[Sampled, ...] = (
    # A share of all vCPUs, which bursting shared cores may exceed.
    Sampled(
        type="compute.googleapis.com/instance/cpu/utilization",
        resource=INSTANCE,
        metric="cpu_utilization",
        scale=100.0,
    ),
    _counted("network/received_bytes_count", "network_in"),
    _counted("network/sent_bytes_count", "network_out"),
    _counted("disk/read_bytes_count", "disk_read"),
    _counted("disk/write_bytes_count", "disk_write"),
    _counted("disk/read_ops_count", "disk_read_operations"),
    _counted("disk/write_ops_count", "disk_write_operations"),
    # Only where the Ops Agent runs; a machine without it has no series, which costs nothing.
    _agent(
        "memory/percent_used", "memory_utilization", reduce="", only='metric.label.state = "used"'
    ),
    _agent("gpu/utilization", "gpu_utilization", reduce="mean"),
    _agent(
        "gpu/memory/bytes_used",
        "gpu_memory_used",
        reduce="sum",
        only='metric.label.memory_state = "used"',
    ),
    _sql("cpu/utilization", "cpu_utilization", scale=100.0),
    _sql("memory/utilization", "memory_utilization", scale=100.0),
    _sql("disk/utilization", "storage_utilization", scale=100.0),
    _sql("disk/bytes_used", "storage_used"),
    _sql("disk/quota", "storage_size"),
    _sql("disk/read_ops_count", "disk_read_operations", align="sum"),
    _sql("disk/write_ops_count", "disk_write_operations", align="sum"),
    _sql("network/received_bytes_count", "network_in", align="sum"),
    _sql("network/sent_bytes_count", "network_out", align="sum"),
    # MySQL and PostgreSQL count connections under different names.
    _sql("network/connections", "connections"),
    Sampled(
        type="cloudsql.googleapis.com/database/postgresql/num_backends",
        resource=DATABASE,
        metric="connections",
        reduce="sum",
        group_by=(
            "resource.label.project_id",
            "resource.label.region",
            "resource.label.database_id",
        ),
    ),
    Sampled(
        type="loadbalancing.googleapis.com/https/request_count",
        resource=BALANCER,
        metric="requests",
        align="sum",
        reduce="sum",
        group_by=_RULE,
    ),
)
