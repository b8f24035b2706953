"""The process that keeps one embedded server running, and how others start, find and stop it."""

import argparse
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from optiinfra_core.embedded.directory import Record, ServerDirectory
from optiinfra_core.errors import ConfigurationError, OptiInfraError, Transient

STOPPED, ENDED, HELD, REFUSED = 0, 1, 3, 4
START_SECONDS = 90.0
STOP_SECONDS = 40.0
LOG_BYTES = 10_000_000
PR_SET_PDEATHSIG = 1


class StopSignal:
    """SIGTERM or SIGINT, kept in a pipe: a handler may write to one at any instant.

    An Event could deadlock: its lock may be held by the very line that the signal interrupts.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._received)

    def _received(self, *_: object) -> None:
        os.write(self._write, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds``; True once a signal has come."""
        return bool(select.select([self._read], [], [], seconds)[0])


class EmbeddedServer(Protocol):
    """One kind of server that a keeper keeps."""

    def run(
        self, directory: ServerDirectory, signal: StopSignal, ready: Callable[[], None]
    ) -> bool:
        """Serve until ``signal``; True when stopped, False when the server ended by itself.

        Raises:
            ConfigurationError: it cannot start on this machine.
        """
        ...


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of server is called, started and asked for life."""

    name: str
    module: str
    answers: Callable[[Record], bool]

    def directory(self, data_dir: Path) -> ServerDirectory:
        """Where this kind lives below the installation's data folder."""
        return ServerDirectory(data_dir / self.name)


def ensure(kind: Kind, data_dir: Path, port: int | None) -> Record:
    """The record of a server that answers, started if nobody runs it.

    Any number of processes may ask at once: one of them starts the keeper.

    Raises:
        ConfigurationError: the server cannot start here.
        Transient: it does not answer within 90 seconds.
    """
    directory = kind.directory(data_dir)
    directory.create()
    for _ in _until(START_SECONDS):
        record = directory.record()
        # A Postgres whose keeper was killed answers for a moment longer.
        if record is not None and directory.keeper() is not None and kind.answers(record):
            return record
        with directory.starting() as first:
            if first and directory.keeper() is None:
                _launch(kind, data_dir, port)
    raise Transient(
        f"{kind.name} did not answer within {START_SECONDS:.0f} s",
        remedy=f"Read {directory.log_path}.",
    )


def stop(kind: Kind, data_dir: Path) -> bool:
    """Stop the server cleanly and wait until it is gone; False when none ran.

    Raises:
        Transient: it still runs after 40 seconds.
    """
    directory = kind.directory(data_dir)
    asked = None
    for _ in _until(STOP_SECONDS):
        found = directory.keeper()
        if found is None:
            return asked is not None
        if found and asked is None:
            with suppress(ProcessLookupError):
                os.kill(found, signal.SIGTERM)
            asked = found
    raise Transient(
        f"the keeper of {kind.name} (process {asked}) still runs after {STOP_SECONDS:.0f} s",
        remedy=f"Read {directory.log_path}, then end the process.",
    )


def main(
    kind: Kind, server: Callable[[int | None], EmbeddedServer], argv: Sequence[str]
) -> NoReturn:
    """The command line of a keeper: ``serve DIR [--port N] [--detach] [--die-with-parent]``."""
    parser = argparse.ArgumentParser(prog=f"python -m {kind.module}")
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("directory", type=Path, help="the installation's data folder")
    parser.add_argument("--port", type=int)
    parser.add_argument("--detach", action="store_true", help="return once it answers")
    parser.add_argument("--die-with-parent", action="store_true", help="Linux only")
    options = parser.parse_args(argv)
    os.umask(0o077)
    directory = kind.directory(options.directory)
    directory.create()
    os.chdir(directory.path)
    report: Callable[[str], None] = _say
    if options.detach:
        report = _detach(directory.log_path)
    if options.die_with_parent:
        die_with_parent(signal.SIGTERM)
    _leave(_keep(directory, server(options.port), report))


def _keep(directory: ServerDirectory, server: EmbeddedServer, report: Callable[[str], None]) -> int:
    with directory.held() as mine:
        if not mine:
            report(json.dumps({"state": "held", "by": directory.keeper()}))
            return HELD
        try:
            stopped = server.run(
                directory, StopSignal(), lambda: report(json.dumps({"state": "ready"}))
            )
        except OptiInfraError as error:
            report(json.dumps({"state": "failed", "detail": error.detail, "remedy": error.remedy}))
            return REFUSED
        return STOPPED if stopped else ENDED


def _launch(kind: Kind, data_dir: Path, port: int | None) -> None:
    """Start a keeper that outlives us; return once it is ready or found another one."""
    chosen = [] if port is None else ["--port", str(port)]
    command = [sys.executable, "-m", kind.module, "serve", str(data_dir.resolve()), "--detach"]
    try:
        started = subprocess.run(  # noqa: S603 - our own module
            [*command, *chosen],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=START_SECONDS,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        return
    try:
        outcome = json.loads(started.stdout)
    except ValueError:
        raise ConfigurationError(
            f"the keeper of {kind.name} ended before it was ready: {started.stderr[-500:]}",
            remedy=f"Read {kind.directory(data_dir).log_path}.",
        ) from None
    if outcome["state"] == "failed":
        raise ConfigurationError(outcome["detail"], remedy=outcome["remedy"])


def _environment() -> dict[str, str]:
    """What a keeper inherits: where the modules are, and none of our secrets."""
    root = Path(__file__).parents[2]
    path = [str(root), *(str(Path(entry).resolve()) for entry in sys.path)]
    return {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(path)),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def _detach(log: Path) -> Callable[[str], None]:
    """Continue in a session of our own; the caller's process waits for the first report."""
    reader, writer = os.pipe()
    if os.fork():
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as reports:
            _say(reports.read())
        _leave(STOPPED)
    os.close(reader)
    os.setsid()
    keep = os.O_APPEND if log.exists() and log.stat().st_size < LOG_BYTES else os.O_TRUNC
    output = os.open(log, os.O_WRONLY | os.O_CREAT | keep, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)

    def report(line: str) -> None:
        _say(line)
        nonlocal writer
        if writer >= 0:
            os.write(writer, line.encode())
            os.close(writer)
            writer = -1

    return report


def die_with_parent(number: signal.Signals) -> None:
    """Ask the kernel to send us ``number`` when our parent dies; macOS has no such thing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.05)


def _say(line: str) -> None:
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def _leave(code: int) -> NoReturn:
    """End without the interpreter's teardown: the engine's threads abort in it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
