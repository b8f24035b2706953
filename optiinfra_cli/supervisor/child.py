"""One supervised process and where it stands: waiting, starting, ready, backing off, ended."""

import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from optiinfra_cli.supervisor import process
from optiinfra_cli.supervisor.service import Service
from optiinfra_core.errors import OptiInfraError

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 30.0
# A process that ran this long has recovered: its next death is the first one again.
STEADY_SECONDS = 60.0
# Deaths before a service was ever ready, after which starting it again is pointless.
TRIES = 5
# A task that failed does not heal by itself; twice more covers a server that was still waking.
TASK_TRIES = 3


class State(StrEnum):
    """Where a service stands."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    DONE = "done"
    PAUSING = "pausing"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


Spawn = Callable[[Service], subprocess.Popen[bytes]]


@dataclass(slots=True)
class Child:
    """The life of one service; times are seconds of a monotonic clock handed in by the caller."""

    service: Service
    state: State = State.WAITING
    running: subprocess.Popen[bytes] | None = None
    start_mark: str = ""
    deaths: int = 0
    restarts: int = 0
    exit_code: int | None = None
    was_ready: bool = False
    changed_at: float = 0.0
    resume_at: float = 0.0
    killed_at: float = field(default=float("inf"))

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self.running.pid if self.running else None

    @property
    def serves(self) -> bool:
        """Whether services behind this one may start."""
        return self.state in {State.READY, State.DONE} or (self.was_ready and not self.service.task)

    @property
    def over(self) -> bool:
        """Whether nothing of it runs and nothing will be started."""
        return self.running is None

    def start(self, now: float, spawn: Spawn) -> None:
        """Start the process; one that cannot even be started counts as one that died."""
        try:
            self.running = spawn(self.service)
        except (OSError, OptiInfraError):
            self.deaths += 1
            self._pause_or_fail(now)
            return
        self.start_mark = process.start_mark(self.running.pid)
        self._enter(State.STARTING, now)

    def step(self, now: float, spawn: Spawn) -> bool:
        """Notice what happened since the last look; True when the state changed."""
        before = self.state
        if self.running is not None and self.running.poll() is not None:
            self._ended(self.running.returncode, now)
        elif self.state is State.STARTING:
            self._look_ready(now)
        elif self.state is State.PAUSING and now >= self.resume_at:
            self.restarts += 1
            self.start(now, spawn)
        elif self.state is State.STOPPING and self.running is not None and now >= self.killed_at:
            process.send_group(self.running.pid, signal.SIGKILL)
        return self.state is not before

    def stop(self, now: float) -> None:
        """Ask the whole process group to end; it is killed when it takes too long."""
        if self.running is None:
            self._enter(State.STOPPED, now)
            return
        if self.state is not State.STOPPING:
            process.send_group(self.running.pid, signal.SIGTERM)
            self.killed_at = now + self.service.stop_seconds
            self._enter(State.STOPPING, now)

    def kill(self) -> None:
        """End the process group at once."""
        if self.running is not None:
            process.send_group(self.running.pid, signal.SIGKILL)

    def report(self) -> Mapping[str, object]:
        """For the state file."""
        return {
            "state": str(self.state),
            "pid": self.pid,
            "start_mark": self.start_mark if self.running else "",
            "restarts": self.restarts,
            "exit_code": self.exit_code,
        }

    def _enter(self, state: State, now: float) -> None:
        self.state = state
        self.changed_at = now

    def _look_ready(self, now: float) -> None:
        if not self.service.task and self.service.ready():
            self.was_ready = True
            self._enter(State.READY, now)
        elif now - self.changed_at > self.service.start_seconds:
            self.kill()  # noticed as a death at the next look

    def _ended(self, code: int, now: float) -> None:
        """The process is gone; what it started in its group goes with it."""
        assert self.running is not None  # noqa: S101 - the caller looked
        stopping, steady = self.state is State.STOPPING, now - self.changed_at > STEADY_SECONDS
        if stopping and process.group_alive(self.running.pid) and now < self.killed_at:
            return  # grandchildren are still writing what they have to write
        process.send_group(self.running.pid, signal.SIGKILL)
        self.running, self.exit_code = None, code
        if stopping:
            self._enter(State.STOPPED, now)
        elif self.service.task and code == 0:
            self._enter(State.DONE, now)
        else:
            self.deaths = 1 if steady and self.was_ready else self.deaths + 1
            self._pause_or_fail(now)

    def _pause_or_fail(self, now: float) -> None:
        tries = TASK_TRIES if self.service.task else TRIES
        if not self.was_ready and self.deaths >= tries:
            self._enter(State.FAILED, now)
            return
        self.resume_at = now + min(FIRST_PAUSE * 2 ** (self.deaths - 1), LONGEST_PAUSE)
        self._enter(State.PAUSING, now)
