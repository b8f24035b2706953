"""One Postgres data folder: created once, then run as a child of its keeper."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from optiinfra_core.embedded.directory import HOST
from optiinfra_core.embedded.postgres_account import Account
from optiinfra_core.embedded.postgres_binaries import REMEDY
from optiinfra_core.errors import ConfigurationError

SUPERUSER = "postgres"
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Secrets travel as parameters and, from drivers that interpolate, as literals: the log holds
    # neither (measured: each of these leaks with its default or its noisy value).
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # One file a day of the week, overwritten a week later.
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
}


class Cluster:
    """The data folder of one server with the programs and the user that run it."""

    def __init__(self, data: Path, binaries: Path, account: Account) -> None:
        self._data = data
        self._account = account
        self._binaries = account.programs(binaries)

    def create(self, password: str) -> None:
        """Run initdb unless that is done; what a crash cut short is begun again.

        Raises:
            ConfigurationError: initdb fails, with its own words.
        """
        if (self._data / "PG_VERSION").exists():
            self._account.admit(self._data)
            return
        fresh = self._data.with_suffix(".new")
        if fresh.exists():
            shutil.rmtree(fresh)
        self._account.admit(fresh)
        self._initdb(fresh, password)
        (fresh / "password").unlink(missing_ok=True)
        fresh.rename(self._data)

    def _initdb(self, folder: Path, password: str) -> None:
        command = [
            self._binaries / "initdb",
            f"--pgdata={folder}",
            "--auth=scram-sha-256",
            f"--username={SUPERUSER}",
            "--pwfile=/dev/stdin",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        done = subprocess.run(  # noqa: S603 - a program we found ourselves
            command,
            input=f"{password}\n",
            capture_output=True,
            check=False,
            text=True,
            cwd=folder.parent,
            env=ENVIRONMENT,
            preexec_fn=self._account.enter,  # safe: the keeper has one thread
        )
        if done.returncode:
            words = (done.stderr or done.stdout).strip()[-500:]
            raise ConfigurationError(f"initdb fails: {words}", remedy=REMEDY)

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server as a direct child, so that it is reaped however it ends."""
        self._clear_dead_lock()
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return subprocess.Popen(  # noqa: S603 - a program we found ourselves
            [self._binaries / "postgres", "-D", self._data, f"--port={port}", *settings],
            stdin=subprocess.DEVNULL,
            cwd=self._data.parent,
            env=ENVIRONMENT,
            start_new_session=True,
            preexec_fn=self._account.enter,  # safe: the keeper has one thread
        )

    def _clear_dead_lock(self) -> None:
        """Remove a postmaster.pid whose process is not a Postgres of this folder.

        Postgres believes any living process of that number: after a restart of a container the
        numbers begin again, and a zombie that nobody reaps counts as living too. We hold the
        keeper's lock, so a server of this folder could only be an orphan, which gets a moment to
        end (it was told to when its keeper died).
        """
        lock = self._data / "postmaster.pid"
        for _ in range(100):
            if not _is_ours(lock, self._data):
                break
            time.sleep(0.1)
        else:
            raise ConfigurationError(
                f"another Postgres runs in {self._data}",
                remedy=f"Stop it; its process id is the first line of {lock}.",
            )
        lock.unlink(missing_ok=True)


def stop(child: subprocess.Popen[bytes]) -> None:
    """Stop a server: by a fast shutdown, or by a hard one where sessions hold that up."""
    for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return


def _is_ours(lock: Path, data: Path) -> bool:
    """Whether the process that wrote ``lock`` still runs; unknown counts as no off Linux."""
    try:
        number = int(lock.read_text(encoding="ascii").split("\n", 1)[0])
        words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError):
        return False
    return str(data).encode() in words
