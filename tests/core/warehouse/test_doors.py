"""The two doors: what they return, what they refuse, and how a failure is told."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr

from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import InvalidRequest, Permanent, Transient
from optiinfra_core.warehouse.client import AsyncWarehouse, Warehouse
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.questions import cost, performance
from optiinfra_core.warehouse.wire import quoted
from tests.core.warehouse.scene import NOON, TODAY, Scene, charge, day_span, sample

SPAN = day_span(TODAY)


def asked(scene: Scene, **params: Any) -> dict[str, Any]:
    """Parameters of a question about today."""
    given = {"customer_id": scene.customer, "providers": ["aws"]}
    return {**given, "start": SPAN.start, "end": SPAN.end, **params}


def through(scene: Scene, use: Callable[[AsyncWarehouse], Awaitable[Any]]) -> Any:
    """What ``use`` makes of the reader's asynchronous door."""

    async def run() -> Any:
        """Open, use, close."""
        door = await AsyncWarehouse.connect(scene.warehouse.endpoint)
        try:
            return await use(door)
        finally:
            await door.close()

    return asyncio.run(run())


async def joined(chunks: AsyncIterator[bytes]) -> bytes:
    """All of a stream."""
    return b"".join([chunk async for chunk in chunks])


def test_both_doors_give_the_same_rows(scene: Scene) -> None:
    """Instants are aware, money is exact, through the writer's door and the reader's."""
    scene.costs(charge("0.1", tags={"é": "'x'"}))
    rows = scene.ask(cost.METRICS)
    assert rows[0].charge_period_start == SPAN.start
    assert rows[0].tags == {"é": "'x'"}
    assert through(scene, lambda door: door.rows(cost.METRICS, asked(scene))) == rows
    with Warehouse(scene.warehouse.endpoint, reader=True) as reader:
        assert reader.rows(cost.METRICS, asked(scene)) == rows


def test_many_questions_may_be_under_way(scene: Scene) -> None:
    """One pool answers questions at the same time, each with its own settings."""
    scene.costs(charge("1"))

    async def crowd(door: AsyncWarehouse) -> list[Any]:
        """Ask two dozen times and ping."""
        return await asyncio.gather(
            *(door.rows(cost.TOTAL, asked(scene)) for _ in range(24)), door.ping()
        )

    *answers, alive = through(scene, crowd)
    assert alive
    assert {answer[0].cost for answer in answers} == {1}


def test_streams_come_as_the_server_writes_them(scene: Scene) -> None:
    """Lines of JSON with money as strings and instants in RFC 3339; CSV; Arrow."""
    scene.costs(charge("0.10"))
    scene.samples(*(sample(float(n), NOON, resource_id=f"i-{n}") for n in range(5000)))

    def stream(question: Question[Any], fmt: str) -> bytes:
        return through(scene, lambda door: joined(door.stream(question, asked(scene), fmt)))

    [line] = stream(cost.STREAM, "JSONEachRow").splitlines()
    record = json.loads(line)
    assert (record["cost"], record["list_cost"]) == ("0.1", None)
    assert record["charge_period_start"] == "2026-11-20T00:00:00Z"
    header, *lines = stream(performance.STREAM, "CSVWithNames").splitlines()
    assert header.startswith(b'"timestamp","provider"')
    assert len(lines) == 5000
    table = pa.ipc.open_stream(stream(performance.STREAM, "ArrowStream")).read_all()
    assert table.num_rows == 5000


@dataclass(frozen=True)
class Number:
    """A row of the questions made up here."""

    value: int


# Rows enough that the answer is on its way before the last of them is made.
MILLIONS = (
    "SELECT a * 1000 + b AS value FROM (SELECT arrayJoin(range(3000)) AS a) AS x"
    " CROSS JOIN (SELECT arrayJoin(range(1000)) AS b) AS y WHERE {customer_id:String} != ''"
)


def made_up(folder: Path, sql: str) -> Question[Number]:
    """A question that is not part of the product."""
    path = folder / "question.sql"
    path.write_text(sql, encoding="utf-8")
    return Question(str(path), Number)


def test_a_stream_that_breaks_half_way_is_no_answer(scene: Scene, tmp_path: Path) -> None:
    """The server has said 200 by then; the reader still learns that the rest is missing."""
    question = made_up(
        tmp_path,
        f"SELECT throwIf(value = 2999000) AS value FROM ({MILLIONS})",  # noqa: S608
    )
    params = {"customer_id": scene.customer}
    with pytest.raises(Transient, match="half way"):
        through(scene, lambda door: joined(door.stream(question, params, "JSONEachRow")))


