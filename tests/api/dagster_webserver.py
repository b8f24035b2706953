"""A Dagster webserver that we own: speaks GraphQL over a socket and keeps its runs in memory.

Every query is checked against Dagster's own schema, so that it also is a test of what we send.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from dagster_graphql.schema import create_schema
from graphql import GraphQLSchema, parse, validate
from typing_extensions import override

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


class DagsterWebserver:
    """The webserver on a free port, for the length of a ``with`` block."""

    def __init__(self) -> None:
        self.state = DagsterState()
        state = self.state

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                errors = validate(dagster_schema(), parse(body["query"]))
                answer = (
                    {"errors": [{"message": str(error)} for error in errors]}
                    if errors
                    else {"data": state.answer(body["query"], body["variables"])}
                )
                payload = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            @override
            def log_message(self, *args: object) -> None:  # the tests' output stays readable
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
