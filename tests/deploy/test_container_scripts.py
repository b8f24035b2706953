"""What runs beside our code in a container: the entry point and the health check."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import grpc
import psycopg
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from typing_extensions import override

from optiinfra_core.endpoints import PostgresEndpoint

DEPLOY = Path(__file__).parents[2] / "deploy"


def run(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``command`` with these variables and a PATH."""
    told = {"PATH": "/usr/bin:/bin", **environment}
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)


def health_of(*arguments: str, secrets: str = "/nonexistent") -> int:
    """The exit code of the health check."""
    command = [sys.executable, str(DEPLOY / "healthcheck.py"), *arguments]
    return run(command, OPTIINFRA_SECRETS_DIR=secrets).returncode


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """A folder with the address of Dagster's database."""
    (tmp_path / "dagster_postgres_url").write_text("postgresql+psycopg2://d:p@postgres/dagster\n")
    return tmp_path


def test_the_entry_point_tells_dagster_its_database(secrets: Path) -> None:
    """dagster.yaml names a variable; the secret is a file."""
    command = [str(DEPLOY / "entrypoint"), "sh", "-c", 'printf %s "$DAGSTER_POSTGRES_URL"']
    done = run(command, OPTIINFRA_SECRETS_DIR=str(secrets))
    assert done.stdout == "postgresql+psycopg2://d:p@postgres/dagster"


def test_the_entry_point_leaves_a_variable_that_is_set(secrets: Path) -> None:
    """An orchestrator that sets it has the last word."""
    command = [str(DEPLOY / "entrypoint"), "sh", "-c", 'printf %s "$DAGSTER_POSTGRES_URL"']
    done = run(command, OPTIINFRA_SECRETS_DIR=str(secrets), DAGSTER_POSTGRES_URL="mine")
    assert done.stdout == "mine"


def test_the_entry_point_needs_no_secret_and_passes_the_exit_code_on() -> None:
    """The API does not know Dagster's database."""
    done = run([str(DEPLOY / "entrypoint"), "sh", "-c", "exit 7"], OPTIINFRA_SECRETS_DIR="/none")
    assert (done.returncode, done.stderr) == (7, "")


class Answer(BaseHTTPRequestHandler):
    """200 on /well, 503 elsewhere."""

    def do_GET(self) -> None:
        """Answer what the test asked for."""
        well = self.path == "/well"
        self.send_response(HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)
        self.end_headers()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def web() -> Iterator[str]:
    """A web server's address."""
    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_http_is_healthy_when_it_answers_200(web: str) -> None:
    """Any other answer is not, and neither is silence."""
    assert health_of("http", f"{web}/well") == 0
    assert health_of("http", f"{web}/unwell") == 1
    assert health_of("http", "http://127.0.0.1:1/well") == 1


@pytest.fixture
def code_server() -> Iterator[tuple[health.HealthServicer, str]]:
    """A gRPC server with the health service that Dagster's code server has."""
    servicer = health.HealthServicer()
    server = grpc.server(ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(0).wait()


def test_the_code_server_is_healthy_when_it_says_so(
    code_server: tuple[health.HealthServicer, str],
) -> None:
    """A server that listens and does not serve is not healthy."""
    servicer, address = code_server
    assert health_of("grpc", address) == 1
    servicer.set("DagsterApi", health_pb2.HealthCheckResponse.NOT_SERVING)
    assert health_of("grpc", address) == 1
    servicer.set("DagsterApi", health_pb2.HealthCheckResponse.SERVING)
    assert health_of("grpc", address) == 0
    assert health_of("grpc", "127.0.0.1:1") == 1


def test_the_daemon_is_healthy_while_its_heart_beats(
    postgres_empty: PostgresEndpoint, tmp_path: Path
) -> None:
    """Two minutes without a heartbeat, none ever, or no table: not healthy."""
    url = postgres_empty.url.get_secret_value()
    secret = url.replace("postgresql://", "postgresql+psycopg2://")
    (tmp_path / "dagster_postgres_url").write_text(secret)

    def beats() -> bool:
        return health_of("daemon", secrets=str(tmp_path)) == 0

    with psycopg.connect(url, autocommit=True) as connection:
        assert not beats()
        connection.execute("CREATE TABLE daemon_heartbeats (timestamp timestamp NOT NULL)")
        assert not beats()
        insert = "INSERT INTO daemon_heartbeats SELECT now() AT TIME ZONE 'UTC' - %s::interval"
        connection.execute(insert, ["10 minutes"])
        assert not beats()
        connection.execute(insert, ["10 seconds"])
        assert beats()
