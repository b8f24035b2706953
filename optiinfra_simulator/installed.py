"""The simulated clouds besides AWS, each on sockets of its own."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from optiinfra_simulator.clouds import SimulatedCloud
from optiinfra_simulator.world.world import World

PORTS = 4


def _google(world: World, first_port: int, _: Path | None) -> SimulatedCloud:
    from optiinfra_simulator.google.cloud import GoogleCloud  # noqa: PLC0415 - loads gRPC, DuckDB

    return GoogleCloud(world, (first_port, first_port and first_port + 1))


def _azure(world: World, first_port: int, state: Path | None) -> SimulatedCloud:
    from optiinfra_simulator.azure.cloud import AzureCloud  # noqa: PLC0415 - loads trustme

    return AzureCloud(world, first_port and first_port + 2, state)


def _vultr(world: World, first_port: int, _: Path | None) -> SimulatedCloud:
    from optiinfra_simulator.vultr.cloud import VultrCloud  # noqa: PLC0415 - as its neighbours

    return VultrCloud(world, first_port and first_port + 3)


OTHERS: Mapping[str, Callable[[World, int, Path | None], SimulatedCloud]] = {
    "gcp": _google,
    "azure": _azure,
    "vultr": _vultr,
}


def others(
    world: World,
    first_port: int = 0,
    state: Path | None = None,
    *,
    only: Collection[str] = tuple(OTHERS),
) -> list[SimulatedCloud]:
    """The clouds besides AWS over ``world``, on ``PORTS`` ports from ``first_port`` on.

    Port 0 picks free ones. ``state`` is a folder for what has to outlive a restart; ``only``
    names the clouds that are wanted.
    """
    return [make(world, first_port, state) for slug, make in OTHERS.items() if slug in only]
