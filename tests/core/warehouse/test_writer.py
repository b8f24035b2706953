"""A window is replaced as a whole: what the source says is what is served, and nothing else."""

from datetime import timedelta
from decimal import Decimal
from threading import Event, Thread
from time import monotonic

import pytest

from optiinfra_core.errors import (
    InvalidRequest,
    Malformed,
    OptiInfraError,
    Permanent,
    StaleWrite,
    Transient,
)
from optiinfra_core.metrics import COST, PERFORMANCE, Kind
from optiinfra_core.warehouse.audit import unlike_their_commit
from optiinfra_core.warehouse.windows import CommitLog
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import Window, day_window, milliseconds
from tests.core.warehouse.scene import (
    NOON,
    TODAY,
    Scene,
    charge,
    day_span,
    denied,
    machine,
    sample,
)

ACCOUNT = "111111111111"


def served(scene: Scene) -> list[tuple[object, ...]]:
    """Resources and their costs as they are served."""
    return scene.stored("cost_metrics", "resource_id", "billed_cost")


def test_a_batch_is_served_to_the_last_decimal(scene: Scene) -> None:
    """Money comes back as it went in, and the control total is its exact sum."""
    written = scene.costs(
        charge("0.000000000001", resource_id="a"), charge("1e15", resource_id="b")
    )
    assert served(scene) == [("a", Decimal("0.000000000001")), ("b", Decimal(10) ** 15)]
    assert written.control_totals["billed_cost"] == Decimal("1000000000000000.000000000001")
    assert written.rows == 2


def test_identical_lines_are_summed(scene: Scene) -> None:
    """A provider may say one line twice: the money adds up, and the later standing holds."""
    written = scene.costs(
        charge("1.5", tags={"a": "1", "b": "2"}, finality="open"),
        charge("2", tags={"b": "2", "a": "1"}, finality="final"),
    )
    stored = scene.stored("cost_metrics", "billed_cost", "finality", "tags")
    assert stored == [(Decimal("3.5"), "final", {"a": "1", "b": "2"})]
    assert (written.rows, written.control_totals["billed_cost"]) == (1, Decimal("3.5"))


OTHER = {
    Kind.TEXT: ("x", "y"),
    Kind.LONG_TEXT: ('{"a":1}', '{"a":2}'),
    Kind.QUANTITY: (None, Decimal(0)),
    Kind.DAY: (TODAY.replace(day=1), TODAY),
    Kind.OPTIONAL_DAY: (None, TODAY),
    Kind.INSTANT: (NOON, NOON + timedelta(hours=1)),
    Kind.TAGS: ({"a": "1"}, {"a": "1", "b": ""}),
}


def test_lines_that_differ_in_one_column_stay_two(scene: Scene) -> None:
    """Whatever a column says beside amounts, two charges that differ in it are never merged."""
    kinds = {name: COST.by_name()[name].kind for name in COST.key}
    rows = [charge("1", **{name: said}) for name, kind in kinds.items() for said in OTHER[kind]]
    written = scene.costs(*rows)
    assert written.rows == len({repr(row) for row in rows}) > 2 * len(kinds) - 10
    assert written.control_totals["billed_cost"] == len(rows)


def test_a_line_that_changes_its_words_replaces_the_line_it_was(scene: Scene) -> None:
    """The same charge under another meter is one charge still: the earlier line is gone."""
    scene.costs(charge("1", sku_meter="requests"))
    written = scene.costs(charge("1", sku_meter="Requests"))
    assert scene.stored("cost_metrics", "sku_meter", "billed_cost") == [("Requests", Decimal(1))]
    assert (written.tombstones, written.restatements) == (1, 0)


def test_an_unknown_cost_stays_unknown_when_summed(scene: Scene) -> None:
    """Known plus unknown is unknown, never the known part alone."""
    written = scene.costs(charge("1", list_cost=Decimal(4)), charge("1", list_cost=None))
    assert scene.stored("cost_metrics", "billed_cost", "list_cost") == [(Decimal(2), None)]
    assert "list_cost" not in written.control_totals


