"""The doors to ClickHouse: every query of the product passes one, with its limits and its fence."""

import hashlib
import threading
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Transient
from optiinfra_core.warehouse.failures import translated
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.wire import options, read_settings, shaped, wire
from optiinfra_core.windows import as_utc

if TYPE_CHECKING:
    from clickhouse_connect.driver.asyncclient import AsyncClient
    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.external import ExternalData

T = TypeVar("T")

# Instants as RFC 3339, money as decimal strings, counts as numbers.
STREAM_SETTINGS: Mapping[str, Any] = {
    "date_time_output_format": "iso",
    "output_format_json_quote_decimals": 1,
    "output_format_json_quote_64bit_integers": 0,
}

# A page is small: starting threads for it takes longer than they would save.
PAGE_SETTINGS: Mapping[str, Any] = {"max_threads": 1, "output_format_parallel_formatting": 0}

# ClickHouse has sent 200 when a query fails half way; then the body ends with this.
# https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats
BROKEN = b"__exception__\r\n"

# Batches are written whole or not at all: the server's own batching would break that.
# The answer waits for the end: before it, neither a failure nor the rows written are known.
WRITE_SETTINGS: Mapping[str, Any] = {"async_insert": 0, "wait_end_of_query": 1}


def preload() -> None:
    """Load the driver now, so that the first question need not wait 0.2 s for it."""
    import clickhouse_connect.driver.asyncclient  # noqa: F401, PLC0415 - 0.2 s that --help need not pay


