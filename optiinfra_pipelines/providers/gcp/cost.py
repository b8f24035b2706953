"""Google Cloud cost from the BigQuery billing export: the days that an append touched, whole."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from typing_extensions import override

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.contract import Changes, Collector, Rhythm, Typical
from optiinfra_core.errors import NotSupported
from optiinfra_core.metrics import COST, ControlTotal, CostRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window
from optiinfra_pipelines.providers.gcp import cost_changes, cost_export
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.credential import BillingExport

# Invoices are issued in the first days of the next month, and usage that came too late for one
# is on the next; 10 days leave room for both ("Late monitoring data", "Invoice" in Cloud Billing).
CLOSING = Closing(settles=timedelta(days=10))

# Looking at a table's time of change is free, so every tick looks. What changed is found by the
# partitions that were appended, whatever the age of the usage: 13 months cost no more than one.
EXPORTS = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=DAY,
    reread=timedelta(days=3),
    history=timedelta(days=730),
    closing=CLOSING,
    recheck=timedelta(days=396),
)


class CostCollector(Collector[Gcp]):
    """Charges and credits by day, SKU and project, and by resource where the export has them."""

    metric = COST
    # The table and the billing account, for free; a control total, charges, credits: 10 MiB each.
    typical = Typical(rhythm=EXPORTS, calls_per_span=Decimal(5), usd_per_call=Decimal("0.000036"))

    @override
    def source(self, connection: Gcp) -> str:
        """``bigquery_detailed``, ``bigquery_standard`` or ``bigquery_focus``."""
        export = connection.credential.billing_export
        return f"bigquery_{export.kind}" if export else "none"

    @override
    def rhythm(self, connection: Gcp) -> Rhythm:
        """Google appends several times a day, without promising when."""
        return EXPORTS

    @override
    def extent(self, connection: Gcp, span: Window) -> Window:
        """Whole days."""
        return Window(day_window(span.first_day).start, day_window(span.last_day).end)

    @override
    def changes(self, connection: Gcp, since: str | None, horizon: Window) -> Changes | None:
        """The usage days of rows that were exported since; free while the table is unchanged."""
        export = connection.credential.billing_export
        if export is None:
            return None
        return cost_changes.changes(connection, export, since, horizon, CLOSING)

    @override
    def collect(
        self, connection: Gcp, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[CostRow | ControlTotal]:
        """Every charge and credit of ``span``, after what they must add up to by a sum of its own.

        Raises:
            NotSupported: no export is configured; Google has no other source of cost.
        """
        found = cost_export.items(connection, configured(connection), span, CLOSING)
        for item in found:
            if parts is None or not isinstance(item, CostRow) or item.region_id in parts:
                yield item


def configured(connection: Gcp) -> BillingExport:
    """The export that the credential names.

    Raises:
        NotSupported: it names none.
    """
    export = connection.credential.billing_export
    if export is None:
        raise NotSupported(
            "the credential has no billing export, and Google Cloud has no other source of cost",
            remedy="Enable the detailed usage cost export to BigQuery and name it in "
            "billing_export.",
        )
    return export
