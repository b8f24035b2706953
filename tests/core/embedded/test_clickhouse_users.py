"""What the three users of the embedded ClickHouse may do, asked through the driver we ship."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

import clickhouse_connect
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData
from pydantic import SecretStr

from optiinfra_core.embedded.clickhouse_config import READER_BYTES, READER_SECONDS
from optiinfra_core.endpoints import ClickHouseEndpoint

ONE_PART = {
    "min_insert_block_size_rows": 100_000_000,
    "min_insert_block_size_bytes": 0,
    "max_insert_threads": 1,
    "max_threads": 1,
    "async_insert": 0,
}


@contextmanager
def connected(endpoint: ClickHouseEndpoint, user: str, password: SecretStr) -> Iterator[Client]:
    """A client of ours; its session is closed after."""
    client = clickhouse_connect.get_client(
        host=endpoint.host,
        port=endpoint.port,
        username=user,
        password=password.get_secret_value(),
        database=endpoint.database,
    )
    try:
        yield client
    finally:
        client.close()


@pytest.fixture(scope="module")
def writer(clickhouse_endpoint: ClickHouseEndpoint) -> Iterator[Client]:
    """The user that writes, with a table of five rows."""
    endpoint = clickhouse_endpoint
    with connected(endpoint, endpoint.user, endpoint.password) as client:
        client.command("CREATE TABLE t (n UInt64) ENGINE = ReplacingMergeTree ORDER BY n")
        client.command("INSERT INTO t SELECT number FROM numbers(5)")
        yield client


@pytest.fixture(scope="module")
def reader(clickhouse_endpoint: ClickHouseEndpoint, writer: Client) -> Iterator[Client]:
    """The user that only reads."""
    endpoint = clickhouse_endpoint
    with connected(endpoint, endpoint.reader_user, endpoint.reader_password) as client:
        yield client


def external(numbers: list[int]) -> ExternalData:
    """``numbers`` as a table `batch` that travels with a query."""
    batch = pa.table({"n": pa.array(numbers, pa.uint64())})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_table(batch)
    return ExternalData(
        file_name="batch",
        data=sink.getvalue().to_pybytes(),
        fmt="ArrowStream",
        structure=["n UInt64"],
    )


def test_the_writer_inserts_from_external_data_as_one_part(writer: Client) -> None:
    """INSERT ... SELECT from a table that travels with the query makes one part, seen at once."""
    writer.command("CREATE TABLE batches (n UInt64) ENGINE = ReplacingMergeTree ORDER BY n")
    writer.raw_query(
        "INSERT INTO batches SELECT n FROM batch UNION ALL SELECT n + 1000000 FROM batches FINAL",
        settings=ONE_PART,
        external_data=external(list(range(200_000))),
    )
    parts = "SELECT count(), sum(rows) FROM system.parts WHERE database = currentDatabase()"
    assert writer.query(f"{parts} AND table = 'batches' AND active").result_rows == [(1, 200_000)]


@pytest.mark.parametrize(
    "engine", ["MergeTree", "ReplacingMergeTree", "AggregatingMergeTree", "SummingMergeTree"]
)
def test_the_writer_creates_tables_and_views_of_the_kinds_we_use(
    writer: Client, engine: str
) -> None:
    """Each engine needs a grant of its own beside ALL on the database."""
    writer.command(f"CREATE TABLE of_{engine} (n UInt64) ENGINE = {engine} ORDER BY n")
    select = "AS SELECT n FROM t WHERE n > 2"
    writer.command(f"CREATE MATERIALIZED VIEW into_{engine} TO of_{engine} {select}")
    writer.command(f"CREATE VIEW over_{engine} {select}")
    assert writer.query("SELECT n FROM {v:Identifier}", {"v": f"over_{engine}"}).row_count == 2


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
        "CREATE TABLE f (n UInt64) ENGINE = File(CSV)",
        "CREATE DATABASE elsewhere",
        "CREATE USER someone",
        "SYSTEM STOP LISTEN HTTP",
    ],
)
def test_the_writer_stays_in_its_databases(writer: Client, statement: str) -> None:
    """Files, addresses, other databases and the server's own switches are closed to it."""
    with pytest.raises(DatabaseError, match=r"ACCESS_DENIED|Not enough privileges"):
        writer.command(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t SELECT 7",
        "ALTER TABLE t DELETE WHERE n = 1",
        "TRUNCATE TABLE t",
        "DROP TABLE t",
        "CREATE TABLE mine (n UInt64) ENGINE = MergeTree ORDER BY n",
        "OPTIMIZE TABLE t FINAL",
        "KILL QUERY WHERE 1",
        "SET readonly = 0",
    ],
)
def test_the_reader_cannot_write(reader: Client, statement: str) -> None:
    """Whatever changes something is refused, and nothing changes."""
    with pytest.raises(DatabaseError, match=r"ACCESS_DENIED|READONLY|readonly|privileges"):
        reader.command(statement)
    assert reader.query("SELECT count() FROM t").result_rows == [(5,)]


