"""The day of every series of scores in windows of 15 minutes, recomputed from what was judged."""

from datetime import date
from functools import cache

from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.question import FOLDER, uncommented
from optiinfra_core.warehouse.statements import ONE_PART
from optiinfra_core.windows import Clock, milliseconds


def recompute_quality(
    warehouse: Warehouse, clock: Clock, of: tuple[str, str], day: date, run_id: str
) -> int:
    """Make ``quality_windows`` say what the judgements of ``day`` say; return its rows.

    ``of`` is (customer_id, provider); the empty provider is that of calls whose cloud is unknown.
    Windows that have no judgement any more lose their row. One statement, so a reader sees the day
    wholly old or wholly new; running it again changes nothing but the version.

    Raises:
        Transient, Permanent: as the server or the network says; the old windows stay.
    """
    customer_id, provider = of
    scope = {"customer_id": customer_id, "provider": provider, "day": day}
    [state] = warehouse.select(_text("quality_state.sql"), scope)
    version = max(milliseconds(clock.now()), state["version"] + 1)
    warehouse.execute(
        _text("quality.sql"), {**scope, "run_id": run_id, "version": version}, settings=ONE_PART
    )
    [state] = warehouse.select(_text("quality_state.sql"), scope)
    return int(state["rows"])


@cache
def _text(file: str) -> str:
    return uncommented((FOLDER / "write" / file).read_text(encoding="utf-8"))
