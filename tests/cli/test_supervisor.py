"""The supervisor over real processes: order, restarts, draining, and what happens when it dies."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from optiinfra_cli.supervisor import process, state_file
from optiinfra_cli.supervisor.service import Service, in_order
from optiinfra_cli.supervisor.state_file import StateFile
from optiinfra_core.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
SECONDS = 20.0
# Says when it starts and when it is asked to end, in one file that all services share.
POLITE = """
import pathlib, signal, sys
name = {name!r}
def say(what):
    with open("diary", "a") as diary: diary.write(f"{{name}} {{what}}\\n")
def end(*_): say("ends"); sys.exit(0)
signal.signal(signal.SIGTERM, end)
say("starts")
pathlib.Path(f"{{name}}.ready").touch()
while True: signal.pause()
"""
STUBBORN = POLITE.replace("sys.exit(0)", "None")


def polite(name: str, *after: str, program: str = POLITE) -> dict[str, object]:
    """A service that is ready at once and ends when asked."""
    return {"name": name, "after": after, "program": program.format(name=name)}


def eventually(fact: Callable[[], object]) -> None:
    """Return once ``fact`` holds; fail after a bounded time."""
    end = time.monotonic() + SECONDS
    while not fact():
        assert time.monotonic() < end, "it never came about"
        select_a_moment()


def select_a_moment() -> None:
    """Give other processes a turn."""
    signal.sigtimedwait([], 0.02)


class Run:
    """A supervisor process over services in a folder."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.process = process

    @property
    def state(self) -> StateFile:
        """What the state file says."""
        found = state_file.read(self.folder)
        return found or StateFile(pid=0, start_mark="", data_dir="", ports={}, urls={})

    def pid(self, name: str) -> int:
        """The process id of a service."""
        return int(self.state.services[name]["pid"])

    @property
    def diary(self) -> list[str]:
        """What the services wrote."""
        return (self.folder / "diary").read_text().splitlines()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the supervisor; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


@contextmanager
def supervised(folder: Path, *services: dict[str, object]) -> Iterator[Run]:
    """A supervisor over ``services``; killed at the end if it is still there."""
    (folder / "plan.json").write_text(json.dumps(services))
    command = [sys.executable, str(Path(__file__).with_name("small_installation.py"))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - for a child
    with subprocess.Popen([*command, str(folder / "plan.json")], env=environment) as running:
        try:
            yield Run(folder, running)
        finally:
            running.kill()
            for left in process.marked(str(folder)):
                process.send(left, signal.SIGKILL)


def test_services_start_behind_those_they_need(tmp_path: Path) -> None:
    """A service starts only once everything it names is ready, and a task only counts when done."""
    task = {"name": "task", "task": True, "after": ["base"],
            "program": "open('diary', 'a').write('task runs\\n')"}  # fmt: skip
    with supervised(tmp_path, polite("top", "task"), task, polite("base")) as run:
        eventually(lambda: run.state.ready)
        assert run.diary == ["base starts", "task runs", "top starts"]


def test_draining_goes_in_reverse_order_and_leaves_nothing(tmp_path: Path) -> None:
    """What others stand on ends last, and the supervisor exits 0 with every child gone."""
    names = ("base", "middle", "top")
    services = (polite("base"), polite("middle", "base"), polite("top", "middle"))
    with supervised(tmp_path, *services) as run:
        eventually(lambda: run.state.ready)
        pids = [run.pid(name) for name in names]
        assert run.stop() == 0
        assert run.diary[-3:] == ["top ends", "middle ends", "base ends"]
        assert not any(process.start_mark(pid) for pid in pids)
        assert {told["state"] for told in run.state.services.values()} == {"stopped"}


def test_a_base_outlives_what_stands_on_it_through_a_finished_task(tmp_path: Path) -> None:
    """A server is not ended while a service behind a done task still uses it."""
    task = {"name": "task", "task": True, "after": ["base"], "program": "pass"}
    with supervised(tmp_path, polite("base"), task, polite("top", "task")) as run:
        eventually(lambda: run.state.ready)
        assert run.stop(signal.SIGINT) == 0
        assert run.diary[-2:] == ["top ends", "base ends"]


def test_a_killed_child_is_started_again(tmp_path: Path) -> None:
    """A kill -9 of a child gives a new process, while its neighbours stay as they are."""
    with supervised(tmp_path, polite("one"), polite("two", "one")) as run:
        eventually(lambda: run.state.ready)
        victim, neighbour = run.pid("one"), run.pid("two")
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: run.state.ready and run.state.services["one"]["restarts"] == 1)
        assert run.pid("one") != victim
        assert run.pid("two") == neighbour


