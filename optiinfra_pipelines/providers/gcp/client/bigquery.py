"""BigQuery: a table's free metadata, and questions from files, each with a ceiling on its bill."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from string import Template
from typing import Any

from optiinfra_core.errors import ConfigurationError
from optiinfra_pipelines.providers.gcp.client.access import Access
from optiinfra_pipelines.providers.gcp.client.calls import Calls, Refused, checked, translated
from optiinfra_pipelines.providers.gcp.client.meter import FREE, PER_TIB, TIB, Bill
from optiinfra_pipelines.providers.gcp.client.operations import QUERY, TABLE, Asked
from optiinfra_pipelines.providers.gcp.credential import BillingExport

HOST = "https://bigquery.googleapis.com"
FOLDER = Path(__file__).parents[1] / "sql"
REFERENCE = re.compile(r"^[a-z0-9.:-]+\.\w+\.[A-Za-z0-9_-]+$")

# Rows a page: 20,000 of ours are some 8 MB of the 10 MB that an answer may have.
PAGE = 20_000
GIB, MIB, LEAST_MIB = 2**30, 2**20, 10
# How long one question may take; the longest that Google lets a connection wait is shorter.
QUESTION_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What BigQuery says of a table without reading it.

    ``modified`` changes with each load of a table, and for a view only with its text;
    ``by_ingestion`` whether it is partitioned by the time of loading.
    """

    modified: str
    created: datetime
    view: bool
    by_ingestion: bool
    location: str


class Warehouse:
    """The BigQuery client of one connection, on its HTTP session."""

    def __init__(self, calls: Calls, access: Access, project: str) -> None:
        self._calls = calls
        self._access = access
        self._project = project
        self._base = access.endpoint or HOST

    def table(self, export: BillingExport) -> Table:
        """The export's table, by a call that is free.

        Raises:
            OptiInfraError: Google refused or did not answer.
        """
        asked = Asked(operation=TABLE, about=export.reference)
        project, dataset, table = _parts(export)
        path = f"/bigquery/v2/projects/{project}/datasets/{dataset}/tables/{table}"

        def call() -> Table:
            answer = self._access.session.get(self._base + path, timeout=self._calls.seconds)
            return _table(checked(answer).json())

        return self._calls.ask(asked, call)

    def ask(
        self, question: str, export: BillingExport, table: Table, values: Mapping[str, datetime]
    ) -> Iterator[Mapping[str, Any]]:
        """The rows of a question's answer; ``values`` are bound as its parameters.

        Raises:
            OptiInfraError: Google refused or did not answer.
        """
        asked = Asked(operation=QUERY, about=export.reference)
        bill = _Once()
        patient = self._patient(asked, bill)

        def told(call: Callable[[], Any]) -> Any:
            try:
                return translated(asked, call)
            except Refused as refused:
                raise refused.error from None

        rows = told(
            lambda: self._client.query_and_wait(
                _statement(question, export, table),
                job_config=_configured(export, values),
                location=table.location or None,
                api_timeout=self._calls.seconds,
                wait_timeout=QUESTION_SECONDS,
                retry=patient,
                job_retry=None,
                page_size=PAGE,
            )
        )
        pages = iter(rows.pages)
        while (page := told(lambda: next(pages, None))) is not None:
            yield from (dict(row.items()) for row in page)

    def _patient(self, asked: Asked, bill: "_Once") -> Callable[..., Any]:
        """The SDK's ``retry``: each of its requests and pages through our own loop."""

        def decorated(send: Callable[..., Any]) -> Callable[..., Any]:
            return lambda *args, **kwargs: self._calls.ask(
                asked, lambda: send(*args, **kwargs), bill
            )

        return decorated

    @cached_property
    def _client(self) -> Any:
        from google.cloud import bigquery  # noqa: PLC0415 - loads the SDK

        return bigquery.Client(
            project=self._project,
            credentials=self._access.identity,
            _http=self._access.session,
            client_options={"api_endpoint": self._base},
        )


class _Once:
    """The price of a question, once: several answers of a job repeat what it read."""

    def __init__(self) -> None:
        self._billed = False

    def __call__(self, response: Any) -> Bill:
        try:
            told = json.loads(response.content or b"{}")
        except ValueError:
            return FREE  # whoever reads the answer complains
        if self._billed or not isinstance(told, dict):
            return FREE
        statistics = (told.get("statistics") or {}).get("query") or {}
        billed = told.get("totalBytesBilled", statistics.get("totalBytesBilled"))
        read = billed if billed is not None else told.get("totalBytesProcessed")
        if read is None or not told.get("jobComplete", True):
            return FREE
        self._billed = True
        return _bill(int(read), rounded=billed is not None, cached=bool(told.get("cacheHit")))


def _bill(read: int, *, rounded: bool, cached: bool) -> Bill:
    if cached:
        return FREE
    # Rounded up to a MiB, 10 MiB at least (BigQuery pricing, "on-demand compute pricing").
    mib = -(-read // MIB) if rounded or not read else max(LEAST_MIB, -(-read // MIB))
    return Bill(units=mib, usd=PER_TIB * mib * MIB / Decimal(TIB))


def _table(told: Mapping[str, Any]) -> Table:
    partitioning = told.get("timePartitioning") or {}
    created = int(told.get("creationTime") or 0) // 1000
    return Table(
        modified=str(told["lastModifiedTime"]),
        created=datetime.fromtimestamp(created, UTC),
        view=str(told.get("type", "TABLE")) != "TABLE",
        by_ingestion=bool(partitioning) and not partitioning.get("field"),
        location=str(told.get("location", "")),
    )


def _parts(export: BillingExport) -> tuple[str, str, str]:
    project, dataset, table = export.reference.rsplit(".", 2)
    return project, dataset, table


# What a table is filtered by, besides what is asked, so that not all of it is read.
_FILTERS = {
    (True, "focus"): "_PARTITIONTIME",
    (False, "focus"): "x_ExportTime",
    (True, "usage"): "_PARTITIONTIME",
    (False, "usage"): "export_time",
}


def _statement(question: str, export: BillingExport, table: Table) -> str:
    """The text of a question, its two identifiers filled in: the table and its partitions."""
    if not REFERENCE.match(export.reference):
        raise ConfigurationError(f"{export.reference} is not project.dataset.table")
    family = "focus" if export.kind == "focus" else "usage"
    return Template(_text(question)).substitute(
        TABLE=export.reference, PARTITION=_FILTERS[table.by_ingestion, family]
    )


@cache
def _text(question: str) -> str:
    lines = (FOLDER / f"{question}.sql").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("--"))


def _configured(export: BillingExport, values: Mapping[str, datetime]) -> Any:
    from google.cloud import bigquery  # noqa: PLC0415 - loads the SDK

    return bigquery.QueryJobConfig(
        query_parameters=[
            bigquery.ScalarQueryParameter(name, "TIMESTAMP", value)
            for name, value in values.items()
        ],
        maximum_bytes_billed=export.maximum_gib * GIB,
        use_legacy_sql=False,
        labels={"application": "optiinfra"},
    )
