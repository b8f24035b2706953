"""What ClickHouse's refusals mean: the one place that turns a driver's error into ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from optiinfra_core.errors import InvalidRequest, OptiInfraError, Permanent, Transient

# Codes of a server that is busy, restarting or out of room for the moment.
# https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp
TRANSIENT_CODES = frozenset(
    {
        3,  # UNEXPECTED_END_OF_FILE: the request was cut on its way
        159,  # TIMEOUT_EXCEEDED
        164,  # READONLY: a replica without its Keeper refuses writes
        198,  # DNS_ERROR
        202,  # TOO_MANY_SIMULTANEOUS_QUERIES
        203,  # NO_FREE_CONNECTION
        209,  # SOCKET_TIMEOUT
        210,  # NETWORK_ERROR
        225,  # NO_ZOOKEEPER
        236,  # ABORTED: the server shuts down
        241,  # MEMORY_LIMIT_EXCEEDED
        242,  # TABLE_IS_READ_ONLY
        252,  # TOO_MANY_PARTS
        279,  # ALL_CONNECTION_TRIES_FAILED
        285,  # TOO_FEW_LIVE_REPLICAS
        319,  # UNKNOWN_STATUS_OF_INSERT
        394,  # QUERY_WAS_CANCELLED
        425,  # SYSTEM_ERROR
        439,  # CANNOT_SCHEDULE_TASK
        473,  # DEADLOCK_AVOIDED
        999,  # KEEPER_EXCEPTION
    }
)
# Codes of the reader's own limits: the question is too large, whoever asks it.
TOO_LARGE_CODES = frozenset(
    {
        158,  # TOO_MANY_ROWS
        307,  # TOO_MANY_BYTES
        396,  # TOO_MANY_ROWS_OR_BYTES
    }
)
TRANSIENT_STATUS = (429, 502, 503, 504)


@contextmanager
def translated(doing: str, *also: type[Exception]) -> Iterator[None]:
    """Errors of the driver leave this block as ours; ``doing`` says what was attempted.

    Raises:
        Transient: nothing answered, or the server says that waiting helps.
        Permanent: the server refuses; ``also`` names further exceptions that mean so.
    """
    from aiohttp import ClientError  # noqa: PLC0415 - only whoever connects pays for it
    from clickhouse_connect.driver.exceptions import ClickHouseError  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    try:
        yield
    except ClickHouseError as error:
        raise failure(doing, error) from error
    except (HTTPError, ClientError, ConnectionError, TimeoutError) as error:
        raise Transient(f"ClickHouse, {doing}: {type(error).__name__}: {error}") from error
    except also as error:
        raise Permanent(f"ClickHouse, {doing}: {error}") from error


def failure(doing: str, error: Exception) -> OptiInfraError:
    """Our error for one of clickhouse-connect's.

    An error without a server's code comes from the transport: nothing is known about the server.
    """
    code: int | None = getattr(error, "code", None)
    text = " ".join(str(error).split())[:600]
    if code in TRANSIENT_CODES:
        return Transient(f"ClickHouse, {doing}: {text}")
    if code in TOO_LARGE_CODES:
        return InvalidRequest(
            f"the answer would be larger than one request may read ({doing})",
            remedy="Ask for a shorter period, or narrow it with a filter.",
        )
    if code is not None:
        return Permanent(f"ClickHouse, {doing}: {text}", remedy=_remedy(code))
    if _is_transport(error, text):
        return Transient(f"ClickHouse, {doing}: {text}", remedy=REMEDY_UNREACHABLE)
    return Permanent(f"ClickHouse, {doing}: {text}")


REMEDY_UNREACHABLE = "Nothing, it is retried. If it lasts: does the ClickHouse of the settings run?"


def _is_transport(error: Exception, text: str) -> bool:
    from clickhouse_connect.driver.exceptions import OperationalError  # noqa: PLC0415

    if isinstance(error, OperationalError):
        return True
    return any(f"HTTP status {status}" in text for status in TRANSIENT_STATUS)


def _remedy(code: int) -> str | None:
    return {
        60: "Run the migrations: `optiinfra up` does, and so does `optiinfra doctor --fix`.",
        81: "Run the migrations: the database does not exist yet.",
        158: "Ask for a shorter period: the question reads more rows than this user may.",
        307: "Ask for a shorter period: the question reads more bytes than this user may.",
        396: "Ask for a shorter period or a smaller page.",
        497: "Grant the user what docs/ names for an external ClickHouse.",
        516: "Check OPTIINFRA_CLICKHOUSE_USER and OPTIINFRA_CLICKHOUSE_PASSWORD.",
    }.get(code)