def test_restarts_wait_longer_each_time_and_end_when_hopeless(tmp_path: Path) -> None:
    """A service that always dies before it is ready is given up after growing pauses."""
    clock = "import time; open('diary', 'a').write(f'{time.monotonic()}\\n')"
    broken = {"name": "broken", "program": clock}
    with supervised(tmp_path, broken, polite("waiting", "broken")) as run:
        assert run.process.wait(SECONDS) == 5
        moments = [float(line) for line in run.diary]
        pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
        assert len(moments) == 5
        assert all(pause > 0.25 * 2**number for number, pause in enumerate(pauses))
        assert run.state.failed == ("broken",)
        assert run.state.services["waiting"]["state"] == "stopped"


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """A service that ignores SIGTERM gets its time and then SIGKILL."""
    with supervised(tmp_path, polite("stubborn", program=STUBBORN)) as run:
        eventually(lambda: run.state.ready)
        pid = run.pid("stubborn")
        assert run.stop() == 0
        assert "stubborn ends" in run.diary
        assert process.start_mark(pid) == ""


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    """A kill -9 of the supervisor reaches its children as SIGTERM."""
    with supervised(tmp_path, polite("child")) as run:
        eventually(lambda: run.state.ready)
        pid = run.pid("child")
        run.stop(signal.SIGKILL)
        eventually(lambda: process.start_mark(pid) == "")
        assert run.diary == ["child starts", "child ends"]


def test_processes_that_left_their_group_are_found_and_ended(tmp_path: Path) -> None:
    """A grandchild in a session of its own does not survive the supervisor."""
    escape = """
import os, pathlib, subprocess, sys, signal
lone = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"],
                        start_new_session=True)
pathlib.Path("lone").write_text(str(lone.pid))
pathlib.Path("parent.ready").touch()
signal.pause()
"""
    with supervised(tmp_path, {"name": "parent", "program": escape}) as run:
        eventually(lambda: run.state.ready)
        lone = int((tmp_path / "lone").read_text())
        assert process.start_mark(lone)
        assert run.stop() == 0
        assert process.start_mark(lone) == ""


def test_files_are_for_the_owner_only(tmp_path: Path) -> None:
    """State file and logs have mode 0600."""
    with supervised(tmp_path, polite("one")) as run:
        eventually(lambda: run.state.ready)
        modes = {
            (tmp_path / name).stat().st_mode & 0o777 for name in ("supervisor.json", "one.log")
        }
        assert modes == {0o600}


def test_a_log_that_has_grown_is_put_aside_at_the_next_start(tmp_path: Path) -> None:
    """The lines of before are kept once; the new process writes a log of its own."""
    log = tmp_path / "one.log"
    with log.open("wb") as grown:
        grown.truncate(process.LOG_BYTES + 1)
    with supervised(tmp_path, polite("one")) as run:
        eventually(lambda: run.state.ready)
        assert log.stat().st_size < process.LOG_BYTES
        assert (tmp_path / "one.log.1").stat().st_size > process.LOG_BYTES


def test_a_pid_alone_is_not_an_identity() -> None:
    """A process counts as alive only with the start mark that was written down."""
    mark = process.start_mark(os.getpid())
    assert process.alive(os.getpid(), mark)
    assert not process.alive(os.getpid(), "0")
    assert not process.alive(os.getpid(), "")


def test_a_circle_of_services_is_refused() -> None:
    """Services that wait for each other are a mistake in the plan, told by name."""
    circle = (
        Service(name="hen", command=("x",), after=("egg",)),
        Service(name="egg", command=("x",), after=("hen",)),
    )
    with pytest.raises(ConfigurationError, match="hen, egg"):
        in_order(circle)


def test_a_damaged_state_file_is_told(tmp_path: Path) -> None:
    """Garbage in the state file is a configuration error that names the file."""
    (tmp_path / state_file.FILE_NAME).write_text("{")
    with pytest.raises(ConfigurationError, match=r"supervisor\.json"):
        state_file.read(tmp_path)
    assert state_file.read(tmp_path / "nowhere") is None
