"""What a Prometheus tells of machines: node_exporter's and dcgm-exporter's series, and our names.

Facts: node_exporter's collectors (cpu, meminfo, filesystem, netdev, diskstats, loadavg) and
dcgm-exporter's default counters; FB_USED and FB_FREE are in MiB, so only their share is told.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from optiinfra_core.metrics import PerformanceRow
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.vultr.client.calls import Payload
from optiinfra_pipelines.providers.vultr.client.prometheus import MOST_POINTS, Metrics
from optiinfra_pipelines.providers.vultr.payloads import region

STEP = 300
_STEP = timedelta(seconds=STEP)
# What one answer may hold: 300 machines in a request, 50,000 points in an answer (about 2 MB).
MACHINES, POINTS = 300, 50_000

_PORT = re.compile(r":\d+$")

Values = Mapping[datetime, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One metric of ours: the series it is made of, and how.

    ``series`` are ``(aggregation, function, name, further matchers)``; ``made`` gets a value of
    each at the same instant.
    """

    metric: str
    statistic: str
    series: Sequence[tuple[str, str, str, str]]
    made: Callable[..., float]


def _same(value: float) -> float:
    return value


def _used(free: float, total: float) -> float:
    return 100.0 * (1 - free / total) if total > 0 else math.nan


def _filled(used: float, free: float) -> float:
    return 100.0 * used / (used + free) if used + free > 0 else math.nan


_IDLE = ("avg", "rate", "node_cpu_seconds_total", 'mode="idle"')
_FREE = ("avg", "avg_over_time", "node_memory_MemAvailable_bytes", "")
_MEMORY = ("avg", "avg_over_time", "node_memory_MemTotal_bytes", "")
_ROOT = 'mountpoint="/",fstype!~"tmpfs|rootfs|overlay"'
_ROOM = ("max", "avg_over_time", "node_filesystem_avail_bytes", _ROOT)
_DISK = ("max", "avg_over_time", "node_filesystem_size_bytes", _ROOT)
# Bridges and virtual pairs count the same bytes again.
_WIRE = 'device!~"lo|veth.*|docker.*|br-.*|cali.*|flannel.*|cni.*|tun.*"'
_WHOLE_DISK = 'device!~"loop.*|ram.*|dm-.*|md.*|sr.*|[sv]d[a-z]+[0-9]+|nvme.*p[0-9]+"'


def _summed(metric: str, name: str, matchers: str) -> Measured:
    series = (("sum", "increase", name, matchers),)
    return Measured(metric=metric, statistic="sum", series=series, made=_same)


def _averaged(metric: str, series: tuple[str, str, str, str]) -> Measured:
    return Measured(metric=metric, statistic="avg", series=(series,), made=_same)


