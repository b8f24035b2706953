"""Starts services in order, restarts those that die, and ends them in reverse order."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from optiinfra_cli.supervisor import process
from optiinfra_cli.supervisor.child import Child, State
from optiinfra_cli.supervisor.service import Service, in_order
from optiinfra_core.errors import OptiInfraError

# While something starts or stops, readiness is looked for this often; a child's death wakes us.
BUSY_SECONDS = 0.05
IDLE_SECONDS = 1.0
# Processes that escaped their group get this long before they are killed.
SWEEP_SECONDS = 2.0

Notify = Callable[["Supervisor"], None]


class Supervisor:
    """Runs services until it is told to stop, or until one can never become ready.

    Single-threaded: a child is tied to the life of the thread that started it.
    """

    def __init__(
        self,
        services: tuple[Service, ...],
        logs: Path,
        environment: Mapping[str, str],
        notify: Notify,
    ) -> None:
        self.children = {service.name: Child(service) for service in in_order(services)}
        self.stopping = False
        self._logs = logs
        self._environment = environment
        self._notify = notify

    @property
    def ready(self) -> bool:
        """Whether every service is ready and every task done."""
        return all(child.state in {State.READY, State.DONE} for child in self.children.values())

    @property
    def failed(self) -> tuple[str, ...]:
        """Services that were given up."""
        return tuple(name for name, child in self.children.items() if child.state is State.FAILED)

    def log_of(self, name: str) -> Path:
        """Where a service's output goes."""
        return self._logs / f"{name}.log"

    def run(self) -> bool:
        """Supervise until SIGINT, SIGTERM or a hopeless start; True when it was asked to stop.

        When it returns, no process that it started is left.
        """
        wake = self._listen()
        try:
            while not self.stopping and not self.failed:
                changed = self._step()
                self._wait(wake, busy=changed or not self.ready)
        finally:
            self._drain(wake)
        return not self.failed

    def stop(self) -> None:
        """Ask the loop to end."""
        self.stopping = True

    def _listen(self) -> int:
        """Let signals end the loop's sleep; returns the descriptor that becomes readable."""
        process.adopt_orphans()
        read, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(read, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)

        def end(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        def woken(_number: int, _frame: FrameType | None) -> None:
            """Python only writes to the descriptor for signals that have a handler."""

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        signal.signal(signal.SIGCHLD, woken)
        return read

    @staticmethod
    def _wait(wake: int, *, busy: bool) -> None:
        readable, _, _ = select.select([wake], [], [], BUSY_SECONDS if busy else IDLE_SECONDS)
        if readable:
            os.read(wake, 4096)

    def _step(self) -> bool:
        """One look at every child; True when something changed."""
        now, changed = time.monotonic(), False
        for child in self.children.values():
            if child.state is State.WAITING and self._may_start(child):
                child.start(now, self._spawn)
                changed = True
            else:
                changed = child.step(now, self._spawn) or changed
        self._reap_orphans()
        if changed:
            self._notify(self)
        return changed

    def _may_start(self, child: Child) -> bool:
        return all(self.children[name].serves for name in child.service.after)

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        try:
            late = service.late_environment()
        except OptiInfraError as refusal:
            with self.log_of(service.name).open("a") as log:
                log.write(f"{refusal.detail}\nRemedy: {refusal.remedy}\n")
            raise
        environment = {**self._environment, **service.environment, **late}
        return process.spawn(service.command, environment, self._logs, self.log_of(service.name))

    def _reap_orphans(self) -> None:
        """Collect adopted processes that ended; our own are left to their ``Child``."""
        own = {child.pid for child in self.children.values()}
        while True:
            try:
                waiting = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if waiting is None or waiting.si_pid in own:
                return
            os.waitpid(waiting.si_pid, 0)

    def _drain(self, wake: int) -> None:
        """End everything: a service only after those that start after it are gone."""
        self.stopping = True
        while not all(child.over for child in self.children.values()):
            now = time.monotonic()
            for child in reversed(self.children.values()):
                if not child.over:
                    if not self._needed(child):
                        child.stop(now)
                    child.step(now, self._spawn)
            self._reap_orphans()
            self._notify(self)
            self._wait(wake, busy=True)
        self._sweep(wake)
        for child in self.children.values():
            if child.state is not State.FAILED and child.state is not State.DONE:
                child.state = State.STOPPED
        self._notify(self)

    def _needed(self, child: Child) -> bool:
        """Whether a service that stands on ``child``, directly or not, is still running."""
        name = child.service.name
        return any(
            name in self._stands_on(other) for other in self.children.values() if not other.over
        )

    def _stands_on(self, child: Child) -> frozenset[str]:
        service = child.service
        direct = service.after if service.before is None else service.before
        return frozenset(direct).union(*(self._stands_on(self.children[name]) for name in direct))

    def _sweep(self, wake: int) -> None:
        """End what left its process group but carries our mark: detached workers, for example."""
        mark = self._environment.get(process.MARK)
        deadline = time.monotonic() + SWEEP_SECONDS
        while mark and (left := list(process.marked(mark))):
            final = time.monotonic() > deadline
            for pid in left:
                process.send(pid, signal.SIGKILL if final else signal.SIGTERM)
            self._reap_orphans()
            self._wait(wake, busy=True)
