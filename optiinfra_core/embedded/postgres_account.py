"""Who Postgres runs as: it refuses root, so root enters a user namespace or becomes nobody."""

import ctypes
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from optiinfra_core.embedded.keeper import die_with_parent
from optiinfra_core.errors import ConfigurationError

CLONE_NEWUSER = 0x10000000
NOBODY = 65534
CACHE = Path("/var/cache/optiinfra-postgres")


class Account(Protocol):
    """The user that initdb and postgres run as."""

    def admit(self, data: Path) -> None:
        """Create the folder ``data`` if needed and let the account own it."""
        ...

    def programs(self, binaries: Path) -> Path:
        """The folder of ``binaries`` as the account can execute them."""
        ...

    def enter(self) -> None:
        """Become the account; called in the child between fork and exec."""
        ...


@dataclass(frozen=True, slots=True)
class Myself:
    """The user who started the keeper."""

    def admit(self, data: Path) -> None:
        """Create the folder."""
        data.mkdir(mode=0o700, exist_ok=True)

    def programs(self, binaries: Path) -> Path:
        """Nothing to do: what we may read, the child may read."""
        return binaries

    def enter(self) -> None:
        """Stay who we are, and stop cleanly when the keeper dies."""
        die_with_parent(signal.SIGINT)


@dataclass(frozen=True, slots=True)
class MappedRoot:
    """Root, seen as user 1 in a user namespace: files stay root's and folders stay closed."""

    def admit(self, data: Path) -> None:
        """Create the folder."""
        data.mkdir(mode=0o700, exist_ok=True)

    def programs(self, binaries: Path) -> Path:
        """Nothing to do: outside the namespace the child is still root."""
        return binaries

    def enter(self) -> None:
        """Map root to user 1, which postgres accepts."""
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "unshare")
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text("1 0 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text("1 0 1", encoding="ascii")
        # After the change of user: the kernel forgets the request at every such change.
        die_with_parent(signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Nobody:
    """The user nobody, for containers that refuse user namespaces."""

    cache: Path = CACHE

    def admit(self, data: Path) -> None:
        """Give ``data`` to nobody and let nobody pass through the server's folder above it.

        Raises:
            ConfigurationError: a folder further up is closed to other users; opening it is not
                ours to decide.
        """
        self._demand_way(data.parent)
        data.parent.chmod(0o711)
        data.mkdir(mode=0o700, exist_ok=True)
        for path in (data, *data.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    def programs(self, binaries: Path) -> Path:
        """Copy the installation to where nobody can read it."""
        installation = binaries.parent
        state = installation.stat()
        copy = self.cache / f"{state.st_ino:x}-{state.st_mtime_ns:x}"
        if not copy.exists():
            fresh = copy.with_suffix(f".{os.getpid()}")
            self.cache.mkdir(parents=True, exist_ok=True, mode=0o755)
            shutil.copytree(installation, fresh, symlinks=True)
            fresh.rename(copy)
        return copy / binaries.name

    def enter(self) -> None:
        """Become nobody for good."""
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        die_with_parent(signal.SIGINT)

    def _demand_way(self, directory: Path) -> None:
        for folder in directory.parents:
            if not folder.stat().st_mode & 0o001:
                raise ConfigurationError(
                    f"Postgres refuses to run as root, and the user nobody cannot enter {folder}",
                    remedy="Start as another user than root, set OPTIINFRA_DATA_DIR to a folder "
                    "whose parents are open to everybody, or set OPTIINFRA_POSTGRES_URL.",
                )


def choose_account() -> Account:
    """The least invasive account that works on this machine."""
    if os.geteuid() != 0:
        return Myself()
    return MappedRoot() if _can_map_root() else Nobody()


def _can_map_root() -> bool:
    child = os.fork()
    if child == 0:
        try:
            MappedRoot().enter()
        except (OSError, AttributeError):
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
