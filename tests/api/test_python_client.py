"""The generated Python client: made from the description, typed, and used over a socket."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from optiinfra_cli import client_package
from optiinfra_core.collecting.news import Beginning
from optiinfra_core.collecting.tasks import CollectionTasks
from optiinfra_core.errors import ConfigurationError
from tests.api.house import House
from tests.api.replica import Replica, replica

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
FENCE = re.compile(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = """
import json, os
from optiinfra_client import AuthenticatedClient
from optiinfra_client.api.collect import source_freshness
from optiinfra_client.api.costs import cost_metrics, cost_total
from optiinfra_client.api.customers import list_customers
from optiinfra_client.models import CostTotalTagKey, Problem

client = AuthenticatedClient(os.environ["URL"], os.environ["KEY"], raise_on_unexpected_status=True)
with client:
    period = {"days": 30, "provider": "aws", "customer_id": "acme", "client": client}
    total = cost_total.sync(**period)
    tagged = cost_total.sync(**period, tags=CostTotalTagKey.from_dict({"tag.team": "nobody"}))
    lines, cursor = [], None
    while True:
        page = cost_metrics.sync(**period, limit=25, cursor=cursor)
        lines += page.data
        cursor = page.next_cursor
        if cursor is None:
            break
    foreign = cost_total.sync(**{**period, "customer_id": "globex"})
    refused = list_customers.sync(client=client)
    fresh = source_freshness.sync(client=client, customer_id="acme")
print(json.dumps({
    "total": total.data[0].cost,
    "as_of": total.as_of.isoformat(),
    "stale": total.stale,
    "tagged": len(tagged.data),
    "lines": len(lines),
    "services": sorted({line.service_name for line in lines}),
    "foreign": [isinstance(foreign, Problem), foreign.status, foreign.remedy],
    "refused": refused.status,
    "fresh": len(fresh.data),
}))
"""
FOLLOWER = """
import os, sys
from optiinfra_client import AuthenticatedClient
from optiinfra_client.events import follow

client = AuthenticatedClient(os.environ["URL"], os.environ["KEY"]).get_httpx_client()
for event in follow(client, customer_id="acme", last_event_id=os.environ.get("MARK")):
    print(event.id, event.kind, event.data["run_id"], flush=True)
"""


@pytest.fixture(scope="module")
def server(furnished: House) -> Iterator[Replica]:
    """The API over a socket."""
    with replica(furnished) as running:
        yield running


@pytest.fixture(scope="module")
def package(server: Replica, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client, made from the description that the API serves."""
    folder = tmp_path_factory.mktemp("client")
    operations = client_package.write(server.get("/openapi.json").json(), folder)
    assert operations > 60
    return folder


def environment(package: Path, server: Replica, house: House, **more: str) -> Mapping[str, str]:
    """That of a program which uses the client and knows nothing of ours."""
    path = os.environ["PATH"]  # noqa: TID251 - a child needs a PATH
    key = house.tokens["acme"]
    return {"PATH": path, "PYTHONPATH": str(package), "URL": server.url, "KEY": key, **more}


def python(program: str, env: Mapping[str, str]) -> str:
    """What a program prints."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_client_reads_pages_filters_and_understands_refusals(
    package: Path, server: Replica, house: House
) -> None:
    """Typed answers over a socket, the same as the API gives without it; problems are values."""
    told: dict[str, Any] = json.loads(python(PROGRAM, environment(package, server, house)))
    mine = house.get("/api/v2/costs/acme/aws/total", days=30).json()
    assert told["total"] == mine["data"][0]["cost"]
    assert told["stale"] == mine["stale"]
    assert told["as_of"].startswith(mine["as_of"].rstrip("Z"))
    assert told["lines"] == mine["data"][0]["rows"]
    assert told["services"] == ["Amazon EC2", "Amazon S3"]
    assert told["tagged"] == 0
    assert told["foreign"][:2] == [True, 404]
    assert told["foreign"][2]
    assert told["refused"] == 403
    assert told["fresh"] == 3


def test_the_example_of_the_page_is_typed_and_runs(
    package: Path, server: Replica, house: House, tmp_path: Path
) -> None:
    """A strict type checker finds nothing in it; it prints what the page says that it prints."""
    fences = re.findall(
        r"^```(python|text)\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL
    )
    (_, program), (_, printed) = fences[0], fences[1]
    example = tmp_path / "example.py"
    example.write_text(program)
    env = environment(package, server, house, MYPYPATH=str(package))
    checking = ("mypy", "--strict", "--config-file=", "--cache-dir", str(tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-m", *checking, str(example)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout
    assert python(program, env) == printed


def test_the_client_follows_events_and_resumes(
    package: Path, server: Replica, house: House
) -> None:
    """From the mark it is given, as they happen, and again after the server was away."""
    tasks = CollectionTasks(house.database)

    def begin(run_id: str) -> None:
        begun = {"customer_id": "acme", "provider": "aws", "data_type": "cost", "trigger": "api"}
        tasks.begin(Beginning(run_id=run_id, **begun))

    replay = {"follow": False, "replay": True}
    marks = re.findall("^id: (.*)$", house.get("/api/v1/events", **replay).text, re.MULTILINE)
    env = environment(package, server, house, MARK=marks[-1])
    begin("before")
    with subprocess.Popen(
        [sys.executable, "-c", FOLLOWER], env=env, stdout=subprocess.PIPE, text=True
    ) as follower:
        assert follower.stdout is not None
        first = follower.stdout.readline().split()
        begin("meanwhile")
        second = follower.stdout.readline().split()
        follower.kill()
    assert [first[1:], second[1:]] == [
        ["collection.started", "before"],
        ["collection.started", "meanwhile"],
    ]
    assert first[0] != second[0]


def test_a_folder_with_something_else_is_not_overwritten(tmp_path: Path) -> None:
    """The command writes into an empty folder or over a client of its own."""
    (tmp_path / "thesis.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="something else"):
        client_package.write({"paths": {}}, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "x"
