"""Azure cost from the best source a credential has: a FOCUS export, else the cost query."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from optiinfra_core.collecting.contract import Changes, Collector, Item, Rhythm, Typical
from optiinfra_core.errors import NotSupported
from optiinfra_core.metrics import COST, CostRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, month_window
from optiinfra_pipelines.providers.azure import cost_export, cost_query
from optiinfra_pipelines.providers.azure.client import Azure
from optiinfra_pipelines.providers.azure.finality import MONTHS

FOCUS_EXPORT, COST_QUERY = "focus_export", "cost_query"

# Settled months stay as they are "unless explicitly notified"; refunds are booked in the month
# in which they are given.
RECHECK = timedelta(days=30)

# Cost data are refreshed every four hours (Cost Management, "Automation"); the open month is rated
# again as a whole. A question about a month costs a query unit, whether it names a day or all.
QUERIES = Rhythm(
    min_interval=timedelta(hours=4),
    lag=DAY,
    reread=timedelta(days=3),
    history=timedelta(days=395),
    closing=MONTHS,
    recheck=RECHECK,
)
# What to read again is told by the runs, at 0.000005 USD a period and look.
DELIVERIES = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=DAY,
    reread=timedelta(0),
    history=timedelta(days=7 * 365),
    closing=MONTHS,
    recheck=RECHECK,
)


class CostCollector(Collector[Azure]):
    """Charges line by line from an export, or by day and resource from the cost query."""

    metric = COST
    # A month takes two questions, of some pages each, and one for its sum; all are free.
    typical = Typical(rhythm=QUERIES, calls_per_span=Decimal(3), calls_per_day=Decimal("0.2"))

    @override
    def source(self, connection: Azure) -> str:
        """``focus_export`` where an export is configured, else ``cost_query``."""
        return FOCUS_EXPORT if connection.credential.cost_export else COST_QUERY

    @override
    def rhythm(self, connection: Azure) -> Rhythm:
        """The query by the clock, since its quota is small; an export by its runs."""
        return DELIVERIES if connection.credential.cost_export else QUERIES

    @override
    def extent(self, connection: Azure, span: Window) -> Window:
        """Whole billing periods: both sources tell a month as cheaply as a day."""
        export = connection.credential.cost_export
        if export is not None:
            return cost_export.delivered(connection, export, span).extent
        return Window(month_window(span.first_day).start, month_window(span.last_day).end)

    @override
    def probe(self, connection: Azure, span: Window) -> str | None:
        """The runs that delivered ``span``; the query has nothing cheaper than itself to ask."""
        export = connection.credential.cost_export
        if export is None:
            return None
        return cost_export.delivered(connection, export, span).version or None

    @override
    def changes(self, connection: Azure, since: str | None, horizon: Window) -> Changes | None:
        """The billing periods of ``horizon`` that the export delivered anew."""
        export = connection.credential.cost_export
        if export is None:
            return None
        return cost_export.delivered(connection, export, horizon).changes(since)

    @override
    def collect(
        self, connection: Azure, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[Item]:
        """Every charge of ``span``; ``parts`` keeps the rows of those regions, without totals.

        Raises:
            NotSupported: there is no export and the query is not allowed.
        """
        export = connection.credential.cost_export
        if export is None and not connection.credential.cost_query:
            raise NotSupported(
                "the credential has no cost export and forbids the cost query",
                remedy="Configure cost_export, or allow cost_query.",
            )
        found: Iterator[Item] = (
            cost_query.rows(connection, span)
            if export is None
            else cost_export.rows(connection, export, span)
        )
        if parts is None:
            return found
        return (row for row in found if isinstance(row, CostRow) and row.region_id in parts)
