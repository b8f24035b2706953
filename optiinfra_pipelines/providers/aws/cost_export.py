"""Rows of a Data Export (FOCUS 1.x or CUR 2.0) -> CostRow, a whole billing period at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from optiinfra_core.collecting.deliveries import Deliveries
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.periods import months, within
from optiinfra_core.errors import Malformed
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.aws import cost_cur2, cost_focus
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.exports import (
    Manifest,
    data_file,
    files,
    manifest,
)
from optiinfra_pipelines.providers.aws.credential import CostExport

REMEDY = (
    "Wait: a new export is delivered within 24 hours. If it lasts, check bucket, prefix and name;"
    " AWS backfills earlier months on request."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One table that exports come in: the column that tells it, those read, and their meaning."""

    mark: str
    columns: tuple[str, ...]
    to_row: Callable[[Mapping[str, Any], date, datetime], CostRow]


LAYOUTS = (
    Layout(mark="billedcost", columns=cost_focus.COLUMNS, to_row=cost_focus.to_row),
    Layout(mark="line_item_unblended_cost", columns=cost_cur2.COLUMNS, to_row=cost_cur2.to_row),
)


def delivered(aws: Aws, export: CostExport, span: Window) -> Deliveries[Manifest]:
    """The billing periods of ``span`` that are delivered; one S3 list for each."""
    found = ((month, manifest(aws, export, month)) for month in months(span))
    return Deliveries(span, {month: newest for month, newest in found if newest is not None})


def rows(aws: Aws, export: CostExport, span: Window) -> Iterator[CostRow]:
    """Every row of the billing periods of ``span``.

    Raises:
        NotReady: one of them is not delivered.
    """
    found = delivered(aws, export, span)
    found.demand_whole(export.name, REMEDY)
    now = aws.gate.clock.now()
    for month, newest in found.months.items():
        for key in files(aws, export, newest):
            yield from _rows_of(aws, export, key, partial(_row, month=month, now=now))


def _rows_of(
    aws: Aws, export: CostExport, key: str, row: Callable[[Layout, Mapping[str, Any]], CostRow]
) -> Iterator[CostRow]:
    with data_file(aws, export, key) as opened:
        layout = next((one for one in LAYOUTS if one.mark in opened.columns), None)
        if layout is None:
            raise Malformed(
                f"{key} is neither FOCUS nor CUR 2.0: it has no column BilledCost and none "
                "line_item_unblended_cost",
                sample=", ".join(sorted(opened.columns)),
                remedy="Export the table FOCUS 1.2 with AWS columns, with all its columns.",
            )
        for record in opened.records(layout.columns):
            yield row(layout, record)


def _row(layout: Layout, record: Mapping[str, Any], *, month: date, now: datetime) -> CostRow:
    told = understood(lambda: within(layout.to_row(record, month, now), month), record)
    if isinstance(told, Malformed):
        raise told
    return told
