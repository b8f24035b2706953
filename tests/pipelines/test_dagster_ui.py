"""The real webserver, asked over GraphQL as its pages ask: what people read arrives there."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from optiinfra_core.endpoints import PostgresEndpoint

ROOT = Path(__file__).parents[2]
LOADS_WITHIN = 120

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ASSETS = """
{ assetNodes {
    assetKey { path } description groupName kinds
    owners { ... on TeamAssetOwner { team } } tags { key value }
    backfillPolicy { maxPartitionsPerRun policyType }
    metadataEntries { label ... on UrlMetadataEntry { url }
      ... on TableSchemaMetadataEntry { schema { columns { name type description } } } }
    assetChecksOrError { ... on AssetChecks { checks { name description } } }
} }
"""
AUTOMATION = """
{ repositoriesOrError { ... on RepositoryConnection { nodes {
    jobs { name description tags { key value } }
    schedules { name description defaultStatus }
    sensors { name description defaultStatus }
} } } }
"""
INSTANCE = "{ instance { runQueueConfig { tagConcurrencyLimitsYaml maxConcurrentRuns } } }"


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def webserver(
    tmp_path_factory: pytest.TempPathFactory, postgres_empty: PostgresEndpoint
) -> Iterator[str]:
    """A webserver with our dagster.yaml and definitions; its GraphQL address."""
    home, port = tmp_path_factory.mktemp("dagster"), free_port()
    shutil.copy(ROOT / "dagster.yaml", home)
    url = postgres_empty.url.get_secret_value().replace("postgresql:", "postgresql+psycopg2:", 1)
    environment = {
        **os.environ,  # noqa: TID251 - the environment of a child
        "DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_URL": url,
        "OPTIINFRA_API_PUBLIC_URL": "https://costs.example",
        "OPTIINFRA_DOCS_URL": "https://docs.example",
    }
    command = ["-h", "127.0.0.1", "-p", str(port), "-m", "optiinfra_pipelines.definitions"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dagster_webserver", *command],
            env=environment, cwd=ROOT, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        await_answer(process, address, home / "log")
        yield f"{address}/graphql"
    finally:
        process.terminate()
        process.wait(30)


def await_answer(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    """Return once the webserver answers; fail with its log when it ended."""
    for _ in range(LOADS_WITHIN * 5):
        try:
            httpx.get(f"{address}/server_info")
        except httpx.TransportError:
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail(log.read_text())
        return
    pytest.fail(f"no answer within {LOADS_WITHIN} s: {log.read_text()}")


def ask(address: str, query: str) -> Any:
    """The data of a query; an error of the server fails the test."""
    answer = httpx.post(address, json={"query": query}, timeout=60).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


@pytest.fixture(scope="module")
def nodes(webserver: str) -> dict[str, dict[str, Any]]:
    """What the catalogue shows, by asset."""
    return {
        "/".join(each["assetKey"]["path"]): each for each in ask(webserver, ASSETS)["assetNodes"]
    }


def test_the_catalogue_shows_description_owner_kinds_tags_and_columns(
    nodes: dict[str, dict[str, Any]],
) -> None:
    """What the definitions say is what a browser is told."""
    cost = nodes["aws/cost"]
    assert "**Red** means that an account failed." in cost["description"]
    assert [owner["team"] for owner in cost["owners"]] == ["platform"]
    assert set(cost["kinds"]) == {"aws", "clickhouse"}
    assert {"key": "optiinfra/provider", "value": "aws"} in cost["tags"]
    [schema] = [each["schema"] for each in cost["metadataEntries"] if "schema" in each]
    billed = next(each for each in schema["columns"] if each["name"] == "billed_cost")
    assert billed["description"] == "What the invoice says"


def test_links_lead_to_the_addresses_that_people_reach(nodes: dict[str, dict[str, Any]]) -> None:
    """The dashboard, the API and the documentation by their public addresses."""
    entries = {each["label"]: each for each in nodes["gcp/performance"]["metadataEntries"]}
    dashboard = "https://costs.example/dashboard/#/performance?provider=gcp"
    assert entries["dashboard"]["url"] == dashboard
    assert entries["documentation"]["url"] == "https://docs.example/dagster-ui/"
    assert entries["api_description"]["url"] == "https://costs.example/docs"
    assert "(https://docs.example/faults/)" in nodes["gcp/performance"]["description"]


def test_every_assets_checks_arrive_with_their_descriptions(
    nodes: dict[str, dict[str, Any]],
) -> None:
    """The tab of checks tells what each looks for."""
    checks = nodes["azure/cost"]["assetChecksOrError"]["checks"]
    assert {each["name"] for each in checks} >= {"served_as_committed", "focus_figures"}
    assert all(each["description"] for each in checks)


def test_a_backfill_is_cut_into_runs_of_a_month(nodes: dict[str, dict[str, Any]]) -> None:
    """Half a year of an account does not have to fit into the time of one run."""
    policies = {
        each["backfillPolicy"]["maxPartitionsPerRun"]
        for each in nodes.values()
        if each["backfillPolicy"]
    }
    assert policies == {31}


def test_jobs_schedules_and_sensors_are_described_and_run(webserver: str) -> None:
    """Automation is on by default and says what it does."""
    [repository] = ask(webserver, AUTOMATION)["repositoriesOrError"]["nodes"]
    listed = [*repository["schedules"], *repository["sensors"]]
    named = [job for job in repository["jobs"] if not job["name"].startswith("__")]
    assert all(each["description"] for each in [*listed, *named])
    ours = [each for each in listed if not each["name"].startswith("default_")]
    assert {each["defaultStatus"] for each in ours} == {"RUNNING"}


def test_backfills_leave_places_to_the_ticks(webserver: str) -> None:
    """Of the places for runs, those of a backfill are fewer."""
    told = ask(webserver, INSTANCE)["instance"]["runQueueConfig"]
    limits = {
        each["key"]: each["limit"] for each in yaml.safe_load(told["tagConcurrencyLimitsYaml"])
    }
    assert limits["dagster/backfill"] < told["maxConcurrentRuns"]


def test_no_window_asks_for_a_mail_address(webserver: str) -> None:
    """Dagster's window for newcomers is off; the first thing a visitor sees is the catalogue."""
    assert ask(webserver, "{ shouldShowNux }") == {"shouldShowNux": False}
