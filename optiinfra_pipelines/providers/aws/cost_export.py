"""Rows of a Data Export (FOCUS 1.x or CUR 2.0) -> CostRow, a whole billing period at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.periods import months, within
from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import Window, month_window
from optiinfra_pipelines.providers.aws import cost_cur2, cost_focus
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.exports import (
    Manifest,
    data_file,
    files,
    manifest,
)
from optiinfra_pipelines.providers.aws.credential import CostExport


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


def delivered(aws: Aws, export: CostExport, span: Window) -> dict[date, Manifest]:
    """The billing periods of ``span`` that are delivered; one S3 list for each."""
    found = ((month, manifest(aws, export, month)) for month in months(span))
    return {month: newest for month, newest in found if newest is not None}


def extent(aws: Aws, export: CostExport, span: Window) -> Window:
    """The whole billing periods of ``span``, without those before or after all deliveries.

    An export starts with the month it was created in; asking for the month before must not hold
    up this one.
    """
    touched = months(span)
    here = tuple(delivered(aws, export, span)) or touched
    return Window(month_window(here[0]).start, month_window(here[-1]).end)


def version(aws: Aws, export: CostExport, span: Window) -> str | None:
    """The versions of the deliveries in ``span``, None where there is none yet."""
    return _versions(delivered(aws, export, span)) or None


def changes(aws: Aws, export: CostExport, since: str | None, horizon: Window) -> Changes:
    """The periods of ``horizon`` whose delivery is another than in the version ``since``.

    A refund after the invoice has AWS deliver a closed month again: it is named like the running
    one. A period that is not delivered is not named.
    """
    found = delivered(aws, export, horizon)
    known = set(since.split(";")) if since else set[str]()
    anew = (month for month, one in found.items() if _version(month, one) not in known)
    return Changes(version=_versions(found), spans=tuple(month_window(month) for month in anew))


def _versions(found: Mapping[date, Manifest]) -> str:
    return ";".join(_version(month, one) for month, one in found.items())


def _version(month: date, one: Manifest) -> str:
    return f"{month:%Y-%m}={one.version}"


def rows(aws: Aws, export: CostExport, span: Window) -> Iterator[CostRow]:
    """Every row of the billing periods of ``span``.

    Raises:
        NotReady: one of them is not delivered.
    """
    found = delivered(aws, export, span)
    lacking = [f"{month:%Y-%m}" for month in months(span) if month not in found]
    if lacking:
        raise NotReady(
            f"the export {export.name} has no manifest for {', '.join(lacking)}",
            remedy="Wait: a new export is delivered within 24 hours. If it lasts, check bucket, "
            "prefix and name; AWS backfills earlier months on request.",
        )
    now = aws.gate.clock.now()
    for month, newest in found.items():
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