MEASURED: tuple[Measured, ...] = (
    Measured(
        metric="cpu_utilization",
        statistic="avg",
        series=(_IDLE,),
        made=lambda idle: 100.0 * (1 - idle),
    ),
    _averaged("memory_available", _FREE),
    Measured(metric="memory_utilization", statistic="avg", series=(_FREE, _MEMORY), made=_used),
    _averaged("storage_available", _ROOM),
    Measured(metric="storage_utilization", statistic="avg", series=(_ROOM, _DISK), made=_used),
    _summed("network_in", "node_network_receive_bytes_total", _WIRE),
    _summed("network_out", "node_network_transmit_bytes_total", _WIRE),
    _summed("disk_read", "node_disk_read_bytes_total", _WHOLE_DISK),
    _summed("disk_write", "node_disk_written_bytes_total", _WHOLE_DISK),
    _averaged("load_average", ("avg", "avg_over_time", "node_load1", "")),
    _averaged("gpu_utilization", ("avg", "avg_over_time", "DCGM_FI_DEV_GPU_UTIL", "")),
    Measured(
        metric="gpu_memory_utilization",
        statistic="avg",
        series=(
            ("sum", "avg_over_time", "DCGM_FI_DEV_FB_USED", ""),
            ("sum", "avg_over_time", "DCGM_FI_DEV_FB_FREE", ""),
        ),
        made=_filled,
    ),
    _averaged("gpu_power", ("sum", "avg_over_time", "DCGM_FI_DEV_POWER_USAGE", "")),
    _averaged("gpu_temperature", ("max", "avg_over_time", "DCGM_FI_DEV_GPU_TEMP", "")),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """An instance or bare metal server as the inventory has it."""

    resource_type: str
    payload: Payload

    def called(self, match: str) -> str:
        """What the label of a Prometheus holds of it, empty where it has no such thing."""
        field = {"ip": "main_ip"}.get(match, match)
        return str(self.payload.get(field) or "")


def named(machines: Sequence[Machine], match: str) -> dict[str, Machine]:
    """Machines by what the label holds; a name that two share means neither."""
    found: dict[str, list[Machine]] = {}
    for machine in machines:
        name = machine.called(match)
        if name:
            found.setdefault(name, []).append(machine)
    return {name: held[0] for name, held in sorted(found.items()) if len(held) == 1}


def query(series: tuple[str, str, str, str], label: str, names: Sequence[str]) -> str:
    """PromQL for one series of these machines; every name is bound as a quoted literal."""
    aggregation, function, name, matchers = series
    wanted = "|".join(_literal(one) for one in names)
    machines = f'{label}=~"(?:{wanted})(?::[0-9]+)?"'
    selected = f"{name}{{{', '.join(filter(None, (matchers, machines)))}}}"
    return f"{aggregation} by ({label}) ({function}({selected}[5m]))"


def _literal(name: str) -> str:
    """A name inside a pattern inside a double-quoted string: escaped for both."""
    pattern = re.sub(r"([^A-Za-z0-9_ -])", r"\\\1", name)
    return pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def samples(
    metrics: Metrics, machines: Sequence[Machine], span: Window
) -> Iterator[PerformanceRow]:
    """Every sample of ``span`` of every machine that the Prometheus knows.

    Raises:
        InvalidRequest, PermissionMissing, Transient: it cannot be asked.
    """
    by_name = named(machines, metrics.source.match)
    names = tuple(by_name)
    for first in range(0, len(names), MACHINES):
        some = names[first : first + MACHINES]
        longest = min(MOST_POINTS - 1, max(1, POINTS // len(some)))
        for part in span.split(longest * _STEP):
            yield from _some(metrics, {name: by_name[name] for name in some}, part)


def _some(
    metrics: Metrics, wanted: Mapping[str, Machine], span: Window
) -> Iterator[PerformanceRow]:
    read: dict[tuple[str, str, str, str], Mapping[str, Values]] = {}
    for measured in MEASURED:
        for series in measured.series:
            if series not in read:
                read[series] = _read(metrics, series, wanted, span)
        told = [read[series] for series in measured.series]
        for name in told[0]:
            values = [one.get(name, {}) for one in told]
            yield from _rows(measured, wanted[name], values, span)


def _read(
    metrics: Metrics,
    series: tuple[str, str, str, str],
    wanted: Mapping[str, Machine],
    span: Window,
) -> Mapping[str, Values]:
    label = metrics.source.instance_label
    found: dict[str, Values] = {}
    for one in metrics.ranges(query(series, label, tuple(wanted)), span, STEP):
        told = one.labels.get(label, "")
        name = told if told in wanted else _PORT.sub("", told)
        # The same machine behind two ports: the first is as good as the other.
        if name in wanted:
            found.setdefault(name, one.values)
    return found


def _rows(
    measured: Measured, machine: Machine, values: Sequence[Values], span: Window
) -> Iterator[PerformanceRow]:
    """A value at an instant is of the five minutes before it, which is where the row stands."""
    for at in sorted(values[0]):
        told = [one[at] for one in values if at in one]
        ts = at - _STEP
        value = measured.made(*told) if len(told) == len(values) else math.nan
        if math.isfinite(value) and ts in span:
            yield PerformanceRow(
                region=region(machine.payload["region"]),
                resource_type=machine.resource_type,
                resource_id=str(machine.payload["id"]),
                resource_name=str(machine.payload.get("label") or ""),
                metric=measured.metric,
                statistic=measured.statistic,
                unit=UNITS[measured.metric],
                ts=ts,
                period_s=STEP,
                value=value,
            )
