"""A row of AWS's FOCUS 1.0 or 1.2 export -> CostRow; names are FOCUS's in lower case."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from optiinfra_core.focus import COLUMNS as FOCUS_COLUMNS
from optiinfra_core.focus import FocusReader
from optiinfra_core.metrics import CostRow
from optiinfra_pipelines.providers.aws.amounts import resource
from optiinfra_pipelines.providers.aws.finality import finality as told

# AWS's own columns that are kept beside FOCUS's (table dictionary of FOCUS_1_2_AWS).
EXTRAS = ("x_operation", "x_servicecode", "x_usagetype")

COLUMNS = (*(one.name.lower() for one in FOCUS_COLUMNS), *EXTRAS)


@lru_cache(maxsize=16)
def reader(names: tuple[str, ...]) -> FocusReader:
    """The reader of the files that have these columns."""
    return FocusReader(names, told=("billing_period_start",))


def to_row(record: Mapping[str, Any], month: date, now: datetime) -> CostRow:
    """One charge of the billing period that starts on ``month``, read at ``now``."""
    return reader(tuple(record)).row(
        record,
        billing_period_start=month,
        resource_id=resource(record.get("resourceid")),
        finality=finality(str(record.get("invoiceid") or ""), month, now),
    )


def finality(invoice_id: str, month: date, now: datetime) -> str:
    """How final a charge of a month is, with the invoice it is on or none."""
    return told(month, now, invoiced=bool(invoice_id))
