"""Is what the windows serve what was committed? Rows and checksums, recomputed by the server."""

from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.statements import statement
from optiinfra_core.warehouse.windows import CommitLog
from optiinfra_core.windows import Window


def unlike_their_commit(
    warehouse: Warehouse, metric: Metric, account: tuple[str, str, str], span: Window
) -> list[Window]:
    """Committed windows of (customer_id, provider, account_id) that serve something else.

    The caller holds the lock of the account: a write under way looks like a difference.
    """
    customer_id, provider, account_id = account
    committed = CommitLog(warehouse).committed(customer_id, provider, metric, account_id, span)
    rows = warehouse.select(
        statement("served.sql", metric),
        {
            "customer_id": customer_id,
            "provider": provider,
            "account_id": account_id,
            "first_day": span.first_day,
            "last_day": span.last_day,
            "start": span.start,
            "end": span.end,
            "step": int(metric.window.total_seconds()),
            "version": 0,
        },
    )
    served = {row["window_start"]: (row["rows"], row["checksum"]) for row in rows}
    return [
        record.window
        for record in committed
        if served.get(record.window.start, (0, 0)) != (record.rows, record.checksum)
    ]
