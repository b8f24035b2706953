"""Asks Dagster over GraphQL to start, show and stop runs; knows no Dagster code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Protocol

import httpx
import orjson

from optiinfra_core.errors import InvalidRequest, NotFound, OptiInfraError, Permanent, Transient
from optiinfra_core.settings import Settings

LOCATION = "optiinfra_pipelines"
REPOSITORY = "__repository__"
# The op of the job verify_credential; in Dagster the two may not share a name.
VERIFYING_OP = "verify_credential_op"
TIMEOUT_SECONDS = 10.0

REMEDY_AWAY = (
    "Start Dagster (`optiinfra status` shows it) and send the request again; scheduled collection"
    " resumes by itself."
)

LAUNCH = """
mutation OptiInfraLaunch($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId status } }
    ... on RunConfigValidationInvalid { errors { message } }
    ... on Error { message }
  }
}
"""
ADD_PARTITION = """
mutation OptiInfraAddPartition($repository: RepositorySelector!, $name: String!, $key: String!) {
  addDynamicPartition(
    repositorySelector: $repository, partitionsDefName: $name, partitionKey: $key
  ) {
    __typename
    ... on Error { message }
  }
}
"""
RUNS = """
query OptiInfraRuns($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    __typename
    ... on Runs { results { runId status jobName startTime endTime } }
    ... on Error { message }
  }
}
"""
TERMINATE = """
mutation OptiInfraTerminate($run: String!) {
  terminateRun(runId: $run) {
    __typename
    ... on TerminateRunFailure { message }
    ... on Error { message }
  }
}
"""
PING = "query OptiInfraPing { version }"


class RunState(StrEnum):
    """A Dagster run as a caller needs to know it."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self in {RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELED}


STATES: Mapping[str, RunState] = {
    "QUEUED": RunState.QUEUED,
    "NOT_STARTED": RunState.QUEUED,
    "MANAGED": RunState.RUNNING,
    "STARTING": RunState.QUEUED,
    "STARTED": RunState.RUNNING,
    "SUSPENDED": RunState.RUNNING,
    "CANCELING": RunState.RUNNING,
    "SUCCESS": RunState.SUCCEEDED,
    "FAILURE": RunState.FAILED,
    "CANCELED": RunState.CANCELED,
}

