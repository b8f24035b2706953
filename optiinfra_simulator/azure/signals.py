"""What Azure Monitor measures on each kind of resource, and between which bounds it moves.

Names, units and aggregations after learn.microsoft.com/azure/azure-monitor/reference/metrics-index.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from optiinfra_simulator.azure.things import (
    Cluster,
    Database,
    Disk,
    LoadBalancer,
    PublicAddress,
    Resource,
    VirtualMachine,
)
from optiinfra_simulator.world.signals import GIB, MIB, Signal


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its series and the aggregation that Azure takes when none is asked for.

    ``summed`` metrics are totals: their five minutes hold five times what a minute does. A
    ``silent`` metric exists for the type but no resource here sends it: its bins are empty.
    """

    signal: Signal
    primary: str
    silent: bool = False

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.signal.name

    @property
    def summed(self) -> bool:
        """Whether the series holds totals of five minutes."""
        return self.primary == "total"


def _average(name: str, unit: str, low: float, high: float, family: str = "") -> Metric:
    return Metric(Signal(name, unit, low, high, family), "average")


def _total(name: str, unit: str, low: float, high: float, family: str = "") -> Metric:
    return Metric(Signal(name, unit, low, high, family, counted=True), "total")


NAMESPACES: Mapping[type[Resource], tuple[Metric, ...]] = MappingProxyType(
    {
        VirtualMachine: (
            _average("Percentage CPU", "Percent", 0.1, 97.0, "cpu"),
            _total("Network In Total", "Bytes", 20_000, 900 * MIB, "network"),
            _total("Network Out Total", "Bytes", 15_000, 700 * MIB, "network"),
            _total("Network In", "Bytes", 20_000, 800 * MIB, "network"),
            _total("Network Out", "Bytes", 15_000, 600 * MIB, "network"),
            _total("Disk Read Bytes", "Bytes", 0, 300 * MIB, "disk"),
            _total("Disk Write Bytes", "Bytes", 4_096, 500 * MIB, "disk"),
            _average("Disk Read Operations/Sec", "CountPerSecond", 0, 900),
            _average("Disk Write Operations/Sec", "CountPerSecond", 0, 1_500),
            _average("Available Memory Bytes", "Bytes", 200 * MIB, 14 * GIB),
            _average("Available Memory Percentage", "Percent", 4.0, 92.0),
            _average("OS Disk Queue Depth", "Count", 0, 12),
            _average("VmAvailabilityMetric", "Count", 1, 1),
        ),
        Disk: (
            _average("Composite Disk Read Bytes/sec", "BytesPerSecond", 0, 40 * MIB),
            _average("Composite Disk Write Bytes/sec", "BytesPerSecond", 0, 60 * MIB),
            _average("Composite Disk Read Operations/sec", "CountPerSecond", 0, 900),
            _average("Composite Disk Write Operations/sec", "CountPerSecond", 0, 1_200),
        ),
        Database: (
            _average("cpu_percent", "Percent", 1.0, 92.0, "cpu"),
            # The databases are bought by cores; what is bought by DTU would send it.
            Metric(Signal("dtu_consumption_percent", "Percent", 0, 100), "average", silent=True),
            _average("physical_data_read_percent", "Percent", 0.0, 60.0),
            _average("log_write_percent", "Percent", 0.0, 50.0),
            _average("workers_percent", "Percent", 0.0, 40.0),
            _average("sessions_percent", "Percent", 0.0, 20.0),
            _average("sessions_count", "Count", 0, 180),
            _average("sql_instance_memory_percent", "Percent", 5.0, 95.0),
            _average("storage", "Bytes", 1 * GIB, 90 * GIB),
            _average("storage_percent", "Percent", 2.0, 80.0),
            _total("connection_successful", "Count", 0, 600),
            _total("connection_failed", "Count", 0, 4),
            _total("deadlock", "Count", 0, 1),
        ),
        Cluster: (
            _average("node_cpu_usage_percentage", "Percent", 1.0, 90.0, "cpu"),
            _average("node_cpu_usage_millicores", "MilliCores", 50.0, 12_000.0),
            _average("node_memory_working_set_percentage", "Percent", 10.0, 92.0),
            _average("node_memory_working_set_bytes", "Bytes", 1 * GIB, 40 * GIB),
            _average("node_disk_usage_percentage", "Percent", 5.0, 80.0),
            _average("node_network_in_bytes", "Bytes", 1_000, 500 * MIB, "network"),
            _average("node_network_out_bytes", "Bytes", 1_000, 400 * MIB, "network"),
            _average("apiserver_cpu_usage_percentage", "Percent", 0.5, 60.0),
        ),
        LoadBalancer: (
            _total("ByteCount", "Bytes", 10_000, 2 * GIB),
            _total("PacketCount", "Count", 100, 2_000_000),
            _total("SYNCount", "Count", 0, 40_000, "requests"),
            _total("SnatConnectionCount", "Count", 0, 3_000),
            _average("VipAvailability", "Count", 99, 100),
            _average("DipAvailability", "Count", 90, 100),
            _average("UsedSnatPorts", "Count", 0, 800),
            _average("AllocatedSnatPorts", "Count", 1_024, 1_024),
        ),
        PublicAddress: (
            _total("ByteCount", "Bytes", 10_000, 1 * GIB),
            _total("PacketCount", "Count", 100, 900_000),
            _total("SynCount", "Count", 0, 9_000),
            _average("VipAvailability", "Count", 99, 100),
        ),
    }
)


def metrics_of(namespace: str) -> tuple[Metric, ...]:
    """The metrics of a namespace, which is a resource type in any case; none where unknown."""
    for kind, found in NAMESPACES.items():
        if kind.arm_type.lower() == namespace.lower():
            return found
    return ()
