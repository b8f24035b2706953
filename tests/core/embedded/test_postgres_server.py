"""The embedded Postgres: what its role may do, and what it survives."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp

import psycopg
import pytest

from optiinfra_core.embedded import postgres
from optiinfra_core.embedded.directory import Record, ServerDirectory, choose_port
from optiinfra_core.embedded.postgres_account import MappedRoot, Nobody, choose_account
from optiinfra_core.embedded.postgres_binaries import candidates, find_binaries, major_version
from optiinfra_core.embedded.postgres_cluster import Cluster, stop
from optiinfra_core.embedded.postgres_orphans import clear
from optiinfra_core.embedded.postgres_roles import accepts, answers, superuser_url
from optiinfra_core.endpoints import PostgresEndpoint
from optiinfra_core.errors import ConfigurationError

Until = Callable[[Callable[[], bool]], bool]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture(scope="module")
def lively() -> Iterator[Path]:
    """The data folder of a server that tests kill; it holds a table of a thousand rows."""
    folder = Path(mkdtemp(prefix="oi-"))
    url = postgres.ensure_postgres(folder).url.get_secret_value()
    with connect(url) as connection:
        connection.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n")
    yield folder
    postgres.stop_postgres(folder)
    rmtree(folder)


def rows(url: str) -> int:
    """How many rows the table has."""
    with connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM t").fetchone()
    assert row
    return int(row[0])


def connect(url: str) -> psycopg.Connection:
    """A connection that commits every statement."""
    return psycopg.connect(url, autocommit=True, connect_timeout=5)


def postmaster(directory: ServerDirectory) -> int:
    """The process id of the running server."""
    lock = directory.path / "data" / "postmaster.pid"
    return int(lock.read_text(encoding="ascii").split()[0])


def test_row_level_security_binds_the_role(postgres_empty: PostgresEndpoint) -> None:
    """The role is no superuser: a forced policy hides rows from the very owner of the table."""
    with connect(postgres_empty.url.get_secret_value()) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n UNION ALL SELECT 2")
        connection.execute("ALTER TABLE t ENABLE ROW LEVEL SECURITY")
        connection.execute("ALTER TABLE t FORCE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY p ON t USING (n = 2)")
        assert connection.execute("SELECT n FROM t").fetchall() == [(2,)]


def test_the_role_enters_with_its_password_only(postgres_server: PostgresEndpoint) -> None:
    """A wrong password is refused: nothing is trusted, not even a local address."""
    url = postgres_server.url.get_secret_value()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(psycopg.conninfo.make_conninfo(url, password="wrong"))  # noqa: S106 - it is wrong


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("max_connections", "200"),
        ("password_encryption", "scram-sha-256"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("log_min_error_statement", "panic"),
        ("server_encoding", "UTF8"),
    ],
)
def test_the_server_runs_with_the_settings_we_rely_on(
    servers_folder: Path, postgres_server: PostgresEndpoint, name: str, value: str
) -> None:
    """It syncs to disk, listens on the loopback address only and logs no statement."""
    record = postgres.KIND.directory(servers_folder).record()
    assert record
    with connect(superuser_url(record)) as connection:
        assert connection.execute("SELECT current_setting(%s)", [name]).fetchone() == (value,)


def test_a_server_that_is_killed_is_started_again_on_its_port(lively: Path, until: Until) -> None:
    """Its keeper restarts it within seconds, with everything that was committed."""
    url = postgres.ensure_postgres(lively).url.get_secret_value()
    directory = postgres.KIND.directory(lively)
    record = directory.record()
    assert record
    killed, keeper_before = postmaster(directory), directory.keeper()
    os.kill(killed, signal.SIGKILL)
    assert until(lambda: answers(record) and postmaster(directory) != killed)
    assert directory.keeper() == keeper_before
    assert rows(url) == 1000


def test_a_keeper_that_is_killed_leaves_no_server_behind(
    lively: Path, until: Until, has_ended: Callable[[int], bool]
) -> None:
    """The server ends with its keeper, and the next one to ask finds all data on the same port."""
    url = postgres.ensure_postgres(lively).url.get_secret_value()
    directory = postgres.KIND.directory(lively)
    server, pid = postmaster(directory), directory.keeper()
    assert pid
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: has_ended(server))
    assert postgres.ensure_postgres(lively).url.get_secret_value() == url
    assert rows(url) == 1000


def test_a_lock_file_of_a_number_that_is_taken_again_is_no_obstacle(lively: Path) -> None:
    """After a restart of a container the old server's number may be anybody's: ours, here."""
    url = postgres.ensure_postgres(lively).url.get_secret_value()
    assert postgres.stop_postgres(lively)
    lock = postgres.KIND.directory(lively).path / "data" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n", encoding="ascii")
    assert postgres.ensure_postgres(lively).url.get_secret_value() == url
    assert rows(url) == 1000


def test_a_creation_cut_short_is_begun_again(data_dir: Path) -> None:
    """What an interrupted initdb left is removed, and the server starts."""
    directory = postgres.KIND.directory(data_dir)
    directory.create()
    (directory.path / "data.new").mkdir()
    (directory.path / "data.new" / "half").write_text("written", encoding="utf-8")
    url = postgres.ensure_postgres(data_dir).url.get_secret_value()
    with connect(url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("optiinfra",)


def test_lost_passwords_are_not_replaced(data_dir: Path) -> None:
    """Data without server.json is refused by name: a new password would open nothing."""
    (data_dir / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match=r"server\.json is gone") as refusal:
        postgres.ensure_postgres(data_dir)
    assert "backup" in refusal.value.remedy


def test_orphans_of_a_dead_server_are_ended_before_the_next_start(tmp_path: Path) -> None:
    """A process that still works in the data folder could write beside the new server."""
    (tmp_path / "postmaster.pid").write_text("999999999\n", encoding="ascii")
    backend = "import signal, sys; print(flush=True); signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-c", backend, "postgres: busy"], cwd=tmp_path, stdout=subprocess.PIPE
    ) as orphan:
        assert orphan.stdout is not None
        orphan.stdout.readline()
        clear(tmp_path)
        assert orphan.wait(10) == -signal.SIGQUIT


def test_data_of_another_major_version_is_refused(tmp_path: Path) -> None:
    """Programs cannot open a folder of another version; the versions found are named."""
    (tmp_path / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(ConfigurationError, match="no Postgres 9 is installed"):
        find_binaries(tmp_path)


def test_data_is_opened_by_programs_of_its_version(tmp_path: Path) -> None:
    """Of several installed versions the one that created the folder is chosen."""
    for folder in candidates():
        (tmp_path / "PG_VERSION").write_text(f"{major_version(folder)}\n", encoding="ascii")
        assert major_version(find_binaries(tmp_path)) == major_version(folder)


@AS_ROOT
def test_root_runs_the_server_in_a_user_namespace(
    servers_folder: Path, postgres_server: PostgresEndpoint
) -> None:
    """Where the kernel allows it, files stay root's and no folder is opened to others."""
    if not isinstance(choose_account(), MappedRoot):
        pytest.skip("this kernel refuses user namespaces")
    directory = postgres.KIND.directory(servers_folder)
    assert (directory.path / "data").stat().st_uid == 0
    assert directory.path.stat().st_mode & 0o077 == 0
    status = Path(f"/proc/{postmaster(directory)}/uid_map").read_text(encoding="ascii")
    assert status.split() == ["1", "0", "1"]


