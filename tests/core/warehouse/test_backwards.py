"""Pages that begin with the newest rows hold the same rows, however few days are read for them."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from secrets import token_hex
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optiinfra_core.warehouse.backwards import Backwards
from optiinfra_core.warehouse.client import AsyncWarehouse, Warehouse
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import cost, performance
from optiinfra_core.windows import DAY
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span, sample

HOUR = timedelta(hours=1)
END = day_span(TODAY).end
PERIOD = {"start": END - 20 * DAY, "end": END}
SERIES = {
    "after_timestamp": "timestamp",
    "after_provider": "provider",
    "after_resource": "resource_id",
    "after_metric": "metric_name",
    "after_statistic": "statistic",
    "after_account": "account_id",
    "after_region": "region",
}
CHARGE = {
    "after_start": "charge_period_start",
    "after_provider": "provider",
    "after_service": "service_name",
    "after_resource": "resource_id",
    "after_line": "line_key",
    "after_detail": "detail_key",
}


def starts(backwards: Backwards, **bound: Any) -> list[timedelta]:
    """How far before the period's end each attempt starts."""
    newest = bound.pop("newest", None)
    given = {**PERIOD, "has_after": False, **bound}
    return [END - start for start in backwards.starts(given, newest)]


def test_each_attempt_reads_more_and_the_last_one_everything() -> None:
    """Hours first, then days, then the period; attempts longer than it are left out."""
    backwards = Backwards(after="a", spans=(HOUR, DAY, 30 * DAY))
    assert starts(backwards) == [HOUR, DAY, 20 * DAY]
    assert starts(backwards, start=END - HOUR) == [HOUR]


def test_whoever_reads_many_pages_skips_what_holds_few() -> None:
    """An hour of averages is a page or two."""
    backwards = Backwards(after="a", spans=(HOUR, DAY), short=1)
    asked = {**PERIOD, "has_after": False}
    told = [[END - at for at in backwards.starts(asked, None, many=many)] for many in (False, True)]
    assert told == [[HOUR, DAY, 20 * DAY], [DAY, 20 * DAY]]


def test_attempts_begin_where_rows_are_known_to_end() -> None:
    """At what the sources have told last, or at the row of the cursor."""
    backwards = Backwards(after="a", spans=(HOUR,))
    assert starts(backwards, newest=END - DAY) == [25 * HOUR, 20 * DAY]
    assert starts(backwards, newest=END + DAY) == [HOUR, 20 * DAY]
    assert starts(backwards, has_after=True, a=END - DAY) == [25 * HOUR, 20 * DAY]


def test_a_step_is_read_wholly() -> None:
    """An attempt never starts within a step: its average would be of a part."""
    backwards = Backwards(after="a", spans=(HOUR,), step="step_s")
    assert starts(backwards, step_s=7200)[0] == 2 * HOUR
    assert starts(backwards, step_s=7200, newest=END - HOUR)[0] == 4 * HOUR
    assert starts(backwards, step_s=900, has_after=True, a=END - HOUR)[0] == timedelta(minutes=105)


def pages(
    scene: Scene,
    question: Question[Any],
    key: Mapping[str, str],
    size: int,
    enough: int | None = None,
    **more: Any,
) -> list[Mapping[str, Any]]:
    """Every row, page by page, as the API asks for them; the first rows are in the last days."""

    async def turned() -> list[Mapping[str, Any]]:
        """All pages through one door."""
        door = await AsyncWarehouse.connect(scene.warehouse.endpoint)
        found: list[Mapping[str, Any]] = []
        after: dict[str, Any] = {}
        given = {"customer_id": scene.customer, "providers": ["aws"], **PERIOD, **more}
        while True:
            asked = {**given, **after, "limit": size}
            lines, ended = await door.lines(question, asked, more.get("end"), enough)
            found += map(orjson.loads, lines)
            if ended:
                await door.close()
                return found
            after = {"has_after": True} | {name: found[-1][column] for name, column in key.items()}
            instant = next(iter(key))
            after[instant] = datetime.fromisoformat(after[instant])

    return asyncio.run(turned())


def whole(scene: Scene, question: Question[Any], **more: Any) -> list[Any]:
    """Every row in one question about all of the period."""
    return scene.ask(question, **PERIOD, limit=10_000, **more)


moments = st.lists(
    st.tuples(
        st.integers(0, 19),  # days back
        st.sampled_from([0, 5, 55, 60, 715, 1435]),  # minutes of the day
        st.sampled_from("abc"),
    ),
    max_size=30,
    unique=True,
)


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    moments=moments,
    size=st.integers(1, 7),
    enough=st.none() | st.integers(1, 7),
    step_s=st.sampled_from([900, 3600, 86_400, 93_600]),
)
def test_pages_of_samples_and_steps_hold_what_the_period_holds(
    warehouse: Warehouse,
    moments: list[tuple[int, int, str]],
    size: int,
    enough: int | None,
    step_s: int,
) -> None:
    """The same rows in the same order, wherever gaps and days fall."""
    scene = Scene(warehouse, f"acme-{token_hex(6)}")
    rows = [
        sample(
            float(minutes),
            day_span(TODAY).start - back * DAY + timedelta(minutes=minutes),
            resource_id=name,
        )
        for back, minutes, name in moments
    ]
    scene.samples(*rows, span=day_span(TODAY - 19 * DAY, 20))
    told = pages(scene, performance.METRICS, SERIES, size, enough)
    wanted = whole(scene, performance.METRICS)
    assert [(row["timestamp"], row["resource_id"], row["value"]) for row in told] == [
        (row.timestamp.isoformat().replace("+00:00", "Z"), row.resource_id, row.value)
        for row in wanted
    ]
    stepped = pages(scene, performance.METRICS_STEPPED, SERIES, size, enough, step_s=step_s)
    assert [(row["resource_id"], row["avg"], row["samples"]) for row in stepped] == [
        (row.resource_id, row.avg, row.samples)
        for row in whole(scene, performance.METRICS_STEPPED, step_s=step_s)
    ]


@pytest.mark.parametrize("size", [1, 4, 100])
def test_pages_of_charges_hold_what_the_period_holds(scene: Scene, size: int) -> None:
    """Several charges of a day, days without any, and the oldest one far back."""
    for back in (0, 1, 2, 9, 19):
        day = TODAY - back * DAY
        scene.costs(
            *(charge(str(cents), day, resource_id=name) for cents, name in ((1, "a"), (2, "b"))),
            span=day_span(day),
        )
    told = pages(scene, cost.METRICS, CHARGE, size)
    assert [(row["line_key"], Decimal(row["cost"])) for row in told] == [
        (row.line_key, row.cost) for row in whole(scene, cost.METRICS)
    ]
    assert len(told) == 10
