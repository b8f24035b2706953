"""What node_exporter and dcgm-exporter would show of a machine, from the world's series."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from optiinfra_simulator.vultr import measured
from optiinfra_simulator.vultr.things import Machine
from optiinfra_simulator.world.signals import MIB, Signal

GB = 1_000_000_000
Reading = Callable[[Machine, float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One time series of a machine: its own labels, and its value in five minutes of a signal.

    Counters give what they grew by in those minutes; constants have no signal.
    """

    name: str
    signal: Signal | None
    reading: Reading
    labels: Mapping[str, str] = field(default_factory=dict)
    counter: bool = False
    gpu: bool = False


def _same(_machine: Machine, value: float) -> float:
    return value


def _seconds(share: Callable[[float], float]) -> Reading:
    return lambda _machine, percent: 300 * share(percent) / 100


def _gauge(name: str, signal: Signal, reading: Reading = _same, **labels: str) -> Exported:
    return Exported(name=name, signal=signal, reading=reading, labels=labels)


def _counter(name: str, signal: Signal, reading: Reading = _same, **labels: str) -> Exported:
    return Exported(name=name, signal=signal, reading=reading, labels=labels, counter=True)


def _constant(name: str, reading: Reading, **labels: str) -> Exported:
    return Exported(name=name, signal=None, reading=reading, labels=labels)


def _gpu(name: str, signal: Signal, reading: Reading = _same) -> Exported:
    labels = {"gpu": "0", "modelName": "NVIDIA"}
    return Exported(name=name, signal=signal, reading=reading, labels=labels, gpu=True)


_ROOT = {"mountpoint": "/", "fstype": "ext4", "device": "/dev/vda2"}

EXPORTED: tuple[Exported, ...] = (
    _constant("up", lambda _machine, _value: 1.0),
    *(
        _counter("node_cpu_seconds_total", measured.CPU, _seconds(share), cpu=str(cpu), mode=mode)
        for cpu in range(2)
        for mode, share in (("idle", lambda told: 100 - told), ("user", lambda told: told))
    ),
    _constant("node_memory_MemTotal_bytes", lambda machine, _value: float(machine.plan.ram * MIB)),
    _gauge(
        "node_memory_MemAvailable_bytes",
        measured.MEMORY,
        lambda machine, used: machine.plan.ram * MIB * (100 - used) / 100,
    ),
    _constant(
        "node_filesystem_size_bytes", lambda machine, _value: float(machine.plan.disk * GB), **_ROOT
    ),
    _gauge(
        "node_filesystem_avail_bytes",
        measured.DISK,
        lambda machine, used: machine.plan.disk * GB * (100 - used) / 100,
        **_ROOT,
    ),
    _counter("node_network_receive_bytes_total", measured.NETWORK_IN, device="enp1s0"),
    _counter("node_network_transmit_bytes_total", measured.NETWORK_OUT, device="enp1s0"),
    _counter("node_network_receive_bytes_total", measured.DISK_WRITE, device="lo"),
    _counter("node_network_transmit_bytes_total", measured.DISK_WRITE, device="lo"),
    _counter("node_disk_read_bytes_total", measured.DISK_READ, device="vda"),
    _counter("node_disk_written_bytes_total", measured.DISK_WRITE, device="vda"),
    _gauge("node_load1", measured.LOAD),
    _gpu("DCGM_FI_DEV_GPU_UTIL", measured.GPU),
    _gpu(
        "DCGM_FI_DEV_FB_USED",
        measured.GPU_MEMORY,
        lambda machine, used: machine.plan.gpu_memory * 1024 * used / 100,
    ),
    _gpu(
        "DCGM_FI_DEV_FB_FREE",
        measured.GPU_MEMORY,
        lambda machine, used: machine.plan.gpu_memory * 1024 * (100 - used) / 100,
    ),
    _gpu("DCGM_FI_DEV_POWER_USAGE", measured.GPU_POWER),
    _gpu("DCGM_FI_DEV_GPU_TEMP", measured.GPU_TEMPERATURE),
)


def shown(machine: Machine) -> Iterator[tuple[Exported, Mapping[str, str]]]:
    """Every series of a machine with all its labels."""
    for exported in EXPORTED:
        if exported.gpu and not machine.plan.gpu:
            continue
        port, job = ("9400", "dcgm") if exported.gpu else ("9100", "node")
        yield (
            exported,
            {
                "__name__": exported.name,
                "instance": f"{machine.hostname}:{port}",
                "instance_id": machine.id,
                "job": job,
                **exported.labels,
            },
        )
