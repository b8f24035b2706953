"""The script that makes the roles in the Postgres container, tried on a real server."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from optiinfra_core.database import migrate
from optiinfra_core.embedded.postgres_account import choose_account
from optiinfra_core.embedded.postgres_binaries import find_binaries
from optiinfra_core.embedded.postgres_cluster import Cluster, stop
from optiinfra_core.endpoints import PostgresEndpoint

ROOT = Path(__file__).parents[2]
SUPERUSER_PASSWORD = "of-the-superuser"  # noqa: S105 - of a server that lives for this test


@dataclass(frozen=True, slots=True)
class Container:
    """A Postgres as the image's entry point leaves it."""

    port: int
    secrets: Path

    def url(self, role: str, database: str | None = None) -> str:
        """The way in for ``role``, with the password that its secret file holds."""
        password = (self.secrets / f"postgres_{role}_password").read_text().strip()
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database or role}"


@pytest.fixture(scope="module")
def server_folder() -> Iterator[Path]:
    """A folder whose parents let everybody pass.

    Where root may not make a user namespace the server runs as nobody; pytest's own folders
    are closed to it.
    """
    folder = Path(tempfile.mkdtemp(prefix="optiinfra-test-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def container(server_folder: Path) -> Iterator[Container]:
    """A new server on which the script ran."""
    secrets = server_folder / "secrets"
    subprocess.run([str(ROOT / "deploy/make-secrets"), str(secrets)], check=True)
    binaries = find_binaries(server_folder / "data")
    if not (binaries / "psql").exists():
        pytest.skip("psql is not installed")
    cluster = Cluster(server_folder / "data", binaries, choose_account())
    cluster.create(SUPERUSER_PASSWORD)
    port = free_port()
    server = cluster.start(port)
    try:
        await_server(server, port)
        run_script(binaries, port, secrets)
        yield Container(port, secrets)
    finally:
        stop(server)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_server(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server lets its superuser in."""
    url = f"postgresql://postgres:{SUPERUSER_PASSWORD}@127.0.0.1:{port}/postgres"
    for _ in range(300):
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            try:
                pytest.fail(f"postgres ended with {server.wait(0.1)}")
            except subprocess.TimeoutExpired:
                continue
        return
    pytest.fail("postgres does not answer")


def run_script(binaries: Path, port: int, secrets: Path) -> None:
    """Run the script with what the image's entry point gives it."""
    told = {
        "PATH": f"{binaries}{os.pathsep}{os.defpath}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(port),
        "PGPASSWORD": SUPERUSER_PASSWORD,
        "POSTGRES_USER": "postgres",
        "SECRETS": str(secrets),
    }
    script = str(ROOT / "deploy/postgres/10-roles.sh")
    done = subprocess.run([script], env=told, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("role", ["optiinfra", "dagster"])
def test_a_role_owns_its_database_and_is_no_superuser(container: Container, role: str) -> None:
    """Forced row-level security binds it, and it can make its schema."""
    with psycopg.connect(container.url(role)) as connection:
        question = "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = %s"
        assert connection.execute(question, [role]).fetchone() == (False, False, False)
        connection.execute("CREATE SCHEMA own")


@pytest.mark.parametrize(("role", "other"), [("optiinfra", "dagster"), ("dagster", "optiinfra")])
def test_a_role_cannot_enter_the_others_database(
    container: Container, role: str, other: str
) -> None:
    """Whoever holds the address of Dagster's database reaches no credential."""
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(container.url(role, other))


def test_our_tables_fit_in(container: Container) -> None:
    """The role may do all that the migration needs."""
    migrate(PostgresEndpoint(url=SecretStr(container.url("optiinfra"))))
    with psycopg.connect(container.url("optiinfra")) as connection:
        question = "SELECT count(*) FROM pg_class WHERE relforcerowsecurity"
        row = connection.execute(question).fetchone()
    assert row is not None
    assert row[0] > 0