@pytest.mark.parametrize(
    "source",
    [
        "file('/etc/passwd', 'LineAsString')",
        "url('http://127.0.0.1:1/', 'LineAsString')",
        "remote('127.0.0.1', system.one)",
        "executable('id', 'TSV', 'a String')",
        "system.processes",
        "system.query_log",
        "system.users",
        "system.parts",
    ],
)
def test_the_reader_sees_neither_files_nor_addresses_nor_other_sessions(
    reader: Client, source: str
) -> None:
    """Only the tables of our databases are open to it."""
    with pytest.raises(DatabaseError, match=r"ACCESS_DENIED|privileges|UNKNOWN_TABLE"):
        reader.query(f"SELECT count() FROM {source}")  # noqa: S608 - a list of ours


@pytest.mark.parametrize("value", [0, READER_SECONDS + 1, 10**9])
def test_the_reader_cannot_extend_its_time(reader: Client, value: int) -> None:
    """Neither more seconds nor 0, which would mean without end."""
    with pytest.raises(DatabaseError, match="max_execution_time"):
        reader.query("SELECT 1", settings={"max_execution_time": value})


@pytest.mark.parametrize("value", [0, READER_BYTES + 1])
def test_the_reader_cannot_extend_its_memory(reader: Client, value: int) -> None:
    """Neither more bytes nor 0, which would mean without end."""
    with pytest.raises(DatabaseError, match="max_memory_usage"):
        reader.query("SELECT 1", settings={"max_memory_usage": value})


def test_the_reader_passes_settings_and_filters_with_a_query(
    clickhouse_endpoint: ClickHouseEndpoint, reader: Client
) -> None:
    """A lower limit counts, and so does a filter that a query puts on a table."""
    filters = f"{{'{clickhouse_endpoint.database}.t': 'n < 2'}}"
    answer = reader.query(
        "SELECT count(), getSetting('max_execution_time') FROM t",
        settings={"additional_table_filters": filters, "max_execution_time": 3},
    )
    assert [(count, int(seconds)) for count, seconds in answer.result_rows] == [(2, 3)]


def test_the_reader_joins_external_data(reader: Client) -> None:
    """A table that travels with the query can be read beside ours."""
    question = "SELECT count() FROM t WHERE n IN (SELECT n FROM batch) FORMAT TSV"
    assert reader.raw_query(question, external_data=external([1, 2, 99])) == b"2\n"


def test_the_engines_own_user_is_closed_to_everybody_else(
    clickhouse_endpoint: ClickHouseEndpoint, reader: Client
) -> None:
    """The password of `default` is empty, but its quota is used up by the engine itself."""
    refused = {
        "SYSTEM STOP LISTEN HTTP": "QUOTA_EXCEEDED",
        "SELECT number FROM system.numbers LIMIT 1": "QUOTA_EXCEEDED",
        "SELECT length(range(100000000))": "MEMORY_LIMIT_EXCEEDED",
        "SELECT length(range(99)) SETTINGS max_memory_usage = 0": "SETTING_CONSTRAINT_VIOLATION",
    }
    for statement, code in refused.items():
        connection = HTTPConnection(clickhouse_endpoint.host, clickhouse_endpoint.port, timeout=10)
        connection.request("POST", "/", statement.encode(), {"Connection": "close"})
        text = connection.getresponse().read().decode()
        connection.close()
        assert f"({code})" in text
    assert reader.query("SELECT 1").result_rows == [(1,)]
