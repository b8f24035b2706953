"""The demo as a whole: what it serves is true, no secret is on a command line, kills heal."""

import json
import os
import signal
from pathlib import Path

import httpx
import pytest

from optiinfra_cli.supervisor import process
from optiinfra_cli.supervisor.ports import first_free
from optiinfra_core.embedded import clickhouse, postgres
from tests.cli.installed import DEMO_DAYS, Kept, demo, eventually, optiinfra
from tests.cli.truth import untrue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PAIRS = [
    (customer, provider)
    for customer in ("acme", "globex")
    for provider in ("aws", "gcp", "azure", "vultr")
]


def test_the_demo_serves_what_is_true(kept: Kept) -> None:
    """Cost to the cent, points and resources of both customers equal the simulated clouds'."""
    assert kept.told["ok"], kept.told
    lines = {
        (line["customer"], line["provider"], line["data_type"]): line
        for line in kept.told["customers"]
    }
    assert lines.keys() == {
        (customer, provider, data_type)
        for customer, provider in PAIRS
        for data_type in ("cost", "performance", "resource")
    }
    for line in lines.values():
        assert line["ok"]
        assert line["rows"] > 0
        assert line["api_calls"] > 0
        assert line["served"] == line["truth"]
    assert lines["acme", "aws", "cost"]["partitions"] >= DEMO_DAYS


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

    def well() -> bool:
        answer = optiinfra("doctor", "--json", "--data-dir", str(kept.folder))
        findings = json.loads(answer.stdout)["findings"]
        return not [each for each in findings if each["verdict"] == "fail"]

    # Another test may just have killed a server that is coming back.
    eventually(well)


def test_spending_is_shown_by_provider(kept: Kept) -> None:
    """Every call of the demo is there, with what it cost, and each account against its budget."""
    told: list[str] = []

    def answered() -> bool:
        # Another test may just have killed a server that is coming back.
        answer = optiinfra("spending", "acme", "--json", "--data-dir", str(kept.folder))
        told.append(answer.stdout)
        return answer.returncode == 0

    eventually(answered)
    spending = json.loads(told[-1])["spending"]
    assert {row["key"] for row in spending["data"]} == {"aws", "gcp", "azure", "vultr"}
    assert all(row["calls"] > 0 for row in spending["data"])
    assert {row["provider"] for row in spending["accounts"]} == {"aws", "gcp", "azure", "vultr"}


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


def test_an_installation_that_was_stopped_goes_on(kept: Kept) -> None:
    """Down leaves no process; up again, what was served is served, and collecting goes on."""
    folder, base, pids = str(kept.folder), str(kept.state.ports["api"]), kept.processes()
    assert optiinfra("down", "--data-dir", folder).returncode == 0
    assert not any(process.start_mark(pid) for pid in pids)
    assert list(process.marked(folder)) == []
    again = ("up", "--with-simulator", "--detach", "--data-dir", folder, "--port-base", base)
    assert optiinfra(*again).returncode == 0
    assert untrue(kept, PAIRS, ["cost"]) == []
    collect = ("collect", "globex", "aws", "--wait", "--data-dir", folder)
    assert optiinfra(*collect).returncode == 0
    assert untrue(kept, [("globex", "aws")]) == []


@pytest.mark.long
def test_a_second_demo_over_the_same_data_changes_nothing(kept: Kept) -> None:
    """Down leaves no process; the demo again over the same directory serves the truth again."""
    pids = kept.processes()
    assert optiinfra("down", "--data-dir", str(kept.folder)).returncode == 0
    assert not any(process.start_mark(pid) for pid in pids)
    assert list(process.marked(str(kept.folder))) == []
    answer = demo(kept.folder, first_free(21000).api)
    assert answer.returncode == 0, answer.stdout
    assert json.loads(answer.stdout)["ok"]
