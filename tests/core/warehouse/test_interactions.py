"""Calls of applications are stored once, however often and in whatever pieces they come."""

import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from optiinfra_core.applications.privacy import KeptInteraction
from optiinfra_core.errors import Permanent, Transient
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.interactions import COLUMNS, SMALL_ROWS, InteractionWriter
from optiinfra_core.windows import FixedClock
from tests.core.warehouse.calls import NOW, call, event_half, row, span_half
from tests.core.warehouse.scene import Scene

TYPES = "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String}"
# Everything but when it came, joined as readers join it.
STORED = """
SELECT {columns} FROM llm_interactions FINAL
WHERE customer_id = {{customer_id:String}} ORDER BY application_id, trace_id, span_id
"""
PHYSICAL = "SELECT count() AS rows FROM llm_interactions WHERE customer_id = {customer_id:String}"


@pytest.fixture
def writer(warehouse: Warehouse) -> InteractionWriter:
    """The writer, at a time that stands."""
    return InteractionWriter(warehouse, FixedClock(NOW))


def stored(scene: Scene) -> list[dict[str, Any]]:
    """The customer's calls as they are read; lists are sets and stand in order."""
    told = ", ".join(
        f"arraySort({name}) AS {name}" if name.endswith("_parts") else name
        for name in COLUMNS
        if name not in {"customer_id", "ingested_at"}
    )
    sql = STORED.format(columns=told)
    return [dict(each) for each in scene.warehouse.select(sql, {"customer_id": scene.customer})]


def physical(scene: Scene) -> int:
    """Rows on disk once every part is merged."""
    scene.warehouse.execute("OPTIMIZE TABLE llm_interactions FINAL")
    [found] = scene.warehouse.select(PHYSICAL, {"customer_id": scene.customer})
    return int(found["rows"])


def rows(customer: str, numbers: Iterable[int]) -> list[KeptInteraction]:
    """Whole calls as rows."""
    return [row(customer, call(number)) for number in numbers]


def test_a_row_is_every_column_of_the_table(warehouse: Warehouse) -> None:
    """A column that the writer forgot would be empty for ever."""
    found = [each["name"] for each in warehouse.select(TYPES, {"t": "llm_interactions"})]
    assert sorted(found) == sorted(COLUMNS)


def test_what_is_stored_is_what_was_told(writer: InteractionWriter, scene: Scene) -> None:
    """Every field comes back as it went in, unknown ones as unknown."""
    whole = row(scene.customer, call(1, ttft_ms=None, reasoning_tokens=None))
    told = replace(whole, cost_usd=Decimal("0.000000000001"), price_version="v1")
    assert writer.write(scene.customer, [told]) == 1
    [found] = stored(scene)
    for name, value in found.items():
        expected = getattr(told, name)
        assert value == (list(expected) if isinstance(expected, tuple) else expected), name


@pytest.mark.parametrize("times", [1, 2])
def test_any_order_split_and_repetition_gives_one_row(
    writer: InteractionWriter, scene: Scene, other: Scene, times: int
) -> None:
    """Halves, wholes and repeats in random order over many batches equal one clean sending."""
    numbers = range(400)
    clean = [row(other.customer, call(number)) for number in numbers]
    writer.write(other.customer, clean)
    pieces = []
    for number in numbers:
        whole = call(number)
        split = [span_half(whole), event_half(whole)] if number % 3 else [whole]
        pieces += [row(scene.customer, each) for each in split] * times
    random.Random(times).shuffle(pieces)  # noqa: S311 - an order, no secret
    for start in range(0, len(pieces), 97):
        writer.write(scene.customer, pieces[start : start + 97])
    assert [unkeyed(each) for each in stored(scene)] == [unkeyed(each) for each in stored(other)]
    assert physical(scene) == len(numbers)


def unkeyed(found: dict[str, Any]) -> dict[str, Any]:
    """A call without what is keyed by the customer."""
    return {
        name: value for name, value in found.items() if name not in {"user_hash", "content_sha256"}
    }


def test_halves_that_straddle_midnight_are_one_call_of_two_parts(
    writer: InteractionWriter, scene: Scene
) -> None:
    """A record of the next day joins its span wherever the identity is grouped by."""
    late = call(1, started_at=NOW.replace(hour=23, minute=59), latency_ms=120_000.0)
    record = replace(event_half(late), started_at=NOW + timedelta(days=1))
    for half in (span_half(late), record):
        writer.write(scene.customer, [row(scene.customer, half)])
    assert physical(scene) == 2
    [found] = scene.warehouse.select(
        "SELECT min(started_at) AS at, max(latency_ms) AS ms, groupUniqArrayArray(input_parts) AS p"
        " FROM llm_interactions WHERE customer_id = {customer_id:String}"
        " GROUP BY customer_id, application_id, trace_id, span_id",
        {"customer_id": scene.customer},
    )
    assert (found["at"], found["ms"], len(found["p"])) == (late.started_at, 120_000.0, 1)


def test_a_large_batch_is_one_part_and_a_small_one_is_stored_when_it_returns(
    writer: InteractionWriter, scene: Scene
) -> None:
    """Whichever way a batch goes, its rows can be read at once."""
    for size in (1, SMALL_ROWS - 1, SMALL_ROWS):
        before = len(stored(scene))
        writer.write(scene.customer, rows(scene.customer, range(before, before + size)), "token")
        assert len(stored(scene)) == before + size


def test_calls_of_many_months_fit_into_one_batch(writer: InteractionWriter, scene: Scene) -> None:
    """A customer that sends its past is not refused for touching a hundred partitions and more."""
    past = [
        row(scene.customer, call(number, started_at=NOW - timedelta(days=31 * number)))
        for number in range(120)
    ]
    assert writer.write(scene.customer, past * 10) == 1200


def test_nothing_is_written_of_nothing(writer: InteractionWriter, scene: Scene) -> None:
    """An empty batch asks the server nothing."""
    assert writer.write(scene.customer, []) == 0
    assert stored(scene) == []


def test_a_text_that_no_column_holds_is_refused_without_repeating_it(
    writer: InteractionWriter, scene: Scene
) -> None:
    """Half a surrogate pair is no text; the error names the column and not the value."""
    broken = replace(row(scene.customer, call(1)), conversation_id="secret\ud800")
    with pytest.raises(Permanent, match="conversation_id") as told:
        writer.write(scene.customer, [broken])
    assert "secret" not in told.value.detail


def test_a_server_that_is_away_is_told_as_such(warehouse: Warehouse) -> None:
    """Whoever sent the batch sends it again."""
    away = Warehouse(replace(warehouse.endpoint, url="http://127.0.0.1:1"))
    with pytest.raises(Transient):
        InteractionWriter(away).write("acme", rows("acme", [1]))
