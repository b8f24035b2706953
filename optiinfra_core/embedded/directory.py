"""The folder one embedded server lives in: who runs it, on which port, with which passwords."""

import fcntl
import json
import os
import random
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from optiinfra_core.errors import ConfigurationError

HOST = "127.0.0.1"
# Below the ephemeral ports of Linux (32768) and macOS (49152): after a restart no outgoing
# connection has taken the port.
PORTS = range(20000, 32000)
PORT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Record:
    """What ``server.json`` holds: the port and the secrets, by name."""

    port: int
    secrets: Mapping[str, str] = field(repr=False)


class ServerDirectory:
    """The folder of one server; whoever holds its lock is the server's keeper.

    The kernel frees the lock when the keeper dies, however it dies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.lock_path = self.path / "server.lock"
        self.record_path = self.path / "server.json"
        self.log_path = self.path / "keeper.log"

    def create(self) -> None:
        """Make the folder, closed to other users."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.mkdir(mode=0o700, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[bool]:
        """The keeper's lock; yields False when another process has it."""
        descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # keeper() takes the lock for microseconds to ask; that must not turn us away.
            if not any(_locks(descriptor, fcntl.LOCK_EX) for _ in _pauses(0.5)):
                yield False
                return
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            yield True
        finally:
            os.close(descriptor)

    def keeper(self) -> int | None:
        """The process id of the keeper; None while nobody holds the lock."""
        try:
            descriptor = os.open(self.lock_path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            if _locks(descriptor, fcntl.LOCK_SH):
                return None
            return int(os.pread(descriptor, 32, 0) or 0)
        finally:
            os.close(descriptor)

    @contextmanager
    def starting(self) -> Iterator[bool]:
        """The lock of whoever is about to start a keeper; yields False when another is."""
        descriptor = os.open(self.path / "start.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            yield _locks(descriptor, fcntl.LOCK_EX)
        finally:
            os.close(descriptor)

    def record(self) -> Record | None:
        """The record of the last start; None before the first.

        Raises:
            ConfigurationError: the file is damaged; guessing a password would lock us out.
        """
        try:
            content = json.loads(self.record_path.read_text(encoding="utf-8"))
            return Record(port=content["port"], secrets=content["secrets"])
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(
                f"{self.record_path} is damaged",
                remedy="Restore the file from a backup; it holds the server's passwords.",
            ) from None

    def write(self, record: Record) -> None:
        """Replace the record as a whole; only this user may read it."""
        fresh = self.record_path.with_suffix(".new")
        content = json.dumps({"port": record.port, "secrets": dict(record.secrets)}, indent=1)
        private_file(fresh, content)
        fresh.replace(self.record_path)


def private_file(path: Path, content: str) -> None:
    """Write ``content`` to a file that only this user may read, onto the disk before returning."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def new_password() -> str:
    """192 random bits that need no quoting in a URL, in XML or in SQL."""
    return secrets.token_hex(24)


def choose_port(wanted: int | None, before: int | None) -> int:
    """``wanted``, else the port of the last start, else a free one.

    The last port is waited for: whoever died on it may take a moment to let go, and whoever
    remembers the address keeps asking there.

    Raises:
        ConfigurationError: somebody else listens on ``wanted``, or no port is free.
    """
    if wanted is not None:
        if port_is_free(wanted):
            return wanted
        raise ConfigurationError(
            f"port {wanted} of {HOST} is in use", remedy="Pass another port, or none."
        )
    if before is not None and any(port_is_free(before) for _ in _pauses(PORT_SECONDS)):
        return before
    candidates = random.sample(PORTS, 200)
    for port in candidates:
        if port_is_free(port):
            return port
    raise ConfigurationError(f"none of 200 ports of {HOST} from {PORTS.start} up is free")


def port_is_free(port: int) -> bool:
    """Whether a server could listen on ``port`` now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _pauses(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    yield
    while time.monotonic() < end:
        time.sleep(0.02)
        yield


def _locks(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