def test_of_a_repeated_sample_the_last_stands(scene: Scene) -> None:
    """What cannot be summed is what was said last."""
    scene.samples(sample(10.0), sample(30.0), sample(20.0))
    assert scene.stored("performance_metrics", "value") == [(20.0,)]


def test_what_the_source_no_longer_has_disappears(scene: Scene) -> None:
    """A vanished line is gone after the next write, and counted."""
    scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b"))
    written = scene.costs(charge("3", resource_id="b"))
    assert served(scene) == [("b", Decimal(3))]
    assert written.tombstones == 1


def test_writing_the_same_again_changes_nothing(scene: Scene) -> None:
    """A repeated collection serves the same rows under the same checksum."""
    first = scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b"))
    again = scene.costs(charge("2", resource_id="b"), charge("1", resource_id="a"))
    assert served(scene) == [("a", Decimal(1)), ("b", Decimal(2))]
    assert first.checksum == again.checksum
    assert again.version > first.version


def test_a_line_that_came_back_is_served_again(scene: Scene) -> None:
    """A tombstone does not outlive the line's return."""
    for rows in ([charge("1")], [], [charge("1")]):
        scene.costs(*rows)
    assert served(scene) == [("", Decimal(1))]


def test_an_empty_answer_empties_the_window_and_is_committed(scene: Scene) -> None:
    """Nothing, truthfully told, is a fact: the window has no rows and a commit record says so."""
    scene.costs(charge("1"))
    written = scene.costs()
    log = CommitLog(scene.warehouse)
    [window] = log.committed(scene.customer, "aws", COST, ACCOUNT, day_span(TODAY))
    assert (served(scene), written.tombstones) == ([], 1)
    assert (window.rows, window.checksum, window.complete) == (0, 0, True)


def test_only_the_scope_is_replaced(scene: Scene, other: Scene) -> None:
    """Other days, accounts, providers and customers keep what they have."""
    yesterday = TODAY - timedelta(days=1)
    scene.costs(charge("1", yesterday, resource_id="yesterday"), span=day_span(yesterday))
    scene.costs(charge("2", resource_id="account"), account_id="222222222222")
    scene.costs(charge("3", resource_id="cloud"), provider="gcp")
    other.costs(charge("4", resource_id="customer"))
    scene.costs(charge("5", resource_id="mine"))
    scene.costs()
    assert [row[0] for row in served(scene)] == ["account", "cloud", "yesterday"]
    assert served(other) == [("customer", Decimal(4))]


def test_another_source_takes_over_the_window(scene: Scene) -> None:
    """From the cost API to the export: the same money is not counted twice."""
    scene.costs(charge("10"), source="ce_daily")
    scene.costs(charge("4", resource_id="a"), charge("6", resource_id="b"), source="focus_export")
    scene.samples(sample(1.0), source="cloudwatch")
    scene.samples(sample(1.0), source="prometheus")
    assert served(scene) == [("a", Decimal(4)), ("b", Decimal(6))]
    assert scene.stored("performance_metrics", "source") == [("prometheus",)]


def test_a_failed_region_keeps_what_it_had(scene: Scene) -> None:
    """The denied region's earlier rows stay, rows it managed to send are left out."""
    east, west = {"region": "us-east-1"}, {"region": "eu-west-1"}
    scene.samples(sample(1.0, **east), sample(2.0, resource_id="i-2", **west))
    written = scene.samples(
        sample(5.0, **east), sample(9.0, resource_id="i-9", **west), denied("eu-west-1")
    )
    log = CommitLog(scene.warehouse)
    windows = log.committed(scene.customer, "aws", PERFORMANCE, ACCOUNT, day_span(TODAY))
    assert scene.stored("performance_metrics", "resource_id", "value") == [
        ("i-1", 5.0),
        ("i-2", 2.0),
    ]
    assert (written.rows, [part.part for part in written.failed]) == (1, ["eu-west-1"])
    assert {(w.complete, w.failed_parts) for w in windows} == {(False, ("eu-west-1",))}


