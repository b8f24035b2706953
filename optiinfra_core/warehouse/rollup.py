"""The day of every series in one row, recomputed from what its samples say now."""

from datetime import date

from optiinfra_core.metrics import Metric
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.statements import ONE_PART, statement
from optiinfra_core.windows import Clock, milliseconds


def recompute_daily(
    warehouse: Warehouse, clock: Clock, metric: Metric, of: tuple[str, str], day: date
) -> int:
    """Make the metric's daily table say what its samples of ``day`` say; return its rows.

    ``of`` is (customer_id, provider). Series that have no sample any more lose their row. One
    statement, so a reader sees the day wholly old or wholly new; running it again changes nothing.
    """
    customer_id, provider = of
    scope = {"customer_id": customer_id, "provider": provider, "day": day}
    [state] = warehouse.select(statement("rollup_state.sql", metric), scope)
    version = max(milliseconds(clock.now()), state["version"] + 1)
    warehouse.execute(
        statement("rollup.sql", metric), {**scope, "version": version}, settings=ONE_PART
    )
    [state] = warehouse.select(statement("rollup_state.sql", metric), scope)
    return int(state["rows"])
