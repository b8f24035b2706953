"""One installation: its folders and key ring made, its supervisor run, found and stopped."""

import contextlib
import fcntl
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from optiinfra_cli import environment, plan
from optiinfra_cli.reporter import Reporter
from optiinfra_cli.supervisor import process, state_file
from optiinfra_cli.supervisor.ports import Ports
from optiinfra_cli.supervisor.state_file import StateFile
from optiinfra_cli.supervisor.supervisor import Supervisor
from optiinfra_core.embedded.clickhouse import stop_clickhouse
from optiinfra_core.embedded.postgres import stop_postgres
from optiinfra_core.errors import Conflict, Transient
from optiinfra_core.redaction import scrub
from optiinfra_core.settings import Settings
from optiinfra_core.vault.keyring import KeyRing

# Longer than the slowest service may take to end, plus the sweep.
STOP_SECONDS = 30.0
POLL_SECONDS = 0.1

Say = Callable[[str], None]


def prepare(settings: Settings) -> tuple[str, ...]:
    """Make what is missing of the folders and the key ring; returns what was made."""
    made: list[str] = []
    for folder in (settings.data_dir, logs(settings), environment.dagster_home(settings)):
        if not folder.is_dir():
            folder.mkdir(parents=True, mode=0o700)
            made.append(str(folder))
    if settings.vault_keys is None and not settings.keyring_path.exists():
        with contextlib.suppress(Conflict):  # another command made it just now
            KeyRing.create(settings.keyring_path)
            made.append(str(settings.keyring_path))
    return tuple(made)


def logs(settings: Settings) -> Path:
    """Where the output of every process goes."""
    return settings.data_dir / "logs"


def keep(settings: Settings, ports: Ports, say: Say, *, demo: bool) -> bool:
    """Run the installation in this process until it is told to end; False if it cannot start.

    Raises:
        Conflict: another supervisor keeps this data directory.
    """
    prepare(settings)
    with _only_supervisor(settings):
        environment.write_dagster_home(settings, ports)
        _end_leftovers(settings)
        services = plan.installation(settings, ports, demo=demo)
        told = {
            **environment.inherited(),
            **environment.of_installation(settings, ports),
            **(plan.DEMO_ENVIRONMENT if demo else {}),
        }
        notify = Reporter(settings, ports, say, demo=demo)
        supervisor = Supervisor(services, logs(settings), told, notify)
        ended_well = supervisor.run()
    for name in supervisor.failed:
        say(f"{name} does not start; the end of {supervisor.log_of(name)}:")
        say(tail(supervisor.log_of(name)))
    return ended_well


def start_apart(
    settings: Settings, ports: Ports, *, demo: bool, tied: bool
) -> subprocess.Popen[bytes]:
    """Start the supervisor as a process of its own.

    ``tied``: it ends when we do; otherwise it lives on in a session of its own.
    """
    prepare(settings)
    arguments = ["up", "--data-dir", str(settings.data_dir), "--port-base", str(ports.api)]
    command = (sys.executable, "-P", "-m", "optiinfra_cli", *arguments)
    if demo:
        command = (*command, "--with-simulator")
    log = logs(settings) / "supervisor.log"
    if tied:
        return process.spawn(command, environment.inherited(), settings.data_dir, log)
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own words
            command,
            env=environment.inherited(),
            cwd=settings.data_dir,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def await_ready(
    settings: Settings, pid: int, seconds: float, services: tuple[str, ...] = ()
) -> StateFile:
    """The state once ``services`` are ready (none named: all), as supervisor ``pid`` sees it.

    Raises:
        Transient: a service does not start, or not in time; the detail holds the end of its log.
    """
    for _ in _polls(seconds):
        state = state_file.read(settings.data_dir)
        refuse_failed(settings, pid)
        up = state is not None and (state.ready or (services and state.serves(services)))
        if state is not None and state.pid == pid and up:
            return state
        if not process.start_mark(pid):
            log = tail(logs(settings) / "supervisor.log")
            raise Transient(f"the supervisor ended: {log}", remedy="Run `optiinfra doctor`.")
    raise Transient(
        f"not everything started within {seconds:.0f} s",
        remedy=f"Read the files in {logs(settings)}.",
    )


def refuse_failed(settings: Settings, pid: int) -> None:
    """Return unless supervisor ``pid`` gave up a service.

    Raises:
        Transient: it did; the detail holds the end of the service's log.
    """
    state = state_file.read(settings.data_dir)
    if state is not None and state.pid == pid and state.failed:
        raise Transient(_why(settings, state.failed), remedy="Run `optiinfra doctor`.")


def stop(settings: Settings) -> bool:
    """End everything that runs in the data directory; False when nothing did.

    Raises:
        Transient: something is still running after half a minute.
    """
    state = state_file.read(settings.data_dir)
    found = state is not None and state.running
    if state is not None and found:
        process.send(state.pid, signal.SIGTERM)
        for _ in _polls(STOP_SECONDS):
            if not state.running:
                break
        else:
            raise Transient(
                f"the supervisor (process {state.pid}) still runs after {STOP_SECONDS:.0f} s",
                remedy=f"Read the files in {logs(settings)}.",
            )
    found = _end_leftovers(settings) or found
    stopped = [stop_clickhouse(settings.data_dir), stop_postgres(settings.data_dir)]
    return found or any(stopped)


def running_state(settings: Settings) -> StateFile | None:
    """The state of the data directory's supervisor if one is alive."""
    state = state_file.read(settings.data_dir)
    return state if state is not None and state.running else None


def tail(path: Path, characters: int = 2000) -> str:
    """The end of a log, without secrets."""
    try:
        return scrub(path.read_text(errors="replace")[-characters:].strip())
    except FileNotFoundError:
        return ""


@contextlib.contextmanager
def _only_supervisor(settings: Settings) -> Iterator[None]:
    """Hold the data directory; the system lets go of it when we die, however that happens."""
    with (settings.data_dir / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"another supervisor keeps {settings.data_dir}",
                remedy="`optiinfra status` shows it, `optiinfra down` stops it.",
            ) from None
        yield


def _end_leftovers(settings: Settings) -> bool:
    """End processes of a supervisor that was killed; True when there were any."""
    mark = str(settings.data_dir)
    left = list(process.marked(mark))
    found = bool(left)
    deadline = time.monotonic() + STOP_SECONDS / 3
    while left:
        final = time.monotonic() > deadline
        for pid in left:
            process.send(pid, signal.SIGKILL if final else signal.SIGTERM)
        time.sleep(POLL_SECONDS)
        left = list(process.marked(mark))
    return found


def _why(settings: Settings, failed: tuple[str, ...]) -> str:
    ends = (f"{name} does not start: {tail(logs(settings) / f'{name}.log')}" for name in failed)
    return "; ".join(ends)


def _polls(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(POLL_SECONDS)
