"""Kill -9 in the middle of collections: after two more of them, what is served is true."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from optiinfra_cli.supervisor import process
from optiinfra_core.windows import SystemClock
from tests.cli.installed import Kept, eventually, optiinfra
from tests.cli.truth import untrue

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAYS = 1
UNFINISHED = """
{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED, CANCELING]}) {
    ... on Runs { results { runId } } } }
"""


def worker(kept: Kept) -> int | None:
    """A process that executes a run: the code server spawns one for each. None where none is."""
    for pid in process.marked(str(kept.folder)):
        if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def victim_of(kept: Kept, name: str) -> int:
    """The process to kill: a service by its name, or the worker of a run."""
    if name != "worker":
        return int(kept.state.services[name]["pid"])
    found = worker(kept)
    assert found is not None
    return found


def calls(kept: Kept) -> int:
    """How many requests the simulated clouds have had."""
    told = httpx.get(f"{kept.state.urls['simulator']}/_simulator/calls").json()
    return int(told["total"])


def unfinished(kept: Kept) -> bool:
    """Whether Dagster has a run that is not over, or does not answer."""
    try:
        answer = httpx.post(
            f"{kept.state.urls['dagster']}/graphql", json={"query": UNFINISHED}, timeout=10
        )
        return bool(answer.json()["data"]["runsOrError"]["results"])
    except (httpx.HTTPError, KeyError, TypeError, ValueError):
        return True


def served(kept: Kept) -> bool:
    """Whether the API answers that it is ready."""
    try:
        answer = httpx.get(f"{kept.state.urls['api']}/readyz", timeout=5)
    except httpx.HTTPError:
        return False
    return answer.status_code == httpx.codes.OK


def backfill(kept: Kept, *options: str) -> int:
    """Collect acme's last days again; the exit code of the command."""
    today = SystemClock().now().date()
    return optiinfra(
        "backfill", "acme", "aws", "--start", str(today - timedelta(days=DAYS)),
        "--end", str(today), "--json", "--data-dir", str(kept.folder), *options,
    ).returncode  # fmt: skip


def collect(kept: Kept) -> int:
    """Collect what acme has now; the exit code of the command."""
    return optiinfra(
        "collect", "acme", "aws", "--wait", "--json", "--data-dir", str(kept.folder)
    ).returncode


@pytest.mark.parametrize(
    ("name", "after"), [("worker", 12), ("daemon", 6), ("clickhouse", 8), ("postgres", 10)]
)
def test_a_kill_in_the_middle_neither_loses_nor_doubles_anything(
    kept: Kept, name: str, after: int
) -> None:
    """Whatever dies after so many calls, two collections later every figure is the truth's."""
    eventually(lambda: served(kept) and not unfinished(kept))
    before = calls(kept)
    assert backfill(kept) == 0
    eventually(lambda: worker(kept) and calls(kept) >= before + after)
    os.kill(victim_of(kept, name), signal.SIGKILL)
    eventually(lambda: kept.state.ready and served(kept) and not unfinished(kept))
    eventually(lambda: collect(kept) == 0)
    eventually(lambda: backfill(kept, "--wait") == 0)
    assert untrue(kept, [("acme", "aws")]) == []
