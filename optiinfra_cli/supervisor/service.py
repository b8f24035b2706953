"""A process the supervisor keeps: its command, what has to be ready before it, when it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from optiinfra_core.errors import ConfigurationError

Probe = Callable[[], bool]


def running() -> bool:
    """The probe of a process that is ready as soon as it runs."""
    return True


def nothing_more() -> Mapping[str, str]:
    """The late environment of a process that needs none."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One process, as data.

    ``after`` names the services that are ready before this one starts; ``before`` those that end
    only after it ended, the same ones unless told. A ``task`` runs once and is ready when it ends
    with 0. ``late_environment`` is asked when the process starts: for what
    is known only then, such as the address of a server started before it. Times in seconds.
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    before: tuple[str, ...] | None = None
    ready: Probe = running
    task: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    late_environment: Callable[[], Mapping[str, str]] = nothing_more
    stop_seconds: float = 5.0
    start_seconds: float = 120.0


def in_order(services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The services, each behind those it starts after.

    Raises:
        ConfigurationError: a name is unknown, or services wait for each other in a circle.
    """
    placed: dict[str, Service] = {}
    rest = list(services)
    while rest:
        free = [service for service in rest if all(name in placed for name in service.after)]
        if not free:
            stuck = ", ".join(service.name for service in rest)
            raise ConfigurationError(f"these services can never start: {stuck}")
        placed.update((service.name, service) for service in free)
        rest = [service for service in rest if service not in free]
    return tuple(placed.values())
