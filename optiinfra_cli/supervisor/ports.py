"""Which loopback ports an installation listens on: one block, chosen once."""

import socket
from dataclasses import dataclass

from optiinfra_core.errors import ConfigurationError

_BLOCKS = 50
# The simulated clouds besides the first, and the judge, listen on as many ports of their own.
_CLOUDS = 5
_HIGHEST = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A block of neighbouring ports; people use the first two.

    ``clouds`` is the first of those that a demo's simulated clouds and their judge share.
    """

    api: int
    dagster: int
    simulator: int
    code: int
    clouds: int

    @classmethod
    def block(cls, base: int) -> "Ports":
        """The block that starts at ``base``."""
        return cls(api=base, dagster=base + 1, simulator=base + 2, code=base + 3, clouds=base + 4)

    def numbers(self, *, demo: bool = False) -> tuple[int, ...]:
        """Those an installation listens on; with ``demo`` those of the simulated clouds too."""
        clouds = range(self.clouds, self.clouds + _CLOUDS)
        return (self.api, self.dagster, self.simulator, self.code, *(clouds if demo else ()))


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket() as attempt:
        # Servers set this too; without it a port is taken for a minute after its last use.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def exactly(base: int, *, demo: bool = False) -> Ports:
    """The block at ``base``; ``demo`` takes the ports of simulated clouds too.

    Raises:
        ConfigurationError: one of its ports is taken, or beyond the last port.
    """
    ports = Ports.block(base)
    numbers = ports.numbers(demo=demo)
    if max(numbers) > _HIGHEST:
        raise ConfigurationError(f"port {base} leaves no room for the ports after it")
    taken = [str(port) for port in numbers if not is_free(port)]
    if taken:
        raise ConfigurationError(
            f"port {', '.join(taken)} is taken",
            remedy=f"Free it, or choose another block of {len(numbers)} with --port-base.",
        )
    return ports


def first_free(base: int) -> Ports:
    """The first free block at ``base`` or above, room for a demo included, in steps of ten.

    Raises:
        ConfigurationError: none of the blocks tried is free.
    """
    for start in range(base, min(base + 10 * _BLOCKS, _HIGHEST - 10), 10):
        ports = Ports.block(start)
        if all(is_free(port) for port in ports.numbers(demo=True)):
            return ports
    raise ConfigurationError(f"no block of free ports from {base} on")
