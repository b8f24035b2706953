"""The door to ClickHouse: every query of the product passes here, with its limits and its fence."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Permanent
from optiinfra_core.warehouse.failures import translated
from optiinfra_core.warehouse.question import PARAMETER, Question
from optiinfra_core.windows import as_utc

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from clickhouse_connect.driver.external import ExternalData

T = TypeVar("T")

# A question whose asker has gone is cancelled; without this the server works on for nobody.
READ_SETTINGS: Mapping[str, Any] = {"cancel_http_readonly_queries_on_client_close": 1}
# Batches are written whole or not at all: the server's own batching would break that.
WRITE_SETTINGS: Mapping[str, Any] = {"async_insert": 0}

# Tables whose rows belong to a customer: all there are.
TENANT_TABLES = (
    "collection_calls",
    "collection_windows",
    "cost_metrics",
    "cost_restatements",
    "performance_metrics",
    "performance_metrics_1d",
    "resource_metrics",
)


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
        with translated(question.path):
            answer = self._connected().query(
                question.sql,
                parameters=wire(question.sql, bound),
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
    ) -> None:
        """Run a statement that returns nothing; returns when the server has finished it."""
        with translated("writing"):
            self._connected().raw_query(
                sql,
                parameters=wire(sql, params or {}),
                external_data=external,
                settings={**WRITE_SETTINGS, **(settings or {})},
            )

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        token: str | None = None,
    ) -> None:
        """Insert ``rows`` as one block; a repeated ``token`` inserts nothing a second time."""
        settings = {**WRITE_SETTINGS, **({"insert_deduplication_token": token} if token else {})}
        with translated(f"inserting into {table}"):
            self._connected().insert(
                table, list(rows), column_names=list(columns), settings=settings
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


def options(endpoint: ClickHouseEndpoint, *, reader: bool) -> dict[str, Any]:
    """What both clients are opened with."""
    password = endpoint.reader_password if reader else endpoint.password
    return {
        "host": endpoint.host,
        "port": endpoint.port,
        "secure": endpoint.secure,
        "username": endpoint.reader_user if reader else endpoint.user,
        "password": password.get_secret_value(),
        "database": endpoint.database,
        # A shared session makes concurrent queries of one client fail with SESSION_IS_LOCKED.
        "autogenerate_session_id": False,
        # Error texts without host and version: they may reach an API's caller.
        "show_clickhouse_errors": "scrub",
        "tz_mode": "aware",
    }


def read_settings(
    endpoint: ClickHouseEndpoint, question: Question[Any], bound: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings of one question: its cancellation, and a fence around the customer's rows.

    The fence adds ``customer_id = ...`` to each table wherever it is read, so a question that
    forgot it still sees one customer only.
    """
    customer = quoted(str(bound["customer_id"]))
    fences = ", ".join(
        f"{quoted(f'{endpoint.database}.{table}')}: {quoted(f'customer_id = {customer}')}"
        for table in TENANT_TABLES
        if table in question.tables
    )
    return {**READ_SETTINGS, "additional_table_filters": f"{{{fences}}}"}


def quoted(text: str) -> str:
    """A ClickHouse string literal that holds exactly ``text``."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def wire(sql: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as the server reads them, by the types that ``sql`` declares for them."""
    types = dict(PARAMETER.findall(sql))
    return {name: _wired(value, types.get(name, "")) for name, value in params.items()}


def _wired(value: object, kind: str) -> object:
    if isinstance(value, datetime):
        # The server refuses a fraction where the type has none.
        instant = as_utc(value).replace(tzinfo=None)
        return instant.isoformat(" ", "milliseconds" if "DateTime64" in kind else "seconds")
    if isinstance(value, (frozenset, set)):
        return [_wired(item, kind) for item in sorted(value)]
    if isinstance(value, (tuple, list)):
        return [_wired(item, kind) for item in value]
    return value


def shaped(question: Question[T], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[T]:
    """Rows as the question's type.

    Raises:
        Permanent: the columns of the answer are not the fields of the type.
    """
    # An answer without rows comes without names.
    if names and tuple(names) != question.columns:
        raise Permanent(f"{question.path} answers {tuple(names)}, not {question.columns}")
    return [question.row(*row) for row in rows]
