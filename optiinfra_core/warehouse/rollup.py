"""The day of every series in one row, recomputed from what its samples say now."""

from datetime import date

from optiinfra_core.metrics import PERFORMANCE
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.statements import ONE_PART, statement
from optiinfra_core.windows import Clock, milliseconds


def recompute_daily(
    warehouse: Warehouse, customer_id: str, provider: str, day: date, clock: Clock
) -> int:
    """Make ``performance_metrics_1d`` say what the samples of ``day`` say; return its rows.

    Series that have no sample any more lose their row. One statement, so a reader sees the day
    wholly old or wholly new; running it again changes nothing.
    """
    scope = {"customer_id": customer_id, "provider": provider, "day": day}
    [state] = warehouse.select(statement("rollup_state.sql", PERFORMANCE), scope)
    version = max(milliseconds(clock.now()), state["version"] + 1)
    warehouse.execute(
        statement("rollup.sql", PERFORMANCE), {**scope, "version": version}, settings=ONE_PART
    )
    [state] = warehouse.select(statement("rollup_state.sql", PERFORMANCE), scope)
    return int(state["rows"])
