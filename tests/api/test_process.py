"""The API as its own process: serves, logs without secrets, ends when told, or refuses to start."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from tests.api.house import House

ROOT = Path(__file__).parents[2]


def environment(house: House, **changes: str) -> Mapping[str, str]:
    """The settings of the installation as a process reads them."""
    clickhouse = house.servers.clickhouse
    return {
        "PATH": os.environ["PATH"],  # noqa: TID251 - a child needs a PATH
        "HOME": str(house.settings.data_dir),
        "OPTIINFRA_DATA_DIR": str(house.settings.data_dir),
        "OPTIINFRA_ENVIRONMENT": "test",
        "OPTIINFRA_CLICKHOUSE_URL": clickhouse.url,
        "OPTIINFRA_CLICKHOUSE_DATABASE": clickhouse.database,
        "OPTIINFRA_CLICKHOUSE_USER": clickhouse.user,
        "OPTIINFRA_CLICKHOUSE_PASSWORD": clickhouse.password.get_secret_value(),
        "OPTIINFRA_CLICKHOUSE_READER_USER": clickhouse.reader_user,
        "OPTIINFRA_CLICKHOUSE_READER_PASSWORD": clickhouse.reader_password.get_secret_value(),
        "OPTIINFRA_POSTGRES_URL": house.servers.postgres.url.get_secret_value(),
        "OPTIINFRA_DAGSTER_URL": house.dagster.url,
        "OPTIINFRA_LOG_FORMAT": "json",
        **changes,
    }


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        port: int = asked.getsockname()[1]
    return port


def lines_until(process: subprocess.Popen[str], words: str) -> list[str]:
    """What the process logs up to the line that holds ``words``."""
    assert process.stderr is not None
    found: list[str] = []
    for line in process.stderr:
        found.append(line)
        if words in line:
            return found
    raise AssertionError("".join(found))


def test_it_serves_logs_without_secrets_and_ends_when_told(house: House) -> None:
    """A whole process over a real socket: a read, a refusal, a clean end."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "optiinfra_api"],
        env=environment(house, OPTIINFRA_API_PORT=str(port)),
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        log = lines_until(process, "running on")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            total = client.get("/api/v2/costs/acme/aws/total", headers=house.auth("acme"))
            leaked = client.get("/livez", params={"api_key": house.tokens["acme"]})
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    told = "".join(log) + rest
    assert total.json()["data"][0]["cost"] == "165"
    assert leaked.status_code == 422
    assert process.returncode in {0, -signal.SIGTERM}
    assert "request.answered" in told
    assert "/api/v2/costs/{customer_id}/{provider}/total" in told
    assert "Traceback" not in told
    assert house.tokens["acme"].rsplit("_", 1)[-1] not in told


def test_it_refuses_to_start_without_a_key_ring(house: House, tmp_path: Path) -> None:
    """Exit code 2 and a remedy, before it opens its port."""
    done = subprocess.run(
        [sys.executable, "-m", "optiinfra_api"],
        env=environment(house, OPTIINFRA_DATA_DIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        timeout=60,
    )
    assert done.returncode == 2
    assert "key ring" in done.stderr
    assert "Traceback" not in done.stderr
