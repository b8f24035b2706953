"""Servers of their own for tests that kill them, and the ways to watch them."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from optiinfra_core.embedded import clickhouse, keeper, postgres


def eventually(condition: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether ``condition`` comes true within ``seconds``."""
    end = monotonic() + seconds
    pause = Event()
    while not condition():
        if monotonic() > end:
            return False
        pause.wait(0.02)
    return True


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has reaped yet has."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state == "Z"


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], bool]], bool]:
    """Waits for a condition with a deadline."""
    return eventually


@pytest.fixture(scope="session")
def has_ended() -> Callable[[int], bool]:
    """Tells whether a process has ended."""
    return gone


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """An empty data folder whose parents are open to every user; its servers are stopped after."""
    folder = Path(tempfile.mkdtemp(prefix="oi-"))
    folder.chmod(0o755)
    yield folder
    for kind in (clickhouse.KIND, postgres.KIND):
        keeper.stop(kind, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=[clickhouse.KIND, postgres.KIND], ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> keeper.Kind:
    """Each kind of server in turn."""
    chosen: keeper.Kind = request.param
    return chosen


@pytest.fixture(scope="module")
def home(kind: keeper.Kind) -> Iterator[Path]:
    """The data folder of a running server of that kind, which only one test file uses."""
    folder = Path(tempfile.mkdtemp(prefix="oi-"))
    keeper.ensure(kind, folder, None)
    yield folder
    keeper.stop(kind, folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def command_lines() -> Callable[[], str]:
    """Reads the command lines of all processes."""
    return _command_lines


def _command_lines() -> str:
    """The command lines of all processes, one on each line."""
    lines = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            try:
                lines.append((process / "cmdline").read_bytes())
            except OSError:
                continue
    return b"\n".join(lines).decode(errors="replace")
