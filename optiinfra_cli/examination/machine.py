"""The machine and the data directory: Python, disk, ports, who may read the keys."""

import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from optiinfra_cli import installation
from optiinfra_cli.examination.finding import Finding, failure, warning, well
from optiinfra_cli.supervisor.ports import Ports, is_free
from optiinfra_core.errors import OptiInfraError
from optiinfra_core.settings import Settings
from optiinfra_core.vault.keyring import KeyRing

GIB = 1 << 30
# Postgres ends itself when the disk is full; collecting needs room before that.
LEAST_BYTES, COMFORTABLE_BYTES = GIB, 5 * GIB


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything that can be seen without a server."""
    yield well("python", f"{platform.python_version()} at {sys.executable}")
    yield _disk(settings.data_dir)
    yield from _data_directory(settings)
    yield _keyring(settings)
    yield _ports(settings)


def _disk(data_dir: Path) -> Finding:
    existing = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    usage = shutil.disk_usage(existing)
    seen = f"{usage.free / GIB:.1f} GiB free of {usage.total / GIB:.0f} GiB at {existing}"
    if usage.free < max(LEAST_BYTES, usage.total // 100):
        return failure("disk", seen, "Free space, or move OPTIINFRA_DATA_DIR to a larger disk.")
    if usage.free < COMFORTABLE_BYTES:
        return warning("disk", seen, "Free space soon, or shorten OPTIINFRA_RAW_DAYS.")
    return well("disk", seen)


def _data_directory(settings: Settings) -> Iterator[Finding]:
    if not settings.data_dir.is_dir():
        yield warning("data directory", f"{settings.data_dir} is missing", "optiinfra init")
        return
    mode = stat.S_IMODE(settings.data_dir.stat().st_mode)
    if mode & 0o077:
        yield warning(
            "data directory",
            f"{settings.data_dir} has mode {mode:04o}: others may look inside",
            f"chmod 700 {settings.data_dir}",
        )
    else:
        yield well("data directory", f"{settings.data_dir} mode {mode:04o}")


def _keyring(settings: Settings) -> Finding:
    try:
        ring = KeyRing.load(settings)
    except OptiInfraError as error:
        if settings.vault_keys is None and not settings.keyring_path.exists():
            return warning("key ring", f"{settings.keyring_path} is missing", "optiinfra init")
        return failure("key ring", error.detail, error.remedy)
    source = "OPTIINFRA_VAULT_KEYS" if settings.vault_keys else str(settings.keyring_path)
    return well("key ring", f"{len(ring.ids)} key(s) from {source}")


def _ports(settings: Settings) -> Finding:
    state = installation.running_state(settings)
    if state is not None:
        return well("ports", ", ".join(f"{name} {port}" for name, port in state.ports.items()))
    if settings.api_port > 65000:  # noqa: PLR2004 - no room for a block
        return failure("ports", f"port {settings.api_port} is too high", "Set OPTIINFRA_API_PORT.")
    numbers = Ports.block(settings.api_port).numbers()
    taken = [str(port) for port in numbers if not is_free(port)]
    if taken:
        seen = f"taken by other programs: {', '.join(taken)}"
        return warning("ports", seen, "Pass --port-base, or set OPTIINFRA_API_PORT.")
    return well("ports", f"{numbers[0]} to {numbers[-1]} are free")
