"""BigQuery for tests: the questions of our files, run by DuckDB, over BigQuery's REST answers."""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import sqlglot
from sqlglot import exp

from optiinfra_core.testing.http_double import Incoming, Reply

KINDS = {
    "VARCHAR": "STRING", "DOUBLE": "FLOAT", "BIGINT": "INTEGER", "HUGEINT": "INTEGER",
    "TIMESTAMP": "TIMESTAMP", "JSON": "STRING", "BOOLEAN": "BOOLEAN",
}  # fmt: skip
MIB = 2**20


def reply(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    sent = {"content-type": "application/json", **(headers or {})}
    return Reply(status=status, body=json.dumps(body).encode(), headers=sent)


def refusal(status: int, reason: str, message: str = "no", **headers: str) -> Reply:
    """An error as Google's REST APIs write it."""
    error = {"code": status, "message": message, "errors": [{"reason": reason}], "status": reason}
    return reply({"error": error}, status, headers)


@dataclass
class BigQuery:
    """One table, and the jobs that read it; ``page`` rows are sent at once at most."""

    columns: str
    table: str = "export"
    page: int = 100_000
    modified: int = 1
    view: bool = False
    by_ingestion: bool = True
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    _jobs: dict[str, tuple[list[Any], list[Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._database = duckdb.connect()
        self._database.execute(f"CREATE TABLE export ({self.columns})")

    def insert(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Append rows; columns that a row does not name are null."""
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" for _ in row)
            self._database.execute(
                f"INSERT INTO export ({names}) VALUES ({marks})",  # noqa: S608 - a test's names
                [_plain(value) for value in row.values()],
            )
        self.modified += 1

    def __call__(self, incoming: Incoming) -> Reply:
        """Answer one request of the REST API."""
        parts = urlsplit(incoming.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if "/tables/" in parts.path:
            return self._described(unquote(parts.path).rpartition("/")[2])
        with self._lock:
            if incoming.method == "POST" and parts.path.endswith("/queries"):
                return self._started(json.loads(incoming.body))
            name = parts.path.rpartition("/")[2]
            if "/queries/" in parts.path:
                first = int(query.get("pageToken", 0))
                size = int(query.get("maxResults", self.page))
                return reply(self._page(name, first, size))
            return reply(self._job(name))

    def _described(self, name: str) -> Reply:
        if name != self.table:
            return refusal(404, "notFound", f"Not found: Table {name}")
        partitioning = {"timePartitioning": {"type": "DAY"}} if self.by_ingestion else {}
        return reply(
            {
                "kind": "bigquery#table",
                "type": "VIEW" if self.view else "TABLE",
                "location": "US",
                "creationTime": "1700000000000",
                "lastModifiedTime": str(self.modified),
                **partitioning,
            }
        )

    def _started(self, body: Mapping[str, Any]) -> Reply:
        self.asked.append(body)
        try:
            cursor = self._database.execute(_translated(body))
        except duckdb.Error as error:
            return refusal(400, "invalidQuery", str(error))
        columns = [(one[0], str(one[1])) for one in cursor.description]
        name = f"job{len(self._jobs)}"
        self._jobs[name] = (columns, cursor.fetchall())
        return reply(self._page(name, 0, int(body.get("maxResults", self.page))))

    def _page(self, name: str, first: int, size: int) -> Mapping[str, Any]:
        columns, rows = self._jobs[name]
        last = first + min(size, self.page)
        told = {
            "kind": "bigquery#queryResponse",
            "jobComplete": True,
            "jobReference": {"projectId": "p", "jobId": name, "location": "US"},
            "schema": {"fields": [{"name": n, "type": _kind(k)} for n, k in columns]},
            "totalRows": str(len(rows)),
            "rows": [{"f": [{"v": _cell(value)} for value in row]} for row in rows[first:last]],
            "totalBytesProcessed": str(25 * MIB),
            "totalBytesBilled": str(25 * MIB),
            "cacheHit": False,
        }
        return told if last >= len(rows) else {**told, "pageToken": str(last)}

    def _job(self, name: str) -> Mapping[str, Any]:
        return {
            "kind": "bigquery#job",
            "id": f"p:US.{name}",
            "jobReference": {"projectId": "p", "jobId": name, "location": "US"},
            "configuration": {"jobType": "QUERY", "query": {"query": "", "useLegacySql": False}},
            "status": {"state": "DONE"},
            "statistics": {"query": {"totalBytesBilled": str(25 * MIB)}},
        }


def _translated(body: Mapping[str, Any]) -> str:
    sql = str(body["query"])
    for one in body.get("queryParameters", ()):
        value, kind = one["parameterValue"]["value"], one["parameterType"]["type"]
        sql = re.sub(rf"@{one['name']}\b", f"CAST('{value}' AS {kind})", sql)
    tree = sqlglot.parse_one(sql, read="bigquery")
    for table in tree.find_all(exp.Table):
        if table.args.get("db"):
            table.replace(exp.to_table("export", alias=table.alias))
    for kind in tree.find_all(exp.DataType):
        if kind.this is exp.DataType.Type.DECIMAL:
            kind.replace(exp.DataType.build("DECIMAL(38, 9)"))
        if kind.this is exp.DataType.Type.TIMESTAMPTZ:
            kind.replace(exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    return tree.sql(dialect="duckdb")


def _plain(value: Any) -> Any:
    # DuckDB's instants with a zone need an extension that is fetched; all of ours are in UTC.
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _kind(told: str) -> str:
    return "NUMERIC" if told.startswith("DECIMAL") else KINDS[told]


def _cell(value: object) -> str | None:
    if isinstance(value, datetime):
        return str(int(value.replace(tzinfo=UTC).timestamp() * 1_000_000))
    if isinstance(value, Decimal):
        return format(value, "f")
    return None if value is None else str(value)
