"""AWS cost from the best source a credential has: a Data Export, else Cost Explorer."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from typing_extensions import override

from optiinfra_core.collecting.contract import Collector, Rhythm, Typical
from optiinfra_core.errors import NotSupported
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window, month_window
from optiinfra_pipelines.providers.aws import cost_explorer, cost_export
from optiinfra_pipelines.providers.aws.client import Aws

FOCUS_EXPORT, CE_DAILY = "focus_export", "ce_daily"

# Support charges of a month are posted on the 6th or 7th of the next (CUR user guide).
SETTLED_ON = 8


DAILY = Rhythm(
    min_interval=timedelta(hours=8), lag=DAY, reread=timedelta(days=3), history=timedelta(days=395)
)


class CostCollector(Collector[Aws]):
    """Charges by day from Cost Explorer, or line by line from an export."""

    metric = COST
    # Two questions answer any span of days, a page each; billed at 0.01 USD a request.
    typical = Typical(rhythm=DAILY, calls_per_span=Decimal(2), usd_per_call=Decimal("0.01"))

    @override
    def source(self, connection: Aws) -> str:
        """``focus_export`` where an export is configured, else ``ce_daily``."""
        return FOCUS_EXPORT if connection.credential.cost_export else CE_DAILY

    @override
    def rhythm(self, connection: Aws) -> Rhythm:
        """Billing data changes three times a day at most; the month before until it settles.

        A Cost Explorer request costs money, a look at an export's manifest nearly none.
        """
        back = reread(connection.gate.clock.now())
        if connection.credential.cost_export:
            return Rhythm(
                min_interval=QUARTER_HOUR, lag=DAY, reread=back, history=timedelta(days=1127)
            )
        return replace(DAILY, reread=max(back, DAILY.reread))

    @override
    def extent(self, connection: Aws, span: Window) -> Window:
        """Whole days from Cost Explorer, whole billing periods from an export."""
        export = connection.credential.cost_export
        if export is not None:
            return cost_export.extent(connection, export, span)
        return Window(day_window(span.first_day).start, day_window(span.last_day).end)

    @override
    def probe(self, connection: Aws, span: Window) -> str | None:
        """The version of the export's deliveries; Cost Explorer has nothing free to ask."""
        export = connection.credential.cost_export
        return None if export is None else cost_export.version(connection, export, span)

    @override
    def collect(
        self, connection: Aws, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[CostRow]:
        """Every charge of ``span``; ``parts`` keeps the rows of those regions.

        Raises:
            NotSupported: there is no export and Cost Explorer is not allowed.
        """
        export = connection.credential.cost_export
        if export is None and not connection.credential.cost_explorer:
            raise NotSupported(
                "the credential has no cost export and forbids Cost Explorer",
                remedy="Configure cost_export (free), or allow cost_explorer (0.01 USD a request).",
            )
        found = (
            cost_explorer.rows(connection, span)
            if export is None
            else cost_export.rows(connection, export, span)
        )
        return (row for row in found if parts is None or row.region_id in parts)


def reread(now: datetime) -> timedelta:
    """How far back charges still change: a day, and the whole month before until it settles."""
    if now.day >= SETTLED_ON:
        return DAY
    month = month_window(now.date())
    before = month_window((month.start - DAY).date())
    return now - before.start
