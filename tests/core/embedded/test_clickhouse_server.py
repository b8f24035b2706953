"""The embedded ClickHouse keeps what it acknowledged, and says when its wheel cannot serve."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest
from typing_extensions import override

from optiinfra_core.embedded import clickhouse, keeper
from optiinfra_core.embedded.clickhouse_engine import ask, check_version
from optiinfra_core.embedded.directory import HOST, Record
from optiinfra_core.errors import ConfigurationError, Permanent, Transient

ROOT = Path(__file__).parents[3]
BATCH = 500
OLD_WHEEL = """
class Answer:
    def error_message(self):
        return "SYSTEM START LISTEN is not supported in clickhouse-local"

def query(*_, **__):
    return Answer()
"""


def write_batches(record: Record, acknowledged: list[int], enough: Event) -> None:
    """Insert batch after batch until the server dies; count those it acknowledged."""
    for batch in range(100_000):
        rows = ", ".join(f"({batch}, {number})" for number in range(BATCH))
        try:
            ask(record, f"INSERT INTO optiinfra.t SETTINGS async_insert = 0 VALUES {rows}")  # noqa: S608 - numbers
        except (Transient, Permanent):
            return
        acknowledged.append(batch)
        if len(acknowledged) == 20:
            enough.set()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(data_dir: Path) -> None:
    """Killed while it is written to, it comes back on its port with every acknowledged batch."""
    endpoint = clickhouse.ensure_clickhouse(data_dir)
    directory = clickhouse.KIND.directory(data_dir)
    record = directory.record()
    assert record
    ask(record, "CREATE TABLE optiinfra.t (b UInt64, n UInt64) ENGINE = MergeTree ORDER BY (b, n)")
    acknowledged: list[int] = []
    enough = Event()
    writing = Thread(target=write_batches, args=(record, acknowledged, enough))
    writing.start()
    assert enough.wait(30)
    pid = directory.keeper()
    assert pid
    os.kill(pid, signal.SIGKILL)
    writing.join(60)
    assert clickhouse.ensure_clickhouse(data_dir) == endpoint
    found = ask(record, "SELECT b, count() FROM optiinfra.t GROUP BY b FORMAT TSV").split()
    counts = dict(zip(map(int, found[::2]), map(int, found[1::2]), strict=True))
    assert set(acknowledged) <= set(counts)
    assert set(counts.values()) == {BATCH}


@pytest.mark.parametrize("name", ["default", "other", "optiinfra; DROP", "optiinfra_X", ""])
def test_a_database_outside_the_prefix_is_refused(data_dir: Path, name: str) -> None:
    """The server's users may not work there, so it is said before anything starts."""
    with pytest.raises(ConfigurationError, match="has no database"):
        clickhouse.ensure_clickhouse(data_dir, database=name)
    assert not any(data_dir.iterdir())


@contextmanager
def server_of_version(version: str) -> Iterator[Record]:
    """Something that answers every statement with ``version``."""

    class Handler(BaseHTTPRequestHandler):
        """Answers every POST."""

        def do_POST(self) -> None:
            """Answer with the version."""
            self.send_response(200)
            self.end_headers()
            self.wfile.write(version.encode())

        @override
        def log_message(self, *_: object) -> None:
            """Nothing to say."""

    with HTTPServer((HOST, 0), Handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield Record(port=server.server_port, secrets={"user": "u", "password": "p"})
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("version", ["26.8.3.1\n", "25.10.1.1\n", "unknown\n"])
def test_an_engine_that_is_too_old_is_refused(version: str) -> None:
    """The refusal names the version and what to install."""
    with (
        server_of_version(version) as record,
        pytest.raises(ConfigurationError, match=version.strip()) as refusal,
    ):
        check_version(record)
    assert "OPTIINFRA_CLICKHOUSE_URL" in refusal.value.remedy


@pytest.mark.parametrize("version", ["26.9.2.1\n", "26.10.1.1\n", "27.1.1.1\n"])
def test_an_engine_that_is_new_enough_is_accepted(version: str) -> None:
    """26.9 and whatever follows it."""
    with server_of_version(version) as record:
        check_version(record)


@pytest.mark.parametrize(
    ("wheel", "complaint"),
    [
        ({"__init__.py": "raise ImportError('no such wheel')"}, "no such wheel"),
        ({"__init__.py": "", "_chdb.py": ""}, "cannot be loaded"),
        ({"__init__.py": "", "_chdb.py": OLD_WHEEL}, "is not supported in clickhouse-local"),
    ],
    ids=["missing", "different", "old"],
)
def test_a_wheel_that_cannot_serve_is_named(
    data_dir: Path, tmp_path: Path, wheel: dict[str, str], complaint: str
) -> None:
    """Without a usable wheel the keeper refuses, says why and what else could be done."""
    (tmp_path / "chdb").mkdir()
    for name, content in wheel.items():
        (tmp_path / "chdb" / name).write_text(content, encoding="utf-8")
    refused = subprocess.run(
        [sys.executable, "-m", clickhouse.KIND.module, "serve", str(data_dir)],
        capture_output=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"},
    )
    assert refused.returncode == keeper.REFUSED
    said = json.loads(refused.stdout)
    assert complaint in said["detail"]
    assert "optiinfra[embedded]" in said["remedy"]
