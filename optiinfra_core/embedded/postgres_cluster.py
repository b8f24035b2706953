"""One Postgres data folder: created once, then run as a child of its keeper."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from optiinfra_core.embedded.directory import HOST, private_file
from optiinfra_core.embedded.postgres_account import Account
from optiinfra_core.embedded.postgres_binaries import REMEDY
from optiinfra_core.embedded.postgres_orphans import clear
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
        if not (self._data / "PG_VERSION").exists():
            fresh = self._data.with_suffix(".new")
            if fresh.exists():
                shutil.rmtree(fresh)
            fresh.mkdir(mode=0o700)
            self._account.own(fresh)
            self._initdb(fresh, password)
            fresh.rename(self._data)
        self._account.own(self._data)

    def _initdb(self, folder: Path, password: str) -> None:
        secret = folder.with_suffix(".password")
        private_file(secret, password)
        self._account.own(secret)
        command: list[str | Path] = [
            self._binaries / "initdb",
            f"--pgdata={folder}",
            "--auth=scram-sha-256",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]
        try:
            done = subprocess.run(  # noqa: S603 - a program we found ourselves
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                text=True,
                cwd=folder.parent,
                env=ENVIRONMENT,
                preexec_fn=self._account.enter,
            )
        finally:
            secret.unlink()
        if done.returncode:
            words = (done.stderr or done.stdout).strip()[-500:]
            raise ConfigurationError(f"initdb fails: {words}", remedy=REMEDY)

    def start(self, port: int) -> subprocess.Popen[bytes]:
        """Start the server as a direct child, so that it is reaped however it ends.

        Raises:
            ConfigurationError: processes of a former server cannot be ended.
        """
        clear(self._data)
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        return subprocess.Popen(  # noqa: S603 - a program we found ourselves
            [self._binaries / "postgres", "-D", self._data, f"--port={port}", *settings],
            stdin=subprocess.DEVNULL,
            cwd=self._data.parent,
            env=ENVIRONMENT,
            start_new_session=True,
            preexec_fn=self._account.enter,  # noqa: PLW1509 - the keeper has one thread
        )


def stop(child: subprocess.Popen[bytes]) -> None:
    """Stop a server: by a fast shutdown, or by a hard one where sessions hold that up."""
    for number, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        child.send_signal(number)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
