"""Whatever is written in whatever order, each window serves the last batch that replaced it."""

from datetime import timedelta
from decimal import Decimal
from secrets import token_hex

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.cost import TOTAL, TOTAL_AS_KNOWN
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span

FIRST = TODAY - timedelta(days=2)
WHOLE = day_span(FIRST, 3)

lines = st.tuples(
    st.integers(0, 2),  # the day, counted from the span's first
    st.sampled_from("abc"),
    st.decimals(-1000, 1000, places=12, allow_nan=False, allow_infinity=False),
)
writes = st.tuples(
    st.integers(0, 2),  # the first day of the span
    st.integers(1, 3),  # its length in days
    st.lists(lines, max_size=6),
    st.sampled_from(["ce_daily", "focus_export"]),
)


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(writes, min_size=1, max_size=5))
def test_the_last_batch_of_each_window_is_what_is_served(
    warehouse: Warehouse, sequence: list[tuple[int, int, list[tuple[int, str, Decimal]], str]]
) -> None:
    """A model that keeps a dictionary per day agrees with the warehouse after every write.

    So does the ledger: taking the changes since a moment off today's total gives the total that
    was served at that moment, for the windows committed by then.
    """
    scene = Scene(warehouse, f"any-{token_hex(4)}")
    model: dict[int, dict[str, Decimal]] = {}
    past = []
    for first, days, said, source in sequence:
        covered = range(first, min(first + days, 3))
        for day in covered:
            model[day] = {}
        rows = []
        for offset, resource, cost in said:
            if offset not in covered:
                continue
            model[offset][resource] = model[offset].get(resource, Decimal(0)) + cost
            rows.append(charge(str(cost), FIRST + timedelta(days=offset), resource_id=resource))
        span = day_span(FIRST + timedelta(days=first), len(covered))
        scene.costs(*rows, span=span, source=source)
        past.append((scene.clock.now(), {day: sum(kept.values()) for day, kept in model.items()}))
        stored = scene.stored("cost_metrics", "day", "resource_id", "billed_cost")
        assert stored == sorted(
            (FIRST + timedelta(days=day), resource, cost)
            for day, kept in model.items()
            for resource, cost in kept.items()
        )
    period = {"start": WHOLE.start, "end": WHOLE.end}
    assert sum(row.cost or 0 for row in scene.ask(TOTAL, **period)) == sum(past[-1][1].values())
    for moment, by_day in past:
        then = scene.ask(TOTAL_AS_KNOWN, known_at=moment, **period)
        assert sum(row.cost for row in then) == sum(by_day.values())
