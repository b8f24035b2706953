"""What runs in a data directory: written by the supervisor, read by every other command."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from optiinfra_cli.supervisor import process
from optiinfra_core.errors import ConfigurationError

FILE_NAME = "supervisor.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateFile:
    """The supervisor's view of its installation; holds no secret.

    ``ready``: everything is up. ``failed``: services that were given up; the supervisor is gone.
    """

    pid: int
    start_mark: str
    data_dir: str
    ports: Mapping[str, int]
    urls: Mapping[str, str]
    ready: bool = False
    stopping: bool = False
    failed: tuple[str, ...] = ()
    services: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether the supervisor that wrote this is alive."""
        return process.alive(self.pid, self.start_mark)

    def serves(self, names: tuple[str, ...]) -> bool:
        """Whether these services are ready, or done if they are tasks."""
        states = {self.services.get(name, {}).get("state") for name in names}
        return states <= {"ready", "done"}

    def write(self) -> None:
        """Replace the file at once, so that a reader never sees half of it; mode 0600."""
        path = Path(self.data_dir) / FILE_NAME
        draft = path.with_name(f".{FILE_NAME}.{os.getpid()}")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(self), file, indent=1)
        draft.replace(path)


def read(data_dir: Path) -> StateFile | None:
    """What the data directory's supervisor last wrote; None when none ever ran there.

    Raises:
        ConfigurationError: the file is not one of ours.
    """
    path = data_dir / FILE_NAME
    try:
        found = json.loads(path.read_text())
        return StateFile(**{**found, "failed": tuple(found["failed"])})
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as damage:
        raise ConfigurationError(
            f"{path} cannot be read", remedy="Delete the file; nothing else is in it."
        ) from damage