def test_a_retried_region_completes_the_window(scene: Scene) -> None:
    """Collecting only the region that failed leaves the others alone and completes the record."""
    scene.snapshot(NOON, machine("i-1"), denied("eu-west-1"))
    scene.snapshot(NOON, machine("i-2", region="eu-west-1"), parts=frozenset({"eu-west-1"}))
    assert scene.stored("resource_metrics", "resource_id") == [("i-1",), ("i-2",)]
    assert scene.stored("collection_windows", "complete", "failed_parts", "rows") == [(1, [], 2)]


def test_rows_outside_the_span_are_refused(scene: Scene) -> None:
    """A row of another day fails the write, names itself and changes nothing."""
    scene.costs(charge("1"))
    with pytest.raises(Permanent, match=r"2026-11-19.*outside"):
        scene.costs(charge("2", TODAY - timedelta(days=1)))
    assert served(scene) == [("", Decimal(1))]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (charge("0.0000000000001"), "billed_cost does not hold"),
        (charge("NaN"), "billed_cost does not hold"),
        (charge("1", resource_id=7), "resource_id does not hold 7"),
        (charge("1", charge_period_start=day_window(TODAY).start.replace(tzinfo=None)), "outside"),
        (sample(1.0), "a collector of cost yielded"),
    ],
)
def test_a_value_that_does_not_fit_is_refused(scene: Scene, row: object, says: str) -> None:
    """Nothing is rounded, guessed or dropped on the way in."""
    with pytest.raises(Permanent, match=says):
        scene.costs(row)
    assert served(scene) == []


def test_an_error_of_the_provider_leaves_everything_as_it_was(scene: Scene) -> None:
    """When pulling the rows fails, nothing is written and nothing is committed."""

    def broken() -> object:
        yield charge("7")
        raise Malformed("half a page")

    scene.costs(charge("1"))
    with pytest.raises(Malformed):
        scene.write(scene.batch(COST, day_span(TODAY)), broken())
    assert served(scene) == [("", Decimal(1))]


def test_a_stale_collection_is_refused(scene: Scene) -> None:
    """A run that started before the committed one cannot turn back time."""
    early = milliseconds(scene.clock.now())
    scene.costs(charge("2"))
    with pytest.raises(StaleWrite):
        scene.costs(charge("1"), started_version=early)
    assert served(scene) == [("", Decimal(2))]


def test_of_two_writers_at_once_the_later_start_wins(scene: Scene) -> None:
    """A writer overtaken while it was collecting finds out before it writes."""

    def overtaken() -> object:
        yield charge("1", resource_id="slow")
        scene.costs(charge("2", resource_id="fast"))

    with pytest.raises(StaleWrite):
        scene.write(scene.batch(COST, day_span(TODAY)), overtaken())
    assert served(scene) == [("fast", Decimal(2))]


def test_versions_rise_while_the_clock_stands_still(scene: Scene) -> None:
    """Writes within one millisecond, or after a clock was set back, still replace each other."""
    writer = WindowWriter(scene.warehouse, scene.clock)
    batch = scene.batch(COST, day_span(TODAY))
    versions = [writer.replace(batch, [charge(str(cost))]).version for cost in (1, 2, 3)]
    assert versions == sorted(set(versions))
    assert served(scene) == [("", Decimal(3))]


def test_one_write_is_one_part(scene: Scene) -> None:
    """Rows and tombstones become visible together: the statement makes one part."""
    scene.costs(*(charge("1", resource_id=f"r{i}") for i in range(25_000)))
    scene.warehouse.execute("SYSTEM STOP MERGES cost_metrics")
    try:
        parts = _parts(scene)
        scene.costs(*(charge("2", resource_id=f"r{i}") for i in range(5_000, 30_000)))
        assert _parts(scene) - parts == 1
    finally:
        scene.warehouse.execute("SYSTEM START MERGES cost_metrics")
    assert scene.stored("cost_metrics", "count()", "sum(billed_cost)") == [
        (25_000, Decimal(50_000))
    ]


def _parts(scene: Scene) -> int:
    """Active parts of the table."""
    [row] = scene.warehouse.select(
        "SELECT count() AS parts FROM system.parts"
        " WHERE database = currentDatabase() AND table = 'cost_metrics' AND active"
    )
    return int(row["parts"])