# What Dagster's refusals mean here; a refusal that is not listed repeats for ever.
REFUSALS: Mapping[str, type[OptiInfraError]] = {
    # Seen while a code server restarts: its location is empty, or the error is a gRPC one.
    "PipelineNotFoundError": Transient,
    "PythonError": Transient,
    "RunConflict": Transient,
    "RunNotFoundError": NotFound,
    "InvalidSubsetError": InvalidRequest,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run that Dagster knows."""

    run_id: str
    state: RunState
    job: str
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A run to start: its job, the assets of it, its tags and its run configuration."""

    job: str
    assets: tuple[tuple[str, ...], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    def params(self) -> Mapping[str, Any]:
        """The GraphQL ``ExecutionParams``."""
        selector: dict[str, Any] = {
            "repositoryLocationName": LOCATION,
            "repositoryName": REPOSITORY,
            "jobName": self.job,
        }
        if self.assets:
            selector["assetSelection"] = [{"path": list(path)} for path in self.assets]
            # Left out, Dagster adds every check of these assets to the run.
            selector["assetCheckSelection"] = []
        tags = [{"key": key, "value": value} for key, value in self.tags.items()]
        return {
            "selector": selector,
            "runConfigData": dict(self.config),
            "executionMetadata": {"tags": tags},
        }


def collection(
    provider: str,
    assets: Sequence[str],
    customer: str,
    days: tuple[date, date],
    job: str = "collect",
) -> Launch:
    """The run of ``job`` that makes ``assets`` of one customer over ``days`` (both included)."""
    first, last = days
    return Launch(
        job=f"{job}_{provider}",
        assets=tuple((provider, asset) for asset in assets),
        tags={
            "dagster/asset_partition_range_start": f"{customer}|{first.isoformat()}",
            "dagster/asset_partition_range_end": f"{customer}|{last.isoformat()}",
            "optiinfra/customer": customer,
        },
    )


def verification(credential_id: str, customer: str) -> Launch:
    """The run that looks whether a credential opens its account."""
    return Launch(
        job="verify_credential",
        tags={"optiinfra/customer": customer, "optiinfra/trigger": "api"},
        config={"ops": {VERIFYING_OP: {"config": {"credential_id": credential_id}}}},
    )


class DagsterGateway(Protocol):
    """What the API asks of Dagster; every method raises ``Transient`` when it is away."""

    async def ping(self) -> str:
        """Dagster's version."""
        ...

    async def add_customer(self, provider: str, customer: str) -> None:
        """Make sure the customer is a partition of the provider's assets."""
        ...

    async def launch(self, launch: Launch) -> str:
        """Start a run; its id."""
        ...

    async def runs(self, run_ids: Sequence[str]) -> Mapping[str, Run]:
        """The runs of these ids that Dagster still knows."""
        ...

    async def terminate(self, run_id: str) -> None:
        """Ask a run to stop.

        Raises:
            NotFound: Dagster does not know it.
        """
        ...

    def link(self, run_id: str) -> str:
        """Where a person sees the run."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


class GraphQLGateway:
    """Dagster's webserver over HTTP."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.dagster_url.rstrip("/")
        self._public_url = (settings.dagster_public_url or self._url).rstrip("/")
        self._client = httpx.AsyncClient(base_url=self._url, timeout=TIMEOUT_SECONDS)

    async def ping(self) -> str:
        """Dagster's version."""
        return str((await self._ask(PING, {}))["version"])

    async def add_customer(self, provider: str, customer: str) -> None:
        """Make sure the customer is a partition of the provider's assets."""
        repository = {"repositoryLocationName": LOCATION, "repositoryName": REPOSITORY}
        name = f"customers_{provider}"
        data = await self._ask(
            ADD_PARTITION, {"repository": repository, "name": name, "key": customer}
        )
        demand(
            data["addDynamicPartition"],
            "AddDynamicPartitionSuccess",
            "DuplicateDynamicPartitionError",
        )

    async def launch(self, launch: Launch) -> str:
        """Start a run; its id."""
        data = await self._ask(LAUNCH, {"params": launch.params()})
        return str(demand(data["launchRun"], "LaunchRunSuccess")["run"]["runId"])

    async def runs(self, run_ids: Sequence[str]) -> Mapping[str, Run]:
        """The runs of these ids that Dagster still knows."""
        if not run_ids:
            return {}
        data = await self._ask(RUNS, {"filter": {"runIds": list(run_ids)}})
        found = demand(data["runsOrError"], "Runs")["results"]
        return {run["runId"]: to_run(run) for run in found}

    async def terminate(self, run_id: str) -> None:
        """Ask a run to stop."""
        data = await self._ask(TERMINATE, {"run": run_id})
        demand(data["terminateRun"], "TerminateRunSuccess")

    def link(self, run_id: str) -> str:
        """Where a person sees the run."""
        return f"{self._public_url}/runs/{run_id}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def _ask(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        body = {"query": query, "variables": dict(variables)}
        try:
            response = await self._client.post("/graphql", json=body)
            response.raise_for_status()
            answer = orjson.loads(response.content)
        except httpx.HTTPError as failure:
            raise Transient(
                f"Dagster did not answer at {self._url}: {type(failure).__name__}",
                remedy=REMEDY_AWAY,
            ) from None
        except orjson.JSONDecodeError:
            raise Permanent(
                f"what answers at {self._url}/graphql is not Dagster",
                remedy="Point OPTIINFRA_DAGSTER_URL at Dagster's webserver.",
            ) from None
        if answer.get("errors"):
            raise Permanent(
                f"Dagster refuses the query: {answer['errors'][0].get('message', '')}",
                remedy="Run the Dagster version that pyproject.toml pins.",
            )
        return dict(answer["data"])


def demand(result: Mapping[str, Any], *accepted: str) -> Mapping[str, Any]:
    """``result`` if it is one of the types ``accepted``; else the error it means here."""
    kind = str(result["__typename"])
    if kind in accepted:
        return result
    told = result.get("message") or "; ".join(
        entry["message"] for entry in result.get("errors", ())
    )
    error = REFUSALS.get(kind, Permanent)
    # The first line only: what follows is a traceback of the code server.
    raise error(
        f"Dagster answers {kind}: {str(told).splitlines()[0] if told else 'no reason given'}",
        remedy="Open the Dagster UI, look at the code location, and send the request again.",
    )


def to_run(run: Mapping[str, Any]) -> Run:
    """A GraphQL ``Run`` as ours."""
    return Run(
        run_id=run["runId"],
        state=STATES.get(run["status"], RunState.RUNNING),
        job=run["jobName"],
        started_at=to_instant(run["startTime"]),
        ended_at=to_instant(run["endTime"]),
    )


def to_instant(seconds: float | None) -> datetime | None:
    """Dagster's epoch seconds as an aware instant."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
