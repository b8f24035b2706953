"""Runs of a FOCUS export -> CostRow, a whole billing period at a time."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from optiinfra_core.collecting.deliveries import Deliveries
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.periods import months, within
from optiinfra_core.errors import Malformed
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.azure import cost_focus
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.exports import Part, Run, downloaded, parts, runs
from optiinfra_pipelines.providers.azure.cost_files import records
from optiinfra_pipelines.providers.azure.credential import CostExport

REMEDY = (
    "Wait: a new export runs within 24 hours. If it lasts, check account_url, container, directory"
    " and name; earlier months are delivered by 'Export selected dates', a whole month at a time."
)


def delivered(azure: Azure, export: CostExport, span: Window) -> Deliveries[Run]:
    """The newest complete run of each billing period of ``span`` that has one."""
    found = runs(azure, export, frozenset(months(span)))
    return Deliveries(span, {run.month: run for run in found})


def rows(azure: Azure, export: CostExport, span: Window) -> Iterator[CostRow]:
    """Every row of the billing periods of ``span``.

    Raises:
        NotReady: one of them is not delivered.
        Malformed: a run has not what its manifest says.
    """
    found = delivered(azure, export, span)
    found.demand_whole(export.name, REMEDY)
    now = azure.gate.clock.now()
    for month, run in found.months.items():
        for part in parts(azure, export, run):
            yield from _rows_of(azure, export, part, month, now)


def _rows_of(
    azure: Azure, export: CostExport, part: Part, month: date, now: datetime
) -> Iterator[CostRow]:
    count = 0
    with downloaded(azure, export, part.name, part.size) as spool:
        for record in records(part.name, spool, cost_focus.COLUMNS):
            count += 1
            yield _row(record, month, now)
    if count != part.rows:
        raise Malformed(f"{part.name} has {count} rows, its manifest says {part.rows}")


def _row(record: Mapping[str, Any], month: date, now: datetime) -> CostRow:
    read = partial(cost_focus.to_row, record, month, now)
    told = understood(lambda: within(read(), month), record)
    if isinstance(told, Malformed):
        raise told
    return told
