"""The API's door to ClickHouse: asynchronous, as the user that can only read."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Transient
from optiinfra_core.warehouse.client import options, read_settings, shaped, wire
from optiinfra_core.warehouse.failures import translated
from optiinfra_core.warehouse.question import Question

if TYPE_CHECKING:
    from clickhouse_connect.driver.asyncclient import AsyncClient

T = TypeVar("T")

# Instants as RFC 3339, money as decimal strings, counts as numbers.
STREAM_SETTINGS: Mapping[str, Any] = {
    "date_time_output_format": "iso",
    "output_format_json_quote_decimals": 1,
    "output_format_json_quote_64bit_integers": 0,
}

# ClickHouse has sent 200 when a query fails half way; then the body ends with this.
# https://clickhouse.com/docs/interfaces/http#http_response_codes_caveats
BROKEN = b"__exception__\r\n"


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
        with translated(question.path):
            answer = await self._client.query(
                question.sql,
                parameters=wire(question.sql, bound),
                settings=read_settings(self._endpoint, question, bound),
            )
        return shaped(question, answer.column_names, answer.result_rows)

    async def stream(
        self, question: Question[Any], params: Mapping[str, Any], fmt: str
    ) -> AsyncIterator[bytes]:
        """The answer as the server writes it: JSONEachRow, CSVWithNames or ArrowStream.

        Nothing is asked before the first chunk is pulled; leaving early cancels the query.

        Raises:
            Transient: the query failed after part of the answer had been sent.
        """
        bound = question.bind(params)
        with translated(question.path):
            stream = await self._client.raw_stream(
                question.sql,
                parameters=wire(question.sql, bound),
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
