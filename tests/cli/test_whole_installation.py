"""The demo as a whole: what it serves is true, no secret is on a command line, kills heal."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from optiinfra_cli.supervisor import process, state_file
from optiinfra_cli.supervisor.ports import first_free
from optiinfra_core.embedded import clickhouse, postgres

ROOT = Path(__file__).parents[2]
SECONDS = 90.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def optiinfra(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command; its progress is shown when the test fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}  # noqa: TID251 - for a child
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = (sys.executable, "-P", "-m", "optiinfra_cli", *arguments)
    answer = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    sys.stderr.write(answer.stderr)
    return answer


def eventually(fact: Callable[[], object]) -> None:
    """Return once ``fact`` holds; fail after a bounded time."""
    end = time.monotonic() + SECONDS
    while not fact():
        assert time.monotonic() < end, "it never came about"
        signal.sigtimedwait([], 0.2)


class Kept:
    """A demo that was left running, and what it printed."""

    def __init__(self, folder: Path, told: dict[str, Any]) -> None:
        self.folder = folder
        self.told = told

    @property
    def state(self) -> state_file.StateFile:
        """What its supervisor last wrote."""
        state = state_file.read(self.folder)
        assert state is not None
        return state

    def processes(self) -> list[int]:
        """Everything that runs on its behalf."""
        return [self.state.pid, *process.marked(str(self.folder))]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A demo that ended its work and stays up; stopped at the end."""
    folder = tmp_path_factory.mktemp("demo").resolve()
    base = first_free(21000).api
    answer = optiinfra(
        "demo", "--once", "--keep", "--json", "--data-dir", str(folder), "--port-base", str(base)
    )
    try:
        yield Kept(folder, json.loads(answer.stdout))
    finally:
        optiinfra("down", "--data-dir", str(folder))


def test_the_demo_serves_what_is_true(kept: Kept) -> None:
    """Cost to the cent, points and resources of both customers equal the simulated clouds'."""
    assert kept.told["ok"], kept.told
    lines = {(line["customer"], line["data_type"]): line for line in kept.told["customers"]}
    assert lines.keys() == {
        (customer, data_type)
        for customer in ("acme", "globex")
        for data_type in ("cost", "performance", "resource")
    }
    for line in lines.values():
        assert line["ok"]
        assert line["rows"] > 0
        assert line["api_calls"] > 0
        assert line["served"] == line["truth"]
    assert lines["acme", "cost"]["partitions"] >= 14


def test_no_secret_is_on_a_command_line(kept: Kept) -> None:
    """Neither a server's password nor a simulated cloud's key is an argument of any process."""
    secrets = set()
    for kind in (postgres.KIND, clickhouse.KIND):
        record = kind.directory(kept.folder).record()
        assert record is not None
        secrets |= {text for text in record.secrets.values() if len(text) > 12}
    accounts = httpx.get(f"{kept.state.urls['simulator']}/_simulator/accounts").json()
    for account in accounts:
        secrets |= {value for value in account["credential"].values() if isinstance(value, str)
                    and not value.startswith(("http", "arn:"))}  # fmt: skip
    secrets = {secret for secret in secrets if len(secret) > 12}
    assert len(secrets) > 4
    arguments = b"".join(
        Path(f"/proc/{pid}/cmdline").read_bytes() for pid in kept.processes()
    ).decode()
    assert "optiinfra_api" in arguments
    assert not [secret for secret in secrets if secret in arguments]


def test_status_and_doctor_find_it_well(kept: Kept) -> None:
    """Everything is ready and nothing fails."""
    assert optiinfra("status", "--data-dir", str(kept.folder)).returncode == 0
    answer = optiinfra("doctor", "--json", "--data-dir", str(kept.folder))
    failed = [each for each in json.loads(answer.stdout)["findings"] if each["verdict"] == "fail"]
    assert not failed


@pytest.mark.parametrize("name", ["clickhouse", "postgres", "daemon", "code", "api", "webserver"])
def test_a_killed_process_comes_back(kept: Kept, name: str) -> None:
    """After kill -9 of any of them the installation is ready again and the API serves."""
    before = kept.state.services[name]
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: kept.state.services[name]["restarts"] > before["restarts"])
    eventually(lambda: kept.state.ready)
    url = f"{kept.state.urls['api']}/readyz"

    def serves() -> bool:
        try:
            return httpx.get(url, timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    eventually(serves)


def test_a_second_demo_over_the_same_data_changes_nothing(kept: Kept) -> None:
    """Down leaves no process; the demo again over the same directory serves the truth again."""
    pids = kept.processes()
    assert optiinfra("down", "--data-dir", str(kept.folder)).returncode == 0
    assert not any(process.start_mark(pid) for pid in pids)
    assert list(process.marked(str(kept.folder))) == []
    base = str(first_free(21000).api)
    answer = optiinfra(
        "demo", "--once", "--keep", "--json", "--data-dir", str(kept.folder), "--port-base", base
    )
    assert answer.returncode == 0, answer.stdout
    assert json.loads(answer.stdout)["ok"]
