"""A Dagster webserver that we own: speaks GraphQL over a socket and keeps its runs in memory.

Every query is checked against Dagster's own schema, so that it also is a test of what we send.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from dagster_graphql.schema import create_schema
from graphql import GraphQLSchema, parse, validate

from optiinfra_core.testing.http_double import HttpDouble, Incoming, Reply

Answer = Mapping[str, Any]


@cache
def dagster_schema() -> GraphQLSchema:
    """The schema of the Dagster that is installed."""
    schema: GraphQLSchema = create_schema().graphql_schema
    return schema


@dataclass(slots=True)
class DagsterState:
    """What the webserver knows; tests read it and steer it."""

    runs: dict[str, str] = field(default_factory=dict)
    launched: list[Mapping[str, Any]] = field(default_factory=list)
    partitions: set[tuple[str, str]] = field(default_factory=set)
    on_launch: Callable[[str, Mapping[str, Any]], None] | None = None
    refuse_launch_as: str | None = None

    def launch(self, variables: Mapping[str, Any]) -> Answer:
        """Start a run, or refuse as told."""
        if self.refuse_launch_as:
            return {"__typename": self.refuse_launch_as, "message": "no\nTraceback: secret frames"}
        run_id = f"run-{len(self.launched) + 1}"
        self.launched.append(variables["params"])
        self.runs[run_id] = "QUEUED"
        if self.on_launch:
            self.on_launch(run_id, variables["params"])
        return {"__typename": "LaunchRunSuccess", "run": {"runId": run_id, "status": "QUEUED"}}

    def add_partition(self, variables: Mapping[str, Any]) -> Answer:
        """Add a partition; a second time is a duplicate."""
        partition = (variables["name"], variables["key"])
        if partition in self.partitions:
            return {"__typename": "DuplicateDynamicPartitionError", "message": "exists"}
        self.partitions.add(partition)
        return {"__typename": "AddDynamicPartitionSuccess"}

    def list_runs(self, variables: Mapping[str, Any]) -> Answer:
        """The runs asked for that exist."""
        wanted = variables["filter"]["runIds"]
        return {
            "__typename": "Runs",
            "results": [
                {
                    "runId": run_id,
                    "status": self.runs[run_id],
                    "jobName": "collect",
                    "startTime": 1_700_000_000.0,
                    "endTime": None,
                }
                for run_id in wanted
                if run_id in self.runs
            ],
        }

    def terminate(self, variables: Mapping[str, Any]) -> Answer:
        """Stop a run that exists."""
        if variables["run"] not in self.runs:
            return {"__typename": "RunNotFoundError", "message": "no such run"}
        self.runs[variables["run"]] = "CANCELED"
        return {"__typename": "TerminateRunSuccess"}

    def answer(self, query: str, variables: Mapping[str, Any]) -> Answer:
        """The data of one query."""
        if "OptiInfraPing" in query:
            return {"version": "1.13.27"}
        for name, key, answer in (
            ("OptiInfraLaunch", "launchRun", self.launch),
            ("OptiInfraAddPartition", "addDynamicPartition", self.add_partition),
            ("OptiInfraRuns", "runsOrError", self.list_runs),
            ("OptiInfraTerminate", "terminateRun", self.terminate),
        ):
            if name in query:
                return {key: answer(variables)}
        raise AssertionError(f"a query this server does not know: {query}")


class DagsterWebserver(HttpDouble):
    """The webserver on a free port, for the length of a ``with`` block."""

    def __init__(self) -> None:
        self.state = DagsterState()
        super().__init__(self._answered)

    def _answered(self, asked: Incoming) -> Reply:
        body = json.loads(asked.body)
        errors = validate(dagster_schema(), parse(body["query"]))
        answer = (
            {"errors": [{"message": str(error)} for error in errors]}
            if errors
            else {"data": self.state.answer(body["query"], body["variables"])}
        )
        return Reply(body=json.dumps(answer).encode(), headers={"Content-Type": "application/json"})
