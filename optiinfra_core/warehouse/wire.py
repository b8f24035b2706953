"""How a question travels: what a client is opened with, bound values, the fence, shaped rows."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Permanent
from optiinfra_core.warehouse.question import PARAMETER, Question
from optiinfra_core.windows import as_utc

T = TypeVar("T")

# A question whose asker has gone is cancelled; without this the server works on for nobody.
READ_SETTINGS: Mapping[str, Any] = {"cancel_http_readonly_queries_on_client_close": 1}

# Tables whose rows belong to a customer: all there are.
TENANT_TABLES = (
    "application_metrics",
    "collection_calls",
    "collection_windows",
    "control_totals",
    "cost_metrics",
    "cost_restatements",
    "human_labels",
    "judge_gold_results",
    "judge_samples",
    "llm_interactions",
    "performance_metrics",
    "performance_metrics_1d",
    "quality_windows",
    "resource_metrics",
)


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
        # Packing what does not leave the machine costs both ends more than it saves.
        "compress": not endpoint.nearby,
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
    """The parameters that ``sql`` names, as the server reads them by their types."""
    types = dict(PARAMETER.findall(sql))
    return {name: _wired(params[name], kind) for name, kind in types.items() if name in params}


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