def test_every_window_of_a_batch_is_committed_with_its_rows(scene: Scene) -> None:
    """One write of three days makes three records, an empty day's too."""
    first = TODAY - timedelta(days=2)
    scene.costs(charge("1", first), charge("2", TODAY), span=day_span(first, 3))
    log = CommitLog(scene.warehouse)
    windows = log.committed(scene.customer, "aws", COST, ACCOUNT, day_span(first, 3))
    assert [(w.window.first_day, w.rows) for w in windows] == [
        (first, 1),
        (first + timedelta(days=1), 0),
        (TODAY, 1),
    ]


def test_the_first_commit_is_remembered(scene: Scene) -> None:
    """A rewritten window still knows when it was first served."""
    scene.costs(charge("1"))
    first = scene.clock.now()
    scene.costs(charge("2"))
    [window] = CommitLog(scene.warehouse).committed(
        scene.customer, "aws", COST, ACCOUNT, day_span(TODAY)
    )
    assert (window.first_committed_at, window.finished_at) == (first, scene.clock.now())


def test_the_audit_finds_what_was_not_committed(scene: Scene) -> None:
    """A window whose rows differ from its record is named; an honest one is not."""
    account = (scene.customer, "aws", ACCOUNT)
    scene.costs(charge("1"), charge("2", resource_id="b"))
    assert unlike_their_commit(scene.warehouse, COST, account, day_span(TODAY)) == []
    scene.warehouse.execute(
        "INSERT INTO cost_metrics (* EXCEPT (version, is_deleted), version, is_deleted)"
        " SELECT * EXCEPT (version, is_deleted), version + 1, 1 FROM cost_metrics FINAL"
        " WHERE customer_id = {customer:String} AND resource_id = 'b'",
        {"customer": scene.customer},
    )
    differing = unlike_their_commit(scene.warehouse, COST, account, day_span(TODAY))
    assert differing == [day_span(TODAY)]


def test_a_window_off_the_grid_is_refused(scene: Scene) -> None:
    """Windows start where the metric's windows start, inside the span."""
    off = Window(NOON, NOON + timedelta(hours=1))
    with pytest.raises(InvalidRequest):
        scene.batch(COST, day_span(TODAY), windows=(off,))
    with pytest.raises(InvalidRequest):
        scene.batch(COST, day_span(TODAY), windows=(day_span(TODAY - timedelta(days=1)),))


def test_an_insert_of_a_dead_run_is_ended_first(scene: Scene) -> None:
    """A killed run's statement may go on at the server: it must not land after the next write."""
    span = day_span(TODAY)
    account = f"{scene.customer}|aws|{ACCOUNT}"
    days = f"{int(span.start.timestamp())}|{int(span.end.timestamp())}"
    name = f"optiinfra|cost_metrics|{account}|{days}|1"
    ended: list[OptiInfraError] = []

    def dead_run() -> None:
        """What is left of it: a slow insert without anybody who waits."""
        try:
            scene.warehouse.execute(
                "INSERT INTO cost_metrics (customer_id, provider, account_id, charge_period_start,"
                " billed_cost, version) SELECT {customer:String}, 'aws', {account:String},"
                " {start:DateTime('UTC')}, sleepEachRow(1), 9e18 FROM numbers(100)",
                {"customer": scene.customer, "account": ACCOUNT, "start": span.start},
                settings={"query_id": name, "max_block_size": 1},
            )
        except OptiInfraError as error:
            ended.append(error)

    thread = Thread(target=dead_run)
    thread.start()
    pause, end = Event(), monotonic() + 20
    running = "SELECT count() AS n FROM system.processes WHERE query_id = {name:String}"
    while not scene.warehouse.select(running, {"name": name})[0]["n"]:
        assert monotonic() < end, "the insert did not start"
        pause.wait(0.02)
    scene.costs(charge("2", resource_id="a"))
    thread.join(20)
    assert [type(error) for error in ended] == [Transient]
    assert served(scene) == [("a", Decimal(2))]