class Warehouse:
    """A connection pool to one ClickHouse database; opens at first use, safe for threads.

    ``reader`` connects as the user that cannot write and whose queries have limits.
    """

    def __init__(self, endpoint: ClickHouseEndpoint, *, reader: bool = False) -> None:
        self.endpoint = endpoint
        self._reader = reader
        self._client: Client | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def rows(self, question: Question[T], params: Mapping[str, Any]) -> list[T]:
        """The answer to ``question``, each row an instance of its row type.

        Raises:
            Transient, Permanent: as the server or the network says.
        """
        bound = question.bind(params)
        sql = question.sent(bound)
        with translated(question.path):
            answer = self._connected().query(
                sql,
                parameters=wire(sql, bound),
                settings=read_settings(self.endpoint, question, bound),
            )
        return shaped(question, answer.column_names, answer.result_rows)

    def select(
        self,
        sql: str,
        params: Mapping[str, Any] | None = None,
        external: "ExternalData | None" = None,
    ) -> list[Mapping[str, Any]]:
        """Rows of a query that only writers ask, as mappings; questions have their own way."""
        with translated("reading for a write"):
            answer = self._connected().query(
                sql, parameters=wire(sql, params or {}), external_data=external
            )
            return list(answer.named_results())

    def execute(
        self,
        sql: str,
        params: Mapping[str, Any] | None = None,
        external: "ExternalData | None" = None,
        settings: Mapping[str, Any] | None = None,
    ) -> int:
        """Run a statement until the server has finished it; returns the rows it wrote."""
        with translated("writing"):
            done = self._connected().command(
                sql,
                parameters=wire(sql, params or {}),
                external_data=external,
                settings={**WRITE_SETTINGS, **(settings or {})},
            )
        return getattr(done, "written_rows", 0)

    def insert(
        self,
        table: str,
        columns: Mapping[str, str],
        rows: Iterable[Sequence[Any]],
        token: str | None = None,
    ) -> None:
        """Insert ``rows`` as one block; a repeated ``token`` inserts nothing a second time.

        ``columns`` are names and types: told here, they need not be asked for first. The driver
        repeats the insert if the connection breaks, so it must be safe to repeat.
        """
        settings = {**WRITE_SETTINGS, **({"insert_deduplication_token": token} if token else {})}
        with translated(f"inserting into {table}"):
            self._connected().insert(
                table,
                list(rows),
                column_names=list(columns),
                column_type_names=list(columns.values()),
                settings=settings,
            )

    def insert_once(
        self,
        table: str,
        columns: Mapping[str, str],
        rows: Sequence[Sequence[Any]],
        writer: str,
    ) -> int:
        """Insert ``rows`` as one block and return how many; the same again adds nothing.

        What was inserted is known by its content and by ``writer``, the run and what it writes.
        """
        if rows:
            digest = hashlib.sha256(repr(rows).encode()).hexdigest()
            self.insert(table, columns, rows, token=f"{writer}:{digest}")
        return len(rows)

    def load(
        self, table: str, columns: Sequence[str], stream: bytes, settings: Mapping[str, Any]
    ) -> None:
        """Insert an Arrow stream with these columns; the caller's ``settings`` come last.

        The driver may repeat the insert where the connection breaks: it must be safe to repeat.
        """
        with translated(f"inserting into {table}"):
            self._connected().raw_insert(
                table,
                column_names=columns,
                insert_block=stream,
                fmt="ArrowStream",
                settings={**WRITE_SETTINGS, **settings},
            )

    def ping(self) -> bool:
        """Whether the server answers."""
        with translated("ping"):
            return bool(self._connected().ping())

    def close(self) -> None:
        """Give the connections back; a later use opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _connected(self) -> "Client":
        with self._lock:
            if self._client is None:
                import clickhouse_connect  # noqa: PLC0415 - 0.2 s that --help need not pay

                with translated("connecting"):
                    self._client = clickhouse_connect.get_client(
                        **options(self.endpoint, reader=self._reader), dedicated_pool=True
                    )
            return self._client


class AsyncWarehouse:
    """A connection pool for one event loop; many questions may be under way at once."""

    def __init__(self, client: "AsyncClient", endpoint: ClickHouseEndpoint) -> None:
        self._client = client
        self._endpoint = endpoint

    @classmethod
    async def connect(cls, endpoint: ClickHouseEndpoint) -> Self:
        """Open the pool.

        Raises:
            Transient, Permanent: as the server or the network says.
        """
        import clickhouse_connect  # noqa: PLC0415 - 0.2 s that --help need not pay

        with translated("connecting"):
            client = await clickhouse_connect.get_async_client(**options(endpoint, reader=True))
        return cls(client, endpoint)

    async def rows(self, question: Question[T], params: Mapping[str, Any]) -> list[T]:
        """The answer to ``question``, each row an instance of its row type.

        Raises:
            Transient, Permanent: as the server or the network says.
        """
        bound = question.bind(params)
        sql = question.sent(bound)
        with translated(question.path):
            answer = await self._client.query(
                sql,
                parameters=wire(sql, bound),
                settings=read_settings(self._endpoint, question, bound),
            )
        return shaped(question, answer.column_names, answer.result_rows)

    async def lines(
        self,
        question: Question[Any],
        params: Mapping[str, Any],
        newest: datetime | None = None,
        enough: int | None = None,
    ) -> tuple[list[bytes], bool]:
        """The rows as the server writes them, a line of JSON each, and whether they are all.

        For answers that fit a page. Where the question is read backwards, as few days are read as
        fill its limit, or hold ``enough`` rows for whoever reads many pages at once; ``newest`` is
        the instant up to which there are rows, if that is known.

        Raises:
            Transient, Permanent: as the server or the network says.
        """
        bound = question.bind(params)
        limit = bound["limit"]
        if question.backwards is None:
            found = await self._lines(question, bound)
            return found, len(found) < limit
        found, start = [], None
        for start in question.backwards.starts(bound, newest, many=enough is not None):
            found = await self._lines(question, {**bound, "start": start})
            if len(found) >= (enough or limit):
                break
        return found, len(found) < limit and start == as_utc(bound["start"])

    async def _lines(self, question: Question[Any], bound: Mapping[str, Any]) -> list[bytes]:
        sql = question.sent(bound)
        with translated(question.path):
            body = await self._client.raw_query(
                sql,
                parameters=wire(sql, bound),
                settings={
                    **read_settings(self._endpoint, question, bound),
                    **STREAM_SETTINGS,
                    **PAGE_SETTINGS,
                },
                fmt="JSONEachRow",
            )
        if BROKEN in body:
            raise Transient(f"{question.path}: the answer broke off half way")
        return body.split(b"\n")[:-1]

    async def stream(
        self, question: Question[Any], params: Mapping[str, Any], fmt: str
    ) -> AsyncIterator[bytes]:
        """The answer as the server writes it: JSONEachRow, CSVWithNames or ArrowStream.

        Nothing is asked before the first chunk is pulled; leaving early cancels the query.

        Raises:
            Transient: the query failed after part of the answer had been sent.
        """
        bound = question.bind(params)
        sql = question.sent(bound)
        with translated(question.path):
            stream = await self._client.raw_stream(
                sql,
                parameters=wire(sql, bound),
                settings={
                    **read_settings(self._endpoint, question, bound),
                    **STREAM_SETTINGS,
                },
                fmt=fmt,
            )
            async with stream as chunks:
                tail = b""
                async for chunk in chunks:
                    seen = tail + chunk
                    if BROKEN in seen:
                        raise Transient(f"{question.path}: the answer broke off half way")
                    tail = seen[-len(BROKEN) :]
                    yield chunk

    async def ping(self) -> bool:
        """Whether the server answers."""
        with translated("ping"):
            return bool(await self._client.ping())

    async def close(self) -> None:
        """Give the connections back."""
        await self._client.close()
