"""The gateway speaks GraphQL that Dagster's own schema accepts, and tells its refusals apart."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import TypeVar

import pytest

from optiinfra_api.gateway import GraphQLGateway, RunState, collection, demand, verification
from optiinfra_core.errors import (
    InvalidRequest,
    NotFound,
    OptiInfraError,
    Permanent,
    Transient,
)
from optiinfra_core.settings import Settings
from tests.api.dagster_webserver import DagsterWebserver

T = TypeVar("T")
DAYS = (date(2026, 11, 20), date(2026, 11, 22))


@pytest.fixture
def dagster() -> Iterator[DagsterWebserver]:
    """A webserver of our own on a free port."""
    with DagsterWebserver() as server:
        yield server


def ask(url: str, question: Callable[[GraphQLGateway], Awaitable[T]]) -> T:
    """What ``question`` answers against the webserver at ``url``."""

    async def asking() -> T:
        """Open the gateway, ask, close it."""
        gateway = GraphQLGateway(Settings(dagster_url=url, dagster_public_url="https://dagster"))
        try:
            return await question(gateway)
        finally:
            await gateway.close()

    return asyncio.run(asking())


def test_a_collection_names_its_assets_and_its_range(dagster: DagsterWebserver) -> None:
    """One run collects the chosen data types of one customer over a range of days."""
    launch = collection("aws", ["cost", "performance"], "acme", DAYS)
    run_id = ask(dagster.url, lambda gateway: gateway.launch(launch))
    (sent,) = dagster.state.launched
    assert run_id == "run-1"
    assert sent["selector"] == {
        "repositoryLocationName": "optiinfra_pipelines",
        "repositoryName": "__repository__",
        "jobName": "collect_aws",
        "assetSelection": [{"path": ["aws", "cost"]}, {"path": ["aws", "performance"]}],
        "assetCheckSelection": [],
    }
    assert sent["executionMetadata"]["tags"] == [
        {"key": "dagster/asset_partition_range_start", "value": "acme|2026-11-20"},
        {"key": "dagster/asset_partition_range_end", "value": "acme|2026-11-22"},
        {"key": "optiinfra/customer", "value": "acme"},
    ]


def test_a_verification_carries_the_credential_id_and_nothing_else(
    dagster: DagsterWebserver,
) -> None:
    """Run configuration is readable by everyone at the Dagster UI: it holds an id, no secret."""
    ask(dagster.url, lambda gateway: gateway.launch(verification("c-1", "acme")))
    (sent,) = dagster.state.launched
    assert sent["runConfigData"] == {
        "ops": {"verify_credential_op": {"config": {"credential_id": "c-1"}}}
    }


def test_adding_a_customer_twice_is_no_error(dagster: DagsterWebserver) -> None:
    """The partition is there afterwards, whoever added it."""
    for _ in range(2):
        ask(dagster.url, lambda gateway: gateway.add_customer("aws", "acme"))
    assert dagster.state.partitions == {("customers_aws", "acme")}


def test_runs_are_told_in_our_words(dagster: DagsterWebserver) -> None:
    """Dagster's ten states are five of ours; a run it has forgotten is left out."""
    dagster.state.runs.update(a="STARTED", b="CANCELING", c="FAILURE")
    runs = ask(dagster.url, lambda gateway: gateway.runs(["a", "b", "c", "gone"]))
    assert {run_id: run.state for run_id, run in runs.items()} == {
        "a": RunState.RUNNING,
        "b": RunState.RUNNING,
        "c": RunState.FAILED,
    }


def test_no_ids_ask_nothing(dagster: DagsterWebserver) -> None:
    """An empty list would ask Dagster for every run it has."""
    assert ask("http://127.0.0.1:1", lambda gateway: gateway.runs([])) == {}


def test_a_run_can_be_stopped_and_an_unknown_one_is_not_found(dagster: DagsterWebserver) -> None:
    """Stopping reaches Dagster; an id it does not know is told."""
    dagster.state.runs["a"] = "STARTED"
    ask(dagster.url, lambda gateway: gateway.terminate("a"))
    assert dagster.state.runs["a"] == "CANCELED"
    with pytest.raises(NotFound):
        ask(dagster.url, lambda gateway: gateway.terminate("gone"))


def test_ping_tells_the_version(dagster: DagsterWebserver) -> None:
    """Whoever answers says which Dagster it is."""
    assert ask(dagster.url, lambda gateway: gateway.ping()) == "1.13.27"


def test_links_lead_to_the_address_that_people_reach(dagster: DagsterWebserver) -> None:
    """The address of the webserver inside a cluster helps nobody's browser."""

    async def link(gateway: GraphQLGateway) -> str:
        """The link to a run."""
        return gateway.link("r1")

    assert ask(dagster.url, link) == "https://dagster/runs/r1"


def test_a_webserver_that_is_away_is_a_fault_that_passes() -> None:
    """Nothing listens on port 1: the caller hears what to start."""
    with pytest.raises(Transient) as told:
        ask("http://127.0.0.1:1", lambda gateway: gateway.ping())
    assert "Start Dagster" in told.value.remedy


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ("PipelineNotFoundError", Transient),
        ("PythonError", Transient),
        ("InvalidSubsetError", InvalidRequest),
        ("RunConfigValidationInvalid", Permanent),
    ],
)
def test_each_refusal_is_the_error_it_means(
    dagster: DagsterWebserver, refusal: str, error: type[OptiInfraError]
) -> None:
    """A code server that restarts passes; a wrong asset does not. Tracebacks stay behind."""
    dagster.state.refuse_launch_as = refusal
    launch = collection("aws", ["cost"], "acme", DAYS)
    with pytest.raises(error) as told:
        ask(dagster.url, lambda gateway: gateway.launch(launch))
    assert type(told.value) is error
    assert "secret frames" not in str(told.value)


def test_a_refused_configuration_tells_every_reason() -> None:
    """Dagster lists what it does not accept in the run configuration."""
    refusal = {"__typename": "RunConfigValidationInvalid", "errors": [{"message": "bad id"}]}
    with pytest.raises(Permanent, match="bad id"):
        demand(refusal, "LaunchRunSuccess")