@AS_ROOT
def test_root_runs_the_server_as_nobody_where_namespaces_are_refused(
    data_dir: Path, until: Until
) -> None:
    """The programs are copied to where nobody can reach them, and the data belongs to nobody."""
    home = data_dir / "postgres"
    home.mkdir(mode=0o700)
    sealed = data_dir / "sealed"
    sealed.mkdir(mode=0o700)
    installed = next(candidates()).parents[1]
    for part in (installed, installed.with_name(f"{installed.name}.libs")):
        if part.exists():
            copytree(part, sealed / part.name, symlinks=True)
    account = Nobody(cache=data_dir / "cache")
    account.cache.mkdir()
    cluster = Cluster(home / "data", sealed / installed.name / "pginstall" / "bin", account)
    cluster.create("secret")
    port = choose_port(None, None)
    server = cluster.start(port)
    record = Record(port=port, secrets={"superuser_password": "secret"})
    try:
        assert until(lambda: accepts(record))
        assert Path(f"/proc/{server.pid}").stat().st_uid == 65534
    finally:
        stop(server)
    assert (home / "data").stat().st_uid == 65534


@AS_ROOT
def test_a_closed_folder_is_not_opened_for_nobody(tmp_path: Path) -> None:
    """A data folder under a closed one is refused by name instead of being opened to others."""
    closed = tmp_path / "closed"
    (closed / "postgres" / "data").mkdir(parents=True)
    closed.chmod(0o700)
    with pytest.raises(ConfigurationError, match="nobody cannot enter") as refusal:
        Nobody().own(closed / "postgres" / "data")
    assert "OPTIINFRA_DATA_DIR" in refusal.value.remedy
    assert closed.stat().st_mode & 0o077 == 0
