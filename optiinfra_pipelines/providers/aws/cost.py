"""AWS cost from the best source a credential has: a Data Export, else Cost Explorer."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from optiinfra_core.collecting.contract import Changes, Collector, Rhythm, Typical
from optiinfra_core.errors import NotSupported
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window
from optiinfra_pipelines.providers.aws import cost_explorer, cost_export
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.finality import MONTHS

FOCUS_EXPORT, CE_DAILY = "focus_export", "ce_daily"

# Refunds and credits of a settled month: AWS names no last day for them.
RECHECK = timedelta(days=60)

# Billing data is refreshed three times a day at most (Cost Explorer API best practices). Two
# requests tell any span of days, so that looking again at 60 of them costs what one day costs.
DAILY = Rhythm(
    min_interval=timedelta(hours=8),
    lag=DAY,
    reread=timedelta(days=3),
    history=timedelta(days=395),
    closing=MONTHS,
    recheck=RECHECK,
)
# What to read again is told by the manifests, at 0.000005 USD a period and look.
DELIVERIES = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=DAY,
    reread=timedelta(0),
    history=timedelta(days=1127),
    closing=MONTHS,
    recheck=RECHECK,
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
        """Cost Explorer by the clock, since a request costs money; an export by its manifests."""
        return DELIVERIES if connection.credential.cost_export else DAILY

    @override
    def extent(self, connection: Aws, span: Window) -> Window:
        """Whole days from Cost Explorer, whole billing periods from an export."""
        export = connection.credential.cost_export
        if export is not None:
            return cost_export.delivered(connection, export, span).extent
        return Window(day_window(span.first_day).start, day_window(span.last_day).end)

    @override
    def probe(self, connection: Aws, span: Window) -> str | None:
        """The version of the export's deliveries; Cost Explorer has nothing free to ask."""
        export = connection.credential.cost_export
        if export is None:
            return None
        return cost_export.delivered(connection, export, span).version or None

    @override
    def changes(self, connection: Aws, since: str | None, horizon: Window) -> Changes | None:
        """The billing periods of ``horizon`` that the export delivered anew, closed ones too."""
        export = connection.credential.cost_export
        if export is None:
            return None
        return cost_export.delivered(connection, export, horizon).changes(since)

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
