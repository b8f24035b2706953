"""Runs of a FOCUS export -> CostRow, a whole billing period at a time."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from optiinfra_core.collecting.contract import Changes
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.periods import months, within
from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import Window, month_window
from optiinfra_pipelines.providers.azure import cost_focus
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.client.exports import Part, Run, downloaded, parts, runs
from optiinfra_pipelines.providers.azure.cost_files import records
from optiinfra_pipelines.providers.azure.credential import CostExport


def delivered(azure: Azure, export: CostExport, span: Window) -> dict[date, Run]:
    """The newest complete run of each billing period of ``span`` that has one."""
    return {run.month: run for run in runs(azure, export, frozenset(months(span)))}


def extent(azure: Azure, export: CostExport, span: Window) -> Window:
    """The whole billing periods of ``span``, without those before or after all deliveries.

    An export starts with the month it was created in; asking for the month before must not hold
    up this one.
    """
    here = tuple(delivered(azure, export, span)) or months(span)
    return Window(month_window(here[0]).start, month_window(here[-1]).end)


def version(azure: Azure, export: CostExport, span: Window) -> str | None:
    """The runs that delivered the periods of ``span``, None where there is none yet."""
    return _versions(delivered(azure, export, span)) or None


def changes(azure: Azure, export: CostExport, since: str | None, horizon: Window) -> Changes:
    """The periods of ``horizon`` whose newest run is another than in the version ``since``.

    A period that is not delivered is not named.
    """
    found = delivered(azure, export, horizon)
    known = set(since.split(";")) if since else set[str]()
    anew = (month for month, run in found.items() if _version(month, run) not in known)
    return Changes(version=_versions(found), spans=tuple(month_window(month) for month in anew))


def _versions(found: Mapping[date, Run]) -> str:
    return ";".join(_version(month, run) for month, run in found.items())


def _version(month: date, run: Run) -> str:
    return f"{month:%Y-%m}={run.version}"


def rows(azure: Azure, export: CostExport, span: Window) -> Iterator[CostRow]:
    """Every row of the billing periods of ``span``.

    Raises:
        NotReady: one of them is not delivered.
        Malformed: a run has not what its manifest says.
    """
    found = delivered(azure, export, span)
    lacking = [f"{month:%Y-%m}" for month in months(span) if month not in found]
    if lacking:
        raise NotReady(
            f"the export {export.name} has no manifest for {', '.join(lacking)}",
            remedy="Wait: a new export runs within 24 hours. If it lasts, check account_url, "
            "container, directory and name; earlier months are delivered by 'Export selected "
            "dates', a whole month at a time.",
        )
    now = azure.gate.clock.now()
    for month, run in found.items():
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
