"""What Cloud Monitoring measures on each kind of thing, and between which bounds it moves.

Types, kinds and units after docs.cloud.google.com/monitoring/api/metrics_gcp.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from optiinfra_simulator.google.world.things import Database, Machine, Rule
from optiinfra_simulator.world.signals import GIB, MIB, Signal
from optiinfra_simulator.world.things import Thing

GAUGE, DELTA = "GAUGE", "DELTA"
INT64, DOUBLE = "INT64", "DOUBLE"


@dataclass(frozen=True, slots=True)
class Measured:
    """A metric type: its resource, and how its values come."""

    resource: str
    kind: str
    values: str
    unit: str
    signal: Signal
    gpu: bool = False
    engine: str = ""
    title: str = ""

    @property
    def type(self) -> str:
        """The metric type, as filters name it."""
        return self.signal.name

    def of(self, thing: Thing) -> bool:
        """Whether this thing has it."""
        if isinstance(thing, Machine):
            return self.resource == "gce_instance" and (bool(thing.gpu) or not self.gpu)
        if isinstance(thing, Database):
            fits = thing.version.startswith(self.engine)
            return self.resource == "cloudsql_database" and fits
        return isinstance(thing, Rule) and self.resource == "https_lb_rule"


def _machine(name: str, kind: str, values: str, unit: str, signal: Signal) -> Measured:
    return Measured("gce_instance", kind, values, unit, signal, title=name)


def _counted(path: str, low: float, high: float, family: str = "", unit: str = "By") -> Measured:
    signal = Signal(
        f"compute.googleapis.com/instance/{path}", "Bytes", low, high, family, counted=True
    )
    return _machine(path, DELTA, INT64, unit, signal)


def _agent(path: str, low: float, high: float, *, gpu: bool = False) -> Measured:
    signal = Signal(f"agent.googleapis.com/{path}", "%", low, high)
    return Measured("gce_instance", GAUGE, DOUBLE, "%", signal, gpu=gpu, title=path)


def _sql(
    path: str, low: float, high: float, form: tuple[str, str, str], engine: str = ""
) -> Measured:
    kind, values, unit = form
    whole = "Count" if values == INT64 else unit
    family = "cpu" if path == "cpu/utilization" else ""
    name = f"cloudsql.googleapis.com/database/{path}"
    signal = Signal(name, whole, low, high, family, kind == DELTA)
    return Measured("cloudsql_database", kind, values, unit, signal, engine=engine, title=path)


_SHARE = (GAUGE, DOUBLE, "10^2.%")
_BYTES = (GAUGE, INT64, "By")
_MOVED = (DELTA, INT64, "By")
_OPERATIONS = (DELTA, INT64, "1")
_COUNT = (GAUGE, INT64, "1")

METRICS: tuple[Measured, ...] = (
    _machine(
        "CPU utilization", GAUGE, DOUBLE, "10^2.%",
        Signal("compute.googleapis.com/instance/cpu/utilization", "10^2.%", 0.001, 0.97, "cpu"),
    ),
    _counted("network/received_bytes_count", 20_000, 900 * MIB, "network"),
    _counted("network/sent_bytes_count", 15_000, 700 * MIB, "network"),
    _counted("disk/read_bytes_count", 0, 300 * MIB, "disk"),
    _counted("disk/write_bytes_count", 4_096, 500 * MIB, "disk"),
    _counted("disk/read_ops_count", 0, 9_000, unit="1"),
    _counted("disk/write_ops_count", 10, 15_000, unit="1"),
    _agent("memory/percent_used", 12.0, 94.0),
    _agent("gpu/utilization", 0.0, 99.0, gpu=True),
    _agent("gpu/memory/bytes_used", 2.0 * GIB, 15.0 * GIB, gpu=True),
    _sql("cpu/utilization", 0.01, 0.92, _SHARE),
    _sql("memory/utilization", 0.2, 0.9, _SHARE),
    _sql("disk/utilization", 0.1, 0.8, _SHARE),
    _sql("disk/bytes_used", 5 * GIB, 90 * GIB, _BYTES),
    _sql("disk/quota", 100 * GIB, 100 * GIB, _BYTES),
    _sql("disk/read_ops_count", 0, 250_000, _OPERATIONS),
    _sql("disk/write_ops_count", 0, 180_000, _OPERATIONS),
    _sql("network/received_bytes_count", 50_000, 2 * GIB, _MOVED),
    _sql("network/sent_bytes_count", 50_000, 4 * GIB, _MOVED),
    _sql("network/connections", 0, 180, _COUNT, "MYSQL"),
    _sql("postgresql/num_backends", 0, 180, _COUNT, "POSTGRES"),
    Measured(
        "https_lb_rule", DELTA, INT64, "1",
        Signal(
            "loadbalancing.googleapis.com/https/request_count", "Count", 5, 60_000, "requests",
            counted=True,
        ),
        title="Request count",
    ),
)  # fmt: skip

BY_TYPE: Mapping[str, Measured] = MappingProxyType({one.type: one for one in METRICS})
