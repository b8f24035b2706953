"""Which loopback ports an installation listens on: one block, chosen once."""

import socket
from dataclasses import dataclass

from optiinfra_core.errors import ConfigurationError

_BLOCKS = 50
_HIGHEST = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """A block of neighbouring ports; people use the first two."""

    api: int
    dagster: int
    simulator: int
    code: int

    @classmethod
    def block(cls, base: int) -> "Ports":
        """The block that starts at ``base``."""
        return cls(api=base, dagster=base + 1, simulator=base + 2, code=base + 3)

    def numbers(self) -> tuple[int, ...]:
        """All of them."""
        return tuple(getattr(self, name) for name in self.__slots__)


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


def exactly(base: int) -> Ports:
    """The block at ``base``.

    Raises:
        ConfigurationError: one of its ports is taken, or beyond the last port.
    """
    ports = Ports.block(base)
    if max(ports.numbers()) > _HIGHEST:
        raise ConfigurationError(f"port {base} leaves no room for the ports after it")
    taken = [str(port) for port in ports.numbers() if not is_free(port)]
    if taken:
        raise ConfigurationError(
            f"port {', '.join(taken)} is taken",
            remedy=f"Free it, or choose another block of {len(Ports.__slots__)} with --port-base.",
        )
    return ports


def first_free(base: int) -> Ports:
    """The first free block at ``base`` or above, in steps of ten.

    Raises:
        ConfigurationError: none of the blocks tried is free.
    """
    for start in range(base, min(base + 10 * _BLOCKS, _HIGHEST - 10), 10):
        ports = Ports.block(start)
        if all(is_free(port) for port in ports.numbers()):
            return ports
    raise ConfigurationError(f"no block of free ports from {base} on")
