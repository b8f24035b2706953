"""The demo from start to end: clouds and servers up, customers in, collected, checked, shown."""

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from optiinfra_cli import environment, installation
from optiinfra_cli.api_client import Api
from optiinfra_cli.demonstration import DEFAULT_DATA_DIR, applications, collecting, customers
from optiinfra_cli.demonstration.applications import ApplicationLine
from optiinfra_cli.demonstration.checking import Checker, Line
from optiinfra_cli.demonstration.simulated import Account, Simulated
from optiinfra_cli.office import Office, open_office
from optiinfra_cli.options import load_settings
from optiinfra_cli.output import Output
from optiinfra_cli.supervisor import ports as ports_of
from optiinfra_cli.supervisor.state_file import StateFile
from optiinfra_core.errors import Conflict, OptiInfraError
from optiinfra_core.settings import Settings
from optiinfra_core.windows import SystemClock

FIRST_PORT = 8080
START_SECONDS = 180.0
STOP_SECONDS = 30.0
# Enough to add customers while Dagster and the API are still starting.
EARLY = ("simulator", "migrate")
MARKER = "this-is-a-demo"


@dataclass(slots=True)
class Shown:
    """What the demo has to show."""

    urls: dict[str, str]
    key: SecretStr
    lines: list[Line]
    applications: list[ApplicationLine]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether everything that was served is true."""
        clouds = bool(self.lines) and all(line.ok for line in self.lines)
        return clouds and all(one.ok for one in self.applications)


@dataclass(slots=True)
class Demo:
    """One run of the demo over ``settings``; progress goes to ``out``."""

    settings: Settings
    out: Output
    port_base: int | None
    keep: bool
    days: int
    began: float = field(default_factory=time.monotonic)

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        """The supervisor with everything it keeps; ended with the block unless it is to stay."""
        if installation.running_state(self.settings) is not None:
            raise Conflict(
                f"a demo runs in {self.settings.data_dir} already",
                remedy=f"optiinfra down --data-dir {self.settings.data_dir}",
            )
        self._freshen()
        if self.port_base is None:
            block = ports_of.first_free(FIRST_PORT)
        else:
            block = ports_of.exactly(self.port_base, demo=True)
        supervisor = installation.start_apart(self.settings, block, demo=True, tied=not self.keep)
        finished = False
        try:
            yield supervisor
            finished = True
        except OptiInfraError:
            # What failed may only be the echo of a process that did not start.
            installation.refuse_failed(self.settings, supervisor.pid)
            raise
        finally:
            if not (self.keep and finished):
                self.say("stopping everything")
                end(supervisor)

    def show(self, supervisor: subprocess.Popen[bytes]) -> Shown:
        """Add the customers, collect, and check what the API then serves.

        Raises:
            OptiInfraError: something does not start, or a collection fails.
        """
        pid = supervisor.pid
        self.say(f"starting servers and simulated clouds in {self.settings.data_dir}")
        state = installation.await_ready(self.settings, pid, START_SECONDS, EARLY)
        clouds = Simulated(state.urls["simulator"])
        accounts = clouds.accounts()
        slugs = tuple(sorted({account.customer for account in accounts}))
        with open_office(self.settings) as office:
            customers.add(office, accounts, self.say)
            key = customers.reading_key(office, slugs)
            self.say("waiting for Dagster and the API")
            state = installation.await_ready(self.settings, pid, START_SECONDS)
            lines = self._collect(office, state, clouds, accounts)
            judged = self._judge(office, state, clouds)
        return Shown(dict(state.urls), key, lines, judged, time.monotonic() - self.began)

    def say(self, text: str) -> None:
        """A line of progress with the seconds since the start."""
        self.out.progress(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def _collect(
        self, office: Office, state: StateFile, clouds: Simulated, accounts: tuple[Account, ...]
    ) -> list[Line]:
        now = SystemClock().now()
        slugs = tuple(sorted({account.customer for account in accounts}))
        with (
            customers.collecting_key(office, slugs) as key,
            Api(state.urls["api"], key) as api,
        ):
            self.say(f"collecting now and {self.days} days back")
            days = collecting.past(now, self.days)
            done = collecting.collect(api, accounts, days, self.say)
            checker = Checker(api, clouds, accounts, now, days)
            self.say("comparing what the API serves with what is true")
            return [line for each in done for line in checker.lines(each)]

    def _judge(self, office: Office, state: StateFile, clouds: Simulated) -> list[ApplicationLine]:
        every = clouds.applications()
        span = applications.span_of(SystemClock().now(), self.settings)
        self.say("sending two hours of the applications' calls, judging a part of them")
        applications.send(office, clouds, state.urls["api"], span)
        slugs = tuple(sorted({one.customer for one in every}))
        with (
            customers.collecting_key(office, slugs) as key,
            Api(state.urls["api"], key) as api,
        ):
            applications.judge(api, every, span, self.say)
            return list(applications.lines(api, clouds, every, span))

    def _freshen(self) -> None:
        """Empty the demo's own directory; a directory that somebody named is kept as it is."""
        folder, marker = self.settings.data_dir, self.settings.data_dir / MARKER
        if folder == DEFAULT_DATA_DIR.resolve() and marker.exists():
            installation.stop(self.settings)
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        marker.touch()


def end(supervisor: subprocess.Popen[bytes]) -> None:
    """End the supervisor, which ends everything it keeps."""
    supervisor.send_signal(signal.SIGTERM)
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()


def settings_of(data_dir: Path | None) -> Settings:
    """The settings of a demo: the defaults, in a directory of its own, whatever is set."""
    environment.forget_settings()
    folder = (data_dir or DEFAULT_DATA_DIR).expanduser().resolve()
    return load_settings(data_dir=folder, allow_private_endpoints=True)
