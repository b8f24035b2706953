"""What is simulated besides AWS: clouds on sockets of their own, applications, and a judge."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from optiinfra_simulator.applications import arrivals
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.clouds import SimulatedCloud
from optiinfra_simulator.groq.double import GroqDouble, Setup
from optiinfra_simulator.server import Beside
from optiinfra_simulator.world.world import World

# Of the clouds, and after them the judge's.
PORTS = 5
# Requests hold texts; a demo runs for days.
_REMEMBERED = 1_000


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
    """The clouds besides AWS over ``world``, on ports from ``first_port`` on.

    Port 0 picks free ones. ``state`` is a folder for what has to outlive a restart; ``only``
    names the clouds that are wanted.
    """
    return [make(world, first_port, state) for slug, make in OTHERS.items() if slug in only]


def beside(world: World, first_port: int = 0, corpus: Path | None = None) -> Beside:
    """The applications of ``world`` and their judge, on the last of the ports from ``first_port``.

    Where ``corpus`` holds ``llm_traces/azure_llm_conv.csv``, calls come as in that trace and with
    its token counts. The judge's key is told by control.
    """
    trace = arrivals.load(corpus / arrivals.TRACE if corpus else None)
    setup = Setup(seed=world.seed, clock=world.clock, remembered=_REMEMBERED)
    judge = GroqDouble(setup, first_port and first_port + PORTS - 1)
    return Beside(Traffic(world.seed, trace=trace), judge)
