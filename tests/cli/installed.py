"""A demo that was left running, and the ways to look at it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optiinfra_cli.supervisor import process, state_file

ROOT = Path(__file__).parents[2]
SECONDS = 90.0
# The demo of the tests collects fewer days than a person's: two weeks of four clouds take a minute.
DEMO_DAYS = 3


def demo(folder: Path, base: int) -> subprocess.CompletedProcess[str]:
    """A demo over ``folder`` that does its work once and stays up."""
    return optiinfra(
        "demo", "--once", "--keep", "--json", "--days", str(DEMO_DAYS),
        "--data-dir", str(folder), "--port-base", str(base),
    )  # fmt: skip


def optiinfra(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; its progress is shown when the test fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - for a child
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = (sys.executable, "-P", "-m", "optiinfra_cli", *arguments)
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    sys.stderr.write(answer.stderr)
    return answer


def eventually(fact: Callable[[], object]) -> None:
    """Return once ``fact`` holds; fail after a bounded time."""
    end = time.monotonic() + SECONDS
    while not fact():
        assert time.monotonic() < end, "it never came about"
        signal.sigtimedwait([], 0.2)


class Kept:
    """A demo that was left running, and what it printed."""

    def __init__(self, folder: Path, told: dict[str, Any]) -> None:
        self.folder = folder
        self.told = told

    @property
    def state(self) -> state_file.StateFile:
        """What its supervisor last wrote."""
        state = state_file.read(self.folder)
        assert state is not None
        return state

    def processes(self) -> list[int]:
        """Everything that runs on its behalf."""
        return [self.state.pid, *process.marked(str(self.folder))]
