"""Compares what is served with what was committed, window by window."""

from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.statements import statement
from optiinfra_core.warehouse.windows import CommitLog
from optiinfra_core.windows import Window


def unlike_their_commit(
    warehouse: Warehouse,
    metric: Metric,
    account: tuple[str, str, str],
    span: Window,
) -> list[Window]:
    """The windows of ``span`` whose rows or checksum are not those of their commit record.

    ``account`` is (customer_id, provider, account_id). The caller holds the account's lock: a
    write under way looks like a difference.
    """
    customer_id, provider, account_id = account
    served = warehouse.select(
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
    found = {row["window_start"]: (row["rows"], row["checksum"]) for row in served}
    records = CommitLog(warehouse).committed(customer_id, provider, metric, account_id, span)
    committed = {record.window.start: record for record in records}
    differing = [
        record.window
        for start, record in committed.items()
        if found.get(start, (0, 0)) != (record.rows, record.checksum)
    ]
    unknown = [Window(start, start + metric.window) for start in found if start not in committed]
    return sorted(differing + unknown)
