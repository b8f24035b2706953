"""The users that the ClickHouse container starts with, tried on a real engine."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from optiinfra_core.embedded import clickhouse_config as embedded
from optiinfra_core.embedded.clickhouse_engine import ask
from optiinfra_core.embedded.directory import Record
from optiinfra_core.errors import Permanent, Transient

ROOT = Path(__file__).parents[2]
CLICKHOUSE = ROOT / "deploy/clickhouse"
USERS = CLICKHOUSE / "users.d/optiinfra.xml"
CONFIG = """<clickhouse>
  <http_port>{port}</http_port>
  <listen_host>127.0.0.1</listen_host>
  <path>{folder}/data/</path>
  <tmp_path>{folder}/data/tmp/</tmp_path>
  <mysql_port>1</mysql_port>
  <trace_log><database>system</database><table>trace_log</table></trace_log>
  <query_log><database>system</database><table>q</table><partition_by>1</partition_by></query_log>
</clickhouse>
"""
BASE_USERS = """<clickhouse>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users>
    <default>
      <password></password>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </default>
  </users>
</clickhouse>
"""


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A server with our files in place; the record of the user that writes."""
    folder = tmp_path_factory.mktemp("clickhouse")
    secrets = make_secrets(folder)
    port = free_port()
    configure(folder, port)
    script = str(Path(__file__).parent / "clickhouse_engine.py")
    process = subprocess.Popen([sys.executable, script, str(folder)])
    password = (secrets / "optiinfra_clickhouse_password").read_text().strip()
    reader = (secrets / "optiinfra_clickhouse_reader_password").read_text().strip()
    told = {"user": "optiinfra", "password": password, "reader": reader}
    record = Record(port=port, secrets=told)
    try:
        await_answer(process, record)
        yield record
    finally:
        process.kill()
        process.wait()


def make_secrets(folder: Path) -> Path:
    """What deploy/make-secrets makes."""
    subprocess.run([str(ROOT / "deploy/make-secrets"), str(folder / "secrets")], check=True)
    return folder / "secrets"


def configure(folder: Path, port: int) -> None:
    """A configuration as in the image, with the files that docker-compose.yml mounts.

    Only the place of the passwords and of the backups differs. no-default-user.xml stays out: the
    engine of the wheel needs that user for its own session.
    """
    (folder / "config.d").mkdir()
    (folder / "users.d").mkdir()
    (folder / "config.xml").write_text(CONFIG.format(folder=folder, port=port))
    (folder / "users.xml").write_text(BASE_USERS)
    ours = (CLICKHOUSE / "config.d/optiinfra.xml").read_text()
    moved = ours.replace("/var/lib/clickhouse/backups/", f"{folder}/data/backups/")
    (folder / "config.d/optiinfra.xml").write_text(moved)
    moved = USERS.read_text().replace("/run/secrets/", f"{folder}/secrets/")
    (folder / "users.d/optiinfra.xml").write_text(moved)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def await_answer(process: subprocess.Popen[bytes], record: Record) -> None:
    """Return when the server answers; fail when it ended or takes half a minute."""
    for _ in range(300):
        try:
            ask(record, "SELECT 1")
        except Transient:
            try:
                pytest.fail(f"the engine ended with {process.wait(0.1)}")
            except subprocess.TimeoutExpired:
                continue
        return
    pytest.fail("the engine does not answer")


def as_user(record: Record, user: str, password: str) -> Record:
    """Another user of the same server."""
    return replace(record, secrets={"user": user, "password": password})