def test_a_reader_that_leaves_ends_its_query(scene: Scene, tmp_path: Path) -> None:
    """Nobody waits for the rest, so the server stops working on it."""
    again = f"CROSS JOIN (SELECT arrayJoin(range(10000)) AS c) AS z /* {scene.customer} */"
    question = made_up(tmp_path, f"SELECT value FROM ({MILLIONS}) AS w {again}")  # noqa: S608

    def running() -> int:
        """How many such queries the server works on for this customer."""
        [row] = scene.warehouse.select(
            "SELECT count() AS n FROM system.processes WHERE query LIKE {text:String}"
            " AND query NOT LIKE '%system.processes%'",
            {"text": f"%{scene.customer}%"},
        )
        return int(row["n"])

    async def leave(door: AsyncWarehouse) -> int:
        """Take the first chunk and go; tell what ran until then."""
        chunks = door.stream(question, {"customer_id": scene.customer}, "JSONEachRow")
        assert (await anext(chunks)).startswith(b'{"value":0}')
        before = running()
        await chunks.aclose()
        return before

    assert through(scene, leave) == 1
    pause, end = Event(), monotonic() + 20
    while running():
        assert monotonic() < end, "the query runs on"
        pause.wait(0.05)


def test_the_fence_holds_where_a_question_forgot_the_customer(
    scene: Scene, other: Scene, tmp_path: Path
) -> None:
    """Rows of other customers are invisible even to a question without a condition."""
    scene.costs(charge("1"), charge("2", resource_id="b"))
    other.costs(charge("4"))
    question = made_up(
        tmp_path,
        "SELECT count() AS value FROM cost_metrics FINAL WHERE {customer_id:String} != ''",
    )
    for customer, count in ((scene.customer, 2), (other.customer, 1), ("x' OR 1=1 OR 'a'='", 0)):
        params = {"customer_id": customer}
        assert scene.warehouse.rows(question, params) == [Number(count)]
        answer = through(scene, lambda door, given=params: door.rows(question, given))
        assert answer == [Number(count)]


def test_a_literal_holds_exactly_its_text() -> None:
    """Quotes and backslashes are escaped, in that order."""
    assert quoted("a'b\\c") == "'a\\'b\\\\c'"


def test_the_reader_cannot_write(scene: Scene) -> None:
    """The API's user is refused by the server, not by us."""
    with (
        Warehouse(scene.warehouse.endpoint, reader=True) as reader,
        pytest.raises(Permanent),
    ):
        reader.execute("TRUNCATE TABLE cost_metrics")


def test_a_server_that_is_away_is_a_passing_fault(scene: Scene) -> None:
    """Nobody listens: both doors say that waiting may help, and how to look."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    away = replace(scene.warehouse.endpoint, url=f"http://127.0.0.1:{port}")
    with Warehouse(away) as door, pytest.raises(Transient) as fault:
        door.rows(cost.TOTAL, asked(scene))
    assert "ClickHouse" in fault.value.detail
    with pytest.raises(Transient):
        asyncio.run(AsyncWarehouse.connect(away))


def test_a_wrong_password_is_told_without_it(warehouse_endpoint: ClickHouseEndpoint) -> None:
    """The refusal is for good, names the setting and never the secret."""
    wrong = replace(warehouse_endpoint, password=SecretStr("hunter2-secret"))
    with Warehouse(wrong) as door, pytest.raises(Permanent) as fault:
        door.select("SELECT 1")
    assert "hunter2" not in f"{fault.value.detail} {fault.value.remedy}"
    assert "OPTIINFRA_CLICKHOUSE_PASSWORD" in fault.value.remedy


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1 FROM no_such_table", Permanent),
        ("SELECT throwIf(1)", Permanent),
        ("SELECT sum(number) FROM numbers(1e12) SETTINGS max_execution_time = 0.1", Transient),
        ("SELECT number FROM numbers(100) SETTINGS max_result_rows = 10", InvalidRequest),
        ("SELECT groupArray(number) FROM numbers(1e8) SETTINGS max_memory_usage = 1e6", Transient),
    ],
)
def test_what_the_server_says_decides_whether_waiting_helps(
    scene: Scene, sql: str, kind: type[Exception]
) -> None:
    """Time and memory may be there later; a wrong statement stays wrong."""
    with pytest.raises(kind):
        scene.warehouse.select(sql)


def test_instants_travel_in_utc(scene: Scene) -> None:
    """Seconds where the type has no fraction, milliseconds where it has."""
    instant = datetime(2026, 11, 20, 5, 6, 7, 891000, tzinfo=UTC)
    [row] = scene.warehouse.select(
        "SELECT {a:DateTime('UTC')} AS a, {b:DateTime64(3, 'UTC')} AS b",
        {"a": instant, "b": instant},
    )
    assert row == {"a": instant.replace(microsecond=0), "b": instant}
