"""What holds for both embedded servers: one per folder, findable, stoppable, sealed."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Timer

import pytest

from optiinfra_core.embedded import clickhouse, keeper, postgres
from optiinfra_core.embedded.directory import ServerDirectory, choose_port, port_is_free
from optiinfra_core.errors import ConfigurationError

Until = Callable[[Callable[[], bool]], bool]
ROOT = Path(__file__).parents[3]
# Of the writer, the reader and the tools; of the owner and the superuser.
PASSWORDS = {clickhouse.KIND: 3, postgres.KIND: 2}
ASK_BOTH = """
import sys
from pathlib import Path
from optiinfra_core.embedded import clickhouse, keeper, postgres
for kind in (clickhouse.KIND, postgres.KIND):
    record = keeper.ensure(kind, Path(sys.argv[1]), None)
    print(kind.name, record.port, kind.directory(Path(sys.argv[1])).keeper())
"""


def serve(kind: keeper.Kind, data_dir: Path, *options: str) -> list[str]:
    """The command line of a keeper in the foreground."""
    return [sys.executable, "-m", kind.module, "serve", str(data_dir), *options]


def test_eight_processes_that_ask_at_once_share_one_server(data_dir: Path) -> None:
    """All of them are told the same port and the same keeper, for both servers."""
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK_BOTH, str(data_dir)], stdout=subprocess.PIPE, cwd=ROOT
        )
        for _ in range(8)
    ]
    answers = {process.communicate(timeout=90)[0] for process in asking}
    assert {process.returncode for process in asking} == {0}
    assert len(answers) == 1


def test_a_second_keeper_of_the_same_folder_is_refused(kind: keeper.Kind, home: Path) -> None:
    """It leaves with its own exit code and names the keeper that is there."""
    refused = subprocess.run(
        serve(kind, home), capture_output=True, check=False, timeout=30, cwd=ROOT
    )
    assert refused.returncode == keeper.HELD
    assert json.loads(refused.stdout) == {"state": "held", "by": kind.directory(home).keeper()}
    assert kind.answers(keeper.ensure(kind, home, None))


def test_a_keeper_that_is_killed_comes_back_on_its_port(
    kind: keeper.Kind, home: Path, until: Until, has_ended: Callable[[int], bool]
) -> None:
    """The next process that asks starts a new keeper under the old port and passwords."""
    before, pid = keeper.ensure(kind, home, None), kind.directory(home).keeper()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert until(partial(has_ended, pid))
    assert keeper.ensure(kind, home, None) == before
    assert kind.directory(home).keeper() not in {None, pid}


def test_the_port_of_the_last_start_is_waited_for() -> None:
    """A dying server that still listens there does not make its successor move."""
    with socket.socket() as dying:
        dying.bind(("127.0.0.1", 0))
        dying.listen()
        port: int = dying.getsockname()[1]
        lets_go = Timer(0.3, dying.close)
        lets_go.start()
        assert choose_port(None, port) == port
        lets_go.join()


def test_no_other_user_reads_what_the_server_writes(kind: keeper.Kind, home: Path) -> None:
    """The folder is closed, and no file of ours in it is open to the group or to others."""
    keeper.ensure(kind, home, None)
    folder = kind.directory(home).path
    own = [path for path in folder.rglob("*") if path.is_file() and "data" not in path.parts]
    assert folder.stat().st_mode & 0o077 == 0
    assert own
    assert [path for path in own if path.stat().st_mode & 0o077] == []


def test_passwords_are_in_no_command_line_and_in_no_log(
    kind: keeper.Kind, home: Path, command_lines: Callable[[], str]
) -> None:
    """Neither the process list nor any log of the server holds a password."""
    secrets = keeper.ensure(kind, home, None).secrets
    passwords = [value for name, value in secrets.items() if name.endswith("password")]
    logs = [path.read_text(errors="replace") for path in kind.directory(home).path.rglob("*.log*")]
    seen = command_lines() + "".join(logs)
    assert kind.module in seen
    assert len(passwords) == PASSWORDS[kind]
    assert [password for password in passwords if password in seen] == []


def test_a_stop_leaves_no_process_and_can_be_repeated(
    data_dir: Path, until: Until, has_ended: Callable[[int], bool]
) -> None:
    """The keeper has ended and the port is free when stop returns; a second stop does nothing."""
    for kind in (clickhouse.KIND, postgres.KIND):
        record = keeper.ensure(kind, data_dir, None)
        pid = kind.directory(data_dir).keeper()
        assert pid
        assert keeper.stop(kind, data_dir)
        assert until(partial(has_ended, pid))
        assert port_is_free(record.port)
        assert not keeper.stop(kind, data_dir)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_a_keeper_in_the_foreground_cleanly(
    data_dir: Path, kind: keeper.Kind, number: signal.Signals
) -> None:
    """It says when it is ready, and after the signal it leaves with code 0."""
    process = subprocess.Popen(
        serve(kind, data_dir), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    with process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline()) == {"state": "ready"}
        process.send_signal(number)
        assert process.wait(30) == keeper.STOPPED


def test_a_keeper_ends_with_its_parent_if_told_to(
    data_dir: Path, kind: keeper.Kind, until: Until
) -> None:
    """A supervisor that is killed leaves no server behind."""
    command = serve(kind, data_dir, "--die-with-parent")
    parent = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", parent, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ) as supervisor:
        assert supervisor.stdout is not None
        assert json.loads(supervisor.stdout.readline()) == {"state": "ready"}
        supervisor.kill()
    assert until(lambda: kind.directory(data_dir).keeper() is None)


def test_a_port_that_is_taken_is_named(data_dir: Path, kind: keeper.Kind, home: Path) -> None:
    """Whoever asks for the port of another server is told so, with a remedy."""
    taken = keeper.ensure(kind, home, None).port
    with pytest.raises(ConfigurationError, match=str(taken)) as refusal:
        keeper.ensure(kind, data_dir, taken)
    assert "another port" in refusal.value.remedy


def test_a_damaged_record_is_not_replaced_by_new_passwords(tmp_path: Path) -> None:
    """Guessing would lock everybody out of the data; the file is named instead."""
    directory = ServerDirectory(tmp_path / "server")
    directory.create()
    directory.record_path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"server\.json is damaged"):
        directory.record()
