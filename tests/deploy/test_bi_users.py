"""Who reads the views: the views and nothing else, all customers or one; on a real engine."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from optiinfra_core.embedded import clickhouse_config as embedded
from optiinfra_core.embedded.clickhouse_engine import ask
from optiinfra_core.embedded.directory import Record
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Permanent
from optiinfra_core.warehouse.ddl import views
from optiinfra_core.warehouse.migrate import migrate
from tests.deploy.test_clickhouse_users import (
    ROOT,
    as_user,
    await_answer,
    configure,
    free_port,
    make_secrets,
)

PAGE = ROOT / "docs/bi.md"
CHARGES = """
INSERT INTO optiinfra.cost_metrics (
    customer_id, provider, account_id, charge_period_start, charge_period_end, service_name,
    billed_cost, version
) VALUES
('acme', 'aws', '1', '2026-11-01', '2026-11-02', 'EC2', 1, 1),
('globex', 'aws', '2', '2026-11-01', '2026-11-02', 'EC2', 2, 1)
"""
COMMITS = """
INSERT INTO optiinfra.collection_windows (
    customer_id, provider, dataset, account_id, window_start, window_end, complete, version
) VALUES
('acme', 'aws', 'cost', '1', '2026-11-01', '2026-11-02', 1, 1),
('globex', 'aws', 'cost', '2', '2026-11-01', '2026-11-02', 1, 1)
"""
SEEN = "SELECT customer_id, BilledCost FROM optiinfra.bi_costs ORDER BY customer_id"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    """A migrated server with our users, two customers' charges, and the user that writes."""
    folder = tmp_path_factory.mktemp("clickhouse")
    secrets = make_secrets(folder)
    port = free_port()
    configure(folder, port)
    (folder / "users.d/bound.xml").write_text(bound())
    script = str(Path(__file__).parent / "clickhouse_engine.py")
    process = subprocess.Popen([sys.executable, script, str(folder)])
    passwords = {
        user: (secrets / f"optiinfra_clickhouse{part}_password").read_text().strip()
        for user, part in (("password", ""), ("reader", "_reader"), ("bi", "_bi"))
    }
    record = Record(port=port, secrets={"user": "optiinfra", **passwords})
    try:
        await_answer(process, record)
        ask(record, "CREATE DATABASE optiinfra ENGINE = Atomic")
        migrate(endpoint_of(record), raw_days=400)
        ask(record, CHARGES)
        ask(record, COMMITS)
        yield record
    finally:
        process.kill()
        process.wait()


def bound() -> str:
    """The user of one customer as the documentation writes it, for globex, with a password."""
    [block] = re.findall(r"^```xml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    sealed = "<password_sha256_hex>...</password_sha256_hex>"
    assert sealed in block
    return block.replace("acme", "globex").replace(sealed, "<password>globex</password>")


def endpoint_of(record: Record) -> ClickHouseEndpoint:
    """The server as migrations want it."""
    return ClickHouseEndpoint(
        url=f"http://127.0.0.1:{record.port}",
        database="optiinfra",
        user="optiinfra",
        password=SecretStr(record.secrets["password"]),
        reader_user="reader",
        reader_password=SecretStr(record.secrets["reader"]),
    )


def test_the_user_of_tools_reads_the_views_of_all_customers(server: Record) -> None:
    """A view lends its maker's rights: the tables below stay closed."""
    bi = as_user(server, "bi", server.secrets["bi"])
    assert ask(bi, SEEN) == "acme\t1\nglobex\t2\n"
    for table in ("cost_metrics", "llm_interactions", "application_metrics", "collection_windows"):
        with pytest.raises(Permanent, match="ACCESS_DENIED"):
            ask(bi, f"SELECT count() FROM optiinfra.{table}")  # noqa: S608 - ours


def test_it_writes_nothing_and_keeps_its_limits(server: Record) -> None:
    """Neither rows, nor views, nor more time than its profile allows."""
    bi = as_user(server, "bi", server.secrets["bi"])
    for beyond in (
        "INSERT INTO optiinfra.bi_costs (customer_id) VALUES ('x')",
        "DROP VIEW optiinfra.bi_costs",
        "CREATE TABLE optiinfra.bi_mine (a UInt8) ENGINE = Memory",
    ):
        with pytest.raises(Permanent, match=r"ACCESS_DENIED|NOT_IMPLEMENTED"):
            ask(bi, beyond)
    with pytest.raises(Permanent, match="SETTING_CONSTRAINT_VIOLATION"):
        ask(bi, "SELECT 1 SETTINGS max_execution_time = 600")


def test_tools_find_the_views_and_nothing_else(server: Record) -> None:
    """The list of tables that a tool offers to click on is the list of views."""
    bi = as_user(server, "bi", server.secrets["bi"])
    asked = "SELECT name FROM system.tables WHERE database = 'optiinfra' ORDER BY name"
    assert tuple(ask(bi, asked).split()) == tuple(sorted(views()))


def test_a_user_of_one_customer_sees_that_one_only(server: Record) -> None:
    """A row policy in the server's files binds every view, sums and counts included."""
    globex = as_user(server, "bi_globex", "globex")
    assert ask(globex, SEEN) == "globex\t2\n"
    for view in views():
        asked = f"SELECT countIf(customer_id != 'globex') FROM optiinfra.{view}"  # noqa: S608 - ours
        assert ask(globex, asked) == "0\n"


def test_the_script_for_users_in_sql_says_the_same(server: Record) -> None:
    """The server reads each of its statements; limits, grant and views are those of the files.

    The engine of the wheel keeps no users in SQL, so that it cannot carry them out.
    """
    text = (ROOT / "deploy/clickhouse/bi.sql").read_text()
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for statement in code.split(";"):
        if statement.strip():
            assert ask(server, f"EXPLAIN AST {statement.replace('{password:String}', repr('x'))}")
    assert f"GRANT {embedded.BI_GRANTS[0]} TO optiinfra_bi" in code
    assert f"max_execution_time = {embedded.BI_SECONDS} MIN 1 MAX {embedded.BI_SECONDS}" in code
    assert f"max_memory_usage = {embedded.BI_BYTES} MIN 1 MAX {embedded.BI_BYTES}" in code
    assert sorted(re.findall(r"optiinfra\.(bi_\w+)", code)) == sorted(views())


def test_a_backup_brings_the_views_back(server: Record) -> None:
    """They are restored with their maker, so that the user of tools reads them as before."""
    backup = as_user(server, "backup", "")
    ask(backup, "BACKUP DATABASE optiinfra TO Disk('backups', 'views')")
    ask(server, "DROP DATABASE optiinfra SYNC")
    ask(backup, "RESTORE DATABASE optiinfra FROM Disk('backups', 'views')")
    assert ask(as_user(server, "bi", server.secrets["bi"]), SEEN) == "acme\t1\nglobex\t2\n"
