"""Operating-system processes: started to die with their parent, signalled with all they started."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
# The variable that marks every process of an installation, whoever started it on whose behalf.
MARK = "OPTIINFRA_SUPERVISED"
LOG_BYTES = 50_000_000


def _prctl(option: int, argument: int) -> None:
    """One call of Linux's prctl; elsewhere nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, argument, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent dies, so that none is lost sight of."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def dies_with(parent: int) -> Callable[[], None]:
    """What a new process runs first so that it is asked to end when ``parent`` dies."""

    def bind() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return bind


def spawn(
    command: tuple[str, ...], environment: Mapping[str, str], folder: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start ``command`` in its own process group, tied to our life, its output appended to ``log``.

    The log is readable by its owner only; one over 50 MB becomes the log before.
    """
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LOG_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603 - commands come from the plan
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            process_group=0,
            preexec_fn=dies_with(os.getpid()),  # noqa: PLW1509 - the supervisor has one thread
        )
    finally:
        os.close(handle)


def send(pid: int, signal_number: signal.Signals) -> None:
    """Signal one process; one that is gone already is fine."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal_number)


def send_group(group: int, signal_number: signal.Signals) -> None:
    """Signal a whole process group; one that is gone already is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal_number)


def group_alive(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says this of zombies
        return False
    return True


def alive(pid: int, started: str) -> bool:
    """Whether ``pid`` is the process that had this start mark, and not a zombie."""
    return started != "" and start_mark(pid) == started


def start_mark(pid: int) -> str:
    """When a process started, in the system's own words; empty when there is no such process.

    A pid alone is not an identity: the system uses it again.
    """
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if fields[0] in {"Z", "X"} else fields[19]
    answer = subprocess.run(  # noqa: S603 - a number
        ("/bin/ps", "-o", "lstart=", "-p", str(pid)), check=False, capture_output=True, text=True
    )
    return answer.stdout.strip()


def marked(value: str) -> Iterator[int]:
    """The processes, ourselves aside, whose environment carries ``MARK`` with this value.

    Only Linux tells; elsewhere none is found.
    """
    wanted = f"{MARK}={value}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:  # gone, or somebody else's
            continue
        if wanted in environment and start_mark(pid):
            yield pid
