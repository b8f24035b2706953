"""What is measured in the simulated Vultr: the signals of machines and databases."""

from collections.abc import Mapping
from types import MappingProxyType

from optiinfra_simulator.world.signals import MIB, Signal

CPU = Signal("vultr_cpu", "Percent", 0.1, 97.0, "cpu")
MEMORY = Signal("vultr_memory", "Percent", 8.0, 93.0)
DISK = Signal("vultr_disk", "Percent", 10.0, 88.0)
NETWORK_IN = Signal("vultr_network_in", "Bytes", 20_000, 900 * MIB, "network")
NETWORK_OUT = Signal("vultr_network_out", "Bytes", 15_000, 700 * MIB, "network")
DISK_READ = Signal("vultr_disk_read", "Bytes", 0, 300 * MIB, "disk")
DISK_WRITE = Signal("vultr_disk_write", "Bytes", 4_096, 500 * MIB, "disk")
LOAD = Signal("vultr_load", "Load", 0.01, 7.5)
GPU = Signal("vultr_gpu", "Percent", 0.0, 99.0)
GPU_MEMORY = Signal("vultr_gpu_memory", "Percent", 0.5, 96.0)
GPU_POWER = Signal("vultr_gpu_power", "Watt", 18.0, 290.0)
GPU_TEMPERATURE = Signal("vultr_gpu_temperature", "Celsius", 28.0, 84.0)

DATABASE: Mapping[str, Signal] = MappingProxyType({"cpu": CPU, "memory": MEMORY, "disk": DISK})
