"""What CloudWatch measures on each kind of resource, and between which bounds it moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from optiinfra_simulator.world.things import (
    Balancer,
    Database,
    Function,
    Instance,
    Thing,
    Volume,
)

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Signal:
    """One metric. ``counted`` metrics count events, so their Sum is the value.

    ``rare`` metrics are zero most of the time. ``family`` names the traces that may feed it.
    """

    name: str
    unit: str
    low: float
    high: float
    family: str = ""
    counted: bool = False
    rare: bool = False

    @property
    def whole(self) -> bool:
        """Whether it comes in whole numbers."""
        return self.unit in ("Bytes", "Count")


@dataclass(frozen=True, slots=True)
class Namespace:
    """A CloudWatch namespace: the dimension under which its resources are filed, its metrics."""

    name: str
    dimension: str
    signals: tuple[Signal, ...]

    def signal(self, name: str) -> Signal | None:
        """The metric of that name, None where there is none."""
        return next((signal for signal in self.signals if signal.name == name), None)


NAMESPACES: Mapping[type[Thing], Namespace] = MappingProxyType(
    {
        Instance: Namespace(
            "AWS/EC2",
            "InstanceId",
            (
                Signal("CPUUtilization", "Percent", 0.1, 97.0, "cpu"),
                Signal("NetworkIn", "Bytes", 20_000, 900 * MIB, "network"),
                Signal("NetworkOut", "Bytes", 15_000, 700 * MIB, "network"),
                Signal("EBSReadBytes", "Bytes", 0, 300 * MIB, "disk"),
                Signal("EBSWriteBytes", "Bytes", 4_096, 500 * MIB, "disk"),
                Signal("EBSReadOps", "Count", 0, 9_000),
                Signal("EBSWriteOps", "Count", 10, 15_000),
                Signal("StatusCheckFailed", "Count", 0, 1, rare=True),
            ),
        ),
        Volume: Namespace(
            "AWS/EBS",
            "VolumeId",
            (
                Signal("VolumeReadBytes", "Bytes", 0, 300 * MIB, "disk"),
                Signal("VolumeWriteBytes", "Bytes", 4_096, 500 * MIB, "disk"),
                Signal("VolumeReadOps", "Count", 0, 9_000),
                Signal("VolumeWriteOps", "Count", 10, 15_000),
                Signal("VolumeQueueLength", "Count", 0, 4),
            ),
        ),
        Database: Namespace(
            "AWS/RDS",
            "DBInstanceIdentifier",
            (
                Signal("CPUUtilization", "Percent", 1.0, 92.0, "cpu"),
                Signal("DatabaseConnections", "Count", 0, 180),
                Signal("FreeStorageSpace", "Bytes", 20 * GIB, 90 * GIB),
                Signal("FreeableMemory", "Bytes", 300 * MIB, 3 * GIB),
                Signal("ReadIOPS", "Count/Second", 0, 900),
                Signal("WriteIOPS", "Count/Second", 0, 600),
                Signal("ReadThroughput", "Bytes/Second", 0, 40 * MIB),
                Signal("WriteThroughput", "Bytes/Second", 0, 30 * MIB),
                Signal("NetworkReceiveThroughput", "Bytes/Second", 200, 20 * MIB),
                Signal("NetworkTransmitThroughput", "Bytes/Second", 200, 40 * MIB),
                Signal("DiskQueueDepth", "Count", 0, 12),
            ),
        ),
        Balancer: Namespace(
            "AWS/ApplicationELB",
            "LoadBalancer",
            (
                Signal("RequestCount", "Count", 5, 60_000, "requests", counted=True),
                Signal("TargetResponseTime", "Seconds", 0.004, 1.2),
                Signal("HTTPCode_Target_5XX_Count", "Count", 1, 90, counted=True, rare=True),
                Signal("HTTPCode_ELB_5XX_Count", "Count", 1, 30, counted=True, rare=True),
                Signal("ActiveConnectionCount", "Count", 2, 3_000, counted=True),
                Signal("ProcessedBytes", "Bytes", 10_000, 2 * GIB, counted=True),
            ),
        ),
        Function: Namespace(
            "AWS/Lambda",
            "FunctionName",
            (
                Signal("Invocations", "Count", 1, 4_000, "requests", counted=True),
                Signal("Errors", "Count", 1, 40, counted=True, rare=True),
                Signal("Throttles", "Count", 1, 20, counted=True, rare=True),
                Signal("Duration", "Milliseconds", 3.0, 2_400.0),
                Signal("ConcurrentExecutions", "Count", 1, 40),
            ),
        ),
    }
)


def namespace_of(kind: type[Thing]) -> Namespace | None:
    """The namespace in which a kind of resource is measured, None where it is not."""
    return NAMESPACES.get(kind)


def namespace_named(name: str) -> tuple[type[Thing], Namespace] | None:
    """The kind of resource and the namespace of that name."""
    for kind, namespace in NAMESPACES.items():
        if namespace.name == name:
            return kind, namespace
    return None
