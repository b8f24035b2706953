"""The charges and credits of usage days, read as of one instant, after their control totals."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from optiinfra_core.collecting.amounts import money
from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.errors import Malformed, NotReady
from optiinfra_core.metrics import ControlTotal, CostRow
from optiinfra_core.windows import DAY, Window, as_utc
from optiinfra_pipelines.providers.gcp import cost_focus, cost_usage
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.cost_changes import table_of
from optiinfra_pipelines.providers.gcp.credential import BillingExport

Record = Mapping[str, Any]
Reading = Callable[[Record], CostRow]

# Usage is appended after it happened; a day's margin is for clocks and time zones.
PARTITION_MARGIN = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The questions of one kind of export, and what the rows of their answers mean."""

    control: str
    charges: str
    credits: str
    charge: Reading
    credit: Reading


LAYOUTS: Mapping[str, Layout] = {
    "detailed": Layout(
        control="control_usage",
        charges="charges_detailed",
        credits="credits_detailed",
        charge=cost_usage.charge,
        credit=cost_usage.credit,
    ),
    "standard": Layout(
        control="control_usage",
        charges="charges_standard",
        credits="credits_standard",
        charge=cost_usage.charge,
        credit=cost_usage.credit,
    ),
    "focus": Layout(
        control="control_focus",
        charges="charges_focus",
        credits="credits_focus",
        charge=cost_focus.charge,
        credit=cost_focus.credit,
    ),
}


def items(
    gcp: Gcp, export: BillingExport, span: Window, closing: Closing
) -> Iterator[CostRow | ControlTotal]:
    """What ``span`` adds up to, by currency, and then its charges and its credits.

    Rows that are appended meanwhile are left for the next time: every question stops at the append
    that the first one saw.

    Raises:
        NotReady: the export has nothing of these days.
    """
    layout, table = LAYOUTS[export.kind], table_of(gcp, export)
    asked = {"start": span.start, "end": span.end, "partition": span.start - PARTITION_MARGIN}
    totals = list(gcp.warehouse.ask(layout.control, export, table, asked))
    if not totals:
        raise NotReady(
            f"the export {export.reference} has no rows for {span}",
            remedy="Wait: Google exports usage hours to days later. Days before the export was "
            "enabled (and the month before, for US and EU datasets) are never exported.",
        )
    for total in totals:
        yield ControlTotal(
            name="bigquery_sum",
            span=span,
            amount=money(total["billed"]),
            currency=str(total["currency"]),
        )
    known = max(as_utc(total["exported"]) for total in totals)
    seen = _Seen(
        closing=closing,
        now=gcp.gate.clock.now(),
        account=gcp.billing_account_name(export.billing_account_id),
    )
    for question, reading in ((layout.charges, layout.charge), (layout.credits, layout.credit)):
        for record in gcp.warehouse.ask(question, export, table, {**asked, "known": known}):
            yield _row(record, reading, seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What holds for every row of a collection: the time, and the billing account's name."""

    closing: Closing
    now: datetime
    account: str


def _row(record: Record, reading: Reading, seen: _Seen) -> CostRow:
    told = understood(partial(_placed, record, reading, seen), record)
    if isinstance(told, Malformed):
        raise told
    return told


def _placed(record: Record, reading: Reading, seen: _Seen) -> CostRow:
    day = as_utc(record["day"])
    row = reading(record)
    return replace(
        row,
        charge_period_start=day,
        charge_period_end=day + DAY,
        billing_account_name=seen.account,
        billing_account_type="Billing account",
        finality=seen.closing.finality(row.billing_period_start, seen.now),
    )
