"""What a killed Postgres or a killed keeper leaves behind in a data folder, and its clearing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from optiinfra_core.errors import ConfigurationError

WAIT_SECONDS = 30


def clear(data: Path) -> None:
    """End every process of a former server of ``data``, so that a new one may start.

    Only the holder of the keeper's lock may call this: then whatever runs there is an orphan.
    A process of a dead server can still write until it notices; a new server must not start
    beside it.

    Raises:
        ConfigurationError: one is still there after 30 seconds.
    """
    lock = data / "postmaster.pid"
    number = _number(lock)
    end = time.monotonic() + WAIT_SECONDS
    while left := _processes(data):
        if time.monotonic() > end:
            raise ConfigurationError(
                f"a Postgres that nobody keeps still runs in {data}: {sorted(left)}",
                remedy="End these processes and start again.",
            )
        _end(left, number)
        time.sleep(0.05)
    if number is not None and sys.platform == "linux" and _exists(number):
        # Postgres believes any living process of that number to be its predecessor. It is not:
        # after a restart of a container numbers begin again, and a zombie counts as living.
        lock.unlink(missing_ok=True)


def _end(left: set[int], postmaster: int | None) -> None:
    """A clean stop through the postmaster; without one, what it does when a server crashes."""
    targets = {postmaster} if postmaster in left else left
    for number in targets:
        try:
            os.kill(number, signal.SIGINT if number == postmaster else signal.SIGQUIT)
        except ProcessLookupError:
            continue


def _processes(data: Path) -> set[int]:
    """The Postgres processes that work in ``data``; off Linux only the postmaster is found."""
    if sys.platform != "linux":
        return _postmasters(data)
    return {
        int(process.name)
        for process in Path("/proc").iterdir()
        if process.name.isdigit() and _works_in(process, data)
    }


def _works_in(process: Path, data: Path) -> bool:
    try:
        return (process / "cwd").readlink() == data and b"postgres" in (
            process / "cmdline"
        ).read_bytes()
    except OSError:
        # Gone, a zombie, or another user's: none of them is a server of ours.
        return False


def _postmasters(data: Path) -> set[int]:
    listing = subprocess.run(
        ["/bin/ps", "-axo", "pid=,args="], capture_output=True, check=True, text=True
    ).stdout
    lines = (line.split(maxsplit=1) for line in listing.splitlines())
    return {int(number) for number, words in lines if f"postgres -D {data} " in words}


def _number(lock: Path) -> int | None:
    try:
        return int(lock.read_text(encoding="ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _exists(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
