"""The connection to a customer's ClickHouse: where it may lead, its rows, its refusals."""

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from optiinfra_core.collecting.gate import Gate
from optiinfra_core.collecting.interaction_source import ClickHouseSource
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.errors import (
    CredentialRejected,
    InvalidRequest,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Transient,
)
from optiinfra_core.redaction import scrub
from optiinfra_core.warehouse.failures import TRANSIENT_CODES, TRANSIENT_STATUS

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

CONNECT_SECONDS = 10
ANSWER_SECONDS = 300
DETAIL = 300
PORTS = {"http": 8123, "https": 8443}
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
REFUSED = frozenset({192, 193, 194, 516})  # unknown user, wrong or required password
DENIED = 497
LAYOUT = frozenset({46, 47, 60, 81})  # unknown function, column, table, database

Row = Mapping[str, Any]


class Connection:
    """A ClickHouse that is only read."""

    def __init__(self, client: "Client", source: ClickHouseSource) -> None:
        self._client = client
        self._source = source

    def rows(self, sql: str, bound: Mapping[str, object]) -> Iterator[Row]:
        """The answer, row by row as it arrives.

        Raises:
            Transient, CredentialRejected, PermissionMissing, Permanent: as the server says.
        """
        with translated(self._source):
            stream = self._client.query_row_block_stream(sql, parameters=dict(bound))
            with stream:
                columns = stream.source.column_names  # type: ignore[union-attr]
                for block in stream:
                    for row in block:
                        yield dict(zip(columns, row, strict=True))


@contextmanager
def connected(source: ClickHouseSource, gate: Gate) -> Iterator[Connection]:
    """A connection for the length of the block; it has been tried with SELECT 1.

    Raises:
        InvalidRequest: the address is private and the installation forbids those, or not https.
        Transient, CredentialRejected: the server does not answer, or refuses the user.
    """
    parts = urlsplit(permitted(source.url, gate))
    import clickhouse_connect  # noqa: PLC0415 - only who pulls pays

    from optiinfra_pipelines.pulling.transport import straight  # noqa: PLC0415 - as above

    pool = straight()
    with translated(source):
        client = clickhouse_connect.get_client(
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            secure=parts.scheme == "https",
            username=source.user,
            password=source.password.get_secret_value(),
            database=source.database,
            connect_timeout=CONNECT_SECONDS,
            send_receive_timeout=ANSWER_SECONDS,
            autogenerate_session_id=False,
            show_clickhouse_errors="scrub",
            pool_mgr=pool,
        )
    try:
        with translated(source):
            client.command("SELECT 1")
        yield Connection(client, source)
    finally:
        client.close()
        pool.clear()


def permitted(url: str, gate: Gate) -> str:
    """``url`` if it is https to a public address, or to a private one that is allowed.

    Raises:
        InvalidRequest: it is neither.
    """
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname or parts.username:
        raise InvalidRequest(
            "url is not a plain http or https address",
            remedy="Write it as https://host:8443, without user or password.",
        )
    if not _public(parts.hostname):
        # Told before the address is pinned: ClickHouse's port is not that of other servers.
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        whole = parts._replace(netloc=f"{host}:{parts.port or PORTS[parts.scheme]}").geturl()
        return permitted_endpoint(whole, gate, name="url") or whole
    if parts.scheme != "https":
        raise InvalidRequest(
            "url names a public address without https",
            remedy="Use https: texts and the password would travel in clear.",
        )
    return url


def _public(host: str) -> bool:
    """Whether every address of the host is public; an https certificate binds the name later."""
    try:
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise Transient(
            f"url names {host}, which does not resolve", remedy="Correct url, if this lasts."
        ) from None
    return all(ipaddress.ip_address(str(each[4][0])).is_global for each in answers)


@contextmanager
def translated(source: ClickHouseSource) -> Iterator[None]:
    """Errors of the driver leave this block as ours, without anything secret."""
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ClickHouseError as error:
        raise _failure(error, source) from None
    except (HTTPError, ConnectionError, TimeoutError) as error:
        raise Transient(f"the source's ClickHouse: {type(error).__name__}") from None


def _failure(error: Exception, source: ClickHouseSource) -> OptiInfraError:
    code: int | None = getattr(error, "code", None)
    text = scrub(" ".join(str(error).split()))[:DETAIL]
    told = f"the source's ClickHouse: {text}"
    if code in REFUSED:
        return CredentialRejected(
            told, remedy="Delete the source and add it again with the right user and password."
        )
    if code == DENIED:
        table = f"{source.database}.{source.table or source.layout}"
        return PermissionMissing(told, permissions=(f"SELECT ON {table}",))
    if code in LAYOUT:
        return Permanent(
            told, remedy=f"Check database and table: they are not of the layout {source.layout}."
        )
    waits = code is None and not isinstance(error, _driver_misuse())
    if code in TRANSIENT_CODES or waits or any(f"status {s}" in text for s in TRANSIENT_STATUS):
        return Transient(told)
    return Permanent(told)


def _driver_misuse() -> type[Exception]:
    from clickhouse_connect.driver.exceptions import ProgrammingError  # noqa: PLC0415

    return ProgrammingError
