"""Performance: one sample of one metric of one resource, in canonical names and units."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from optiinfra_core.metrics.model import Column, Kind, Metric, Row
from optiinfra_core.windows import QUARTER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceRow(Row):
    """One sample. ``ts`` is the start of the interval measured, never the time of collection."""

    region: str
    resource_type: str
    resource_id: str
    resource_name: str = ""
    metric: str
    statistic: str
    unit: str
    ts: datetime
    period_s: int
    value: float


# Canonical metric -> unit. OpenTelemetry's spelling of units (UCUM): By, By/s, %, {requests}.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "cpu_utilization": "%",
        "dtu_utilization": "%",
        "network_in": "By",
        "network_out": "By",
        "disk_read": "By",
        "disk_write": "By",
        "disk_read_operations": "{operations}",
        "disk_write_operations": "{operations}",
        "memory_available": "By",
        "memory_utilization": "%",
        "storage_utilization": "%",
        "storage_available": "By",
        "storage_used": "By",
        "storage_size": "By",
        "connections": "{connections}",
        "requests": "{requests}",
        "errors": "{errors}",
        "throttles": "{requests}",
        "duration": "ms",
        "response_time": "s",
        "concurrency": "{executions}",
        "queue_length": "{operations}",
        "load_average": "1",
        "gpu_utilization": "%",
        "gpu_memory_utilization": "%",
        "gpu_memory_used": "By",
        "gpu_power": "W",
        "gpu_temperature": "Cel",
        "tokens": "{tokens}",
    }
)

PERFORMANCE = Metric(
    name="performance",
    title="Performance",
    table="performance_metrics",
    daily_table="performance_metrics_1d",
    row=PerformanceRow,
    window=QUARTER_HOUR,
    partial=False,
    instant="ts",
    part="region",
    key=("region", "resource_id", "metric", "statistic", "ts"),
    additive=(),
    columns=(
        Column("region", Kind.TEXT, "Region of the resource"),
        Column("resource_type", Kind.TEXT, "Kind of resource"),
        Column("resource_id", Kind.TEXT, "Resource, as in the inventory"),
        Column("resource_name", Kind.TEXT, "Display name of the resource"),
        Column("metric", Kind.TEXT, "Canonical metric name"),
        Column("statistic", Kind.TEXT, "avg, sum, min or max over the interval"),
        Column("unit", Kind.TEXT, "Unit of the value (UCUM)"),
        Column("ts", Kind.INSTANT, "Start of the interval measured"),
        Column("period_s", Kind.COUNT, "Length of the interval", "s"),
        Column("value", Kind.FLOAT, "The measurement"),
    ),
)