def test_grants_and_limits_are_those_of_the_embedded_server() -> None:
    """What the tests ran with is what a container runs with."""
    root = ET.parse(USERS).getroot()  # noqa: S314 - our own file
    for user, grants in (
        (embedded.WRITER, embedded.WRITER_GRANTS),
        (embedded.READER, embedded.READER_GRANTS),
        (embedded.BI, embedded.BI_GRANTS),
    ):
        told = [query.text for query in root.findall(f"users/{user}/grants/query")]
        assert told == [f"GRANT {grant}" for grant in grants]
    for name, seconds, size in (
        ("reader", embedded.READER_SECONDS, embedded.READER_BYTES),
        ("bi", embedded.BI_SECONDS, embedded.BI_BYTES),
    ):
        profile = root.find(f"profiles/{name}")
        assert profile is not None
        assert profile.findtext("readonly") == "2"
        assert profile.findtext("max_execution_time") == str(seconds)
        assert profile.findtext("max_memory_usage") == str(size)


def test_the_writer_enters_with_its_password_only(writer: Record) -> None:
    """The digest in the secret file is the password's."""
    assert ask(writer, "SELECT currentUser()") == "optiinfra\n"
    with pytest.raises(Permanent, match="Authentication failed"):
        ask(as_user(writer, "optiinfra", "wrong"), "SELECT 1")


def test_the_writer_stays_in_its_database(writer: Record) -> None:
    """It can make ours, and neither another one nor a user."""
    ask(writer, "CREATE DATABASE optiinfra_own")
    ask(writer, "DROP DATABASE optiinfra_own SYNC")
    for beyond in ("CREATE DATABASE other", "CREATE USER eve", "SELECT * FROM file('/etc/passwd')"):
        with pytest.raises(Permanent, match="ACCESS_DENIED"):
            ask(writer, beyond)


def test_the_reader_reads_within_its_limits(writer: Record) -> None:
    """It writes nothing and cannot give itself more time."""
    ask(writer, "CREATE DATABASE optiinfra_read")
    ask(writer, "CREATE TABLE optiinfra_read.t ENGINE = MergeTree ORDER BY a AS SELECT 1 AS a")
    reader = as_user(writer, "reader", writer.secrets["reader"])
    assert ask(reader, "SELECT a FROM optiinfra_read.t") == "1\n"
    with pytest.raises(Permanent, match="ACCESS_DENIED"):
        ask(reader, "INSERT INTO optiinfra_read.t VALUES (2)")
    with pytest.raises(Permanent, match="SETTING_CONSTRAINT_VIOLATION"):
        ask(reader, "SELECT 1 SETTINGS max_execution_time = 60")
    ask(writer, "DROP DATABASE optiinfra_read SYNC")


def test_a_backup_made_inside_the_container_can_be_restored(writer: Record) -> None:
    """The user `backup` needs no password there, brings everything back, and deletes nothing."""
    backup = as_user(writer, "backup", "")
    ask(writer, "CREATE DATABASE optiinfra")
    ask(writer, "CREATE TABLE optiinfra.t ENGINE = ReplacingMergeTree ORDER BY a AS SELECT 7 AS a")
    ask(backup, "BACKUP DATABASE optiinfra TO Disk('backups', 'one')")
    with pytest.raises(Permanent, match="ACCESS_DENIED"):
        ask(backup, "DROP TABLE optiinfra.t")
    ask(writer, "DROP DATABASE optiinfra SYNC")
    ask(backup, "RESTORE DATABASE optiinfra FROM Disk('backups', 'one')")
    assert ask(writer, "SELECT a FROM optiinfra.t") == "7\n"


def test_the_servers_diaries_end(writer: Record) -> None:
    """The query log is kept for a week, the others are not written."""
    ask(writer, "SYSTEM FLUSH LOGS")
    told = "SELECT name FROM system.tables WHERE database = 'system' AND name LIKE '%\\_log'"
    assert "trace_log" not in ask(writer, told)


def test_the_images_own_user_is_removed() -> None:
    """It has no password, and the network is full of neighbours."""
    root = ET.parse(CLICKHOUSE / "users.d/no-default-user.xml").getroot()  # noqa: S314 - ours
    default = root.find("users/default")
    assert default is not None
    assert default.attrib == {"remove": "remove"}
