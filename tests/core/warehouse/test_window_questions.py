"""What the questions about collecting itself answer."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from optiinfra_core.collecting.gate import Call
from optiinfra_core.metrics import COST, RESOURCE
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.questions import windows
from optiinfra_core.warehouse.questions.calls import BY_DAY
from optiinfra_core.windows import DAY
from tests.core.warehouse.scene import (
    AFTERWARDS,
    NOON,
    TODAY,
    Scene,
    charge,
    day_span,
    denied,
    machine,
)

STEP = timedelta(minutes=15)


def test_coverage_names_the_gaps(scene: Scene) -> None:
    """Expected and committed windows per account, and the spans in which one is missing."""
    for n in (1, 2, 5):
        scene.snapshot(NOON + n * STEP, machine("a", NOON + n * STEP))
    scene.snapshot(NOON + 3 * STEP, denied("us-east-1"))
    [account] = scene.ask(
        windows.COVERAGE, dataset="resource", start=NOON, end=NOON + 8 * STEP, step_s=900
    )
    assert (account.expected, account.committed, account.partial) == (8, 3, 1)
    assert account.gaps == [
        (NOON, NOON + STEP),
        (NOON + 3 * STEP, NOON + 5 * STEP),
        (NOON + 6 * STEP, NOON + 8 * STEP),
    ]
    assert (account.complete, account.rows) == (False, 3)
    assert (account.first_committed, account.last_committed) == (NOON + STEP, NOON + 6 * STEP)
    assert account.as_of == scene.clock.now()


def test_what_every_read_says_of_coverage_is_what_coverage_says(scene: Scene) -> None:
    """The short question counts as the long one does: whole windows, and those that still ran."""
    scene.clock.instant = NOON + 3 * STEP + timedelta(minutes=1)
    for n in (1, 2, 3):
        scene.snapshot(NOON + n * STEP, machine("a", NOON + n * STEP))
    scene.snapshot(NOON + 5 * STEP, denied("us-east-1"))
    asked = {"dataset": "resource", "start": NOON, "end": NOON + 8 * STEP}
    [short] = scene.ask(windows.COVERED, **asked)
    [long] = scene.ask(windows.COVERAGE, **asked, step_s=900)
    told = (short.provider, short.account_id, short.committed, short.unfinished)
    assert told == (long.provider, long.account_id, long.committed, long.unfinished)
    assert (short.committed, short.unfinished) == (3, 2)


def test_a_covered_period_is_complete(scene: Scene) -> None:
    """Every window there, empty ones too: no gap."""
    first = TODAY - timedelta(days=4)
    span = day_span(first, 5)
    scene.costs(charge("1", first), span=span)
    [account] = scene.ask(windows.COVERAGE, start=span.start, end=span.end, step_s=86400)
    assert (account.expected, account.committed, account.complete) == (5, 5, True)
    assert (account.gaps, account.unfinished) == ([], 0)


def test_a_day_committed_while_it_runs_is_unfinished(scene: Scene) -> None:
    """A committed window that had not ended is counted apart."""
    scene.clock.instant = datetime(2026, 11, 20, 9, tzinfo=UTC)
    scene.costs(charge("1"))
    span = day_span(TODAY)
    [account] = scene.ask(windows.COVERAGE, start=span.start, end=span.end, step_s=86400)
    assert (account.complete, account.unfinished) == (True, 1)


def test_the_data_version_moves_with_every_commit_of_the_period(scene: Scene) -> None:
    """It is what an ETag is made of: other periods and data sets leave it alone."""
    assert scene.ask(windows.DATA_VERSION)[0].version == 0
    first = scene.costs(charge("1")).version
    assert scene.ask(windows.DATA_VERSION)[0].version == first
    scene.costs(span=day_span(TODAY - timedelta(days=1)))
    scene.snapshot(NOON, machine("a"))
    assert scene.ask(windows.DATA_VERSION)[0].version == first
    second = scene.costs(charge("1")).version
    [moved] = scene.ask(windows.DATA_VERSION)
    assert (moved.version, moved.windows) == (second, 1)


def test_freshness_tells_up_to_when_data_is_whole(scene: Scene) -> None:
    """A window that lacks a part does not move the point up to which data is complete."""
    scene.snapshot(NOON, machine("a"))
    scene.snapshot(NOON + STEP, denied("eu-west-1"))
    scene.costs(charge("1"))
    fresh = {row.dataset: row for row in scene.ask(windows.FRESHNESS, since=TODAY)}
    assert fresh["resource"].complete_until == NOON + STEP
    assert fresh["resource"].committed_until == NOON + 2 * STEP
    assert fresh["resource"].failed_parts == ["eu-west-1"]
    assert fresh["cost"].complete_until == day_span(TODAY).end


def call(minute: int, *, throttled: bool = False, error: str = "") -> Call:
    """One paid call."""
    return Call(
        at=AFTERWARDS + timedelta(minutes=minute), operation="GetCostAndUsage",
        region="us-east-1", units=2, usd=Decimal("0.01"), milliseconds=100 + minute,
        status=400 if throttled else 200, throttled=throttled, error=error,
    )  # fmt: skip


def test_calls_are_added_up_by_day(scene: Scene, other: Scene) -> None:
    """Calls, billed units, dollars, throttled and failed ones, of one customer."""
    account = (scene.customer, "aws", COST, "111111111111", "run-1")
    calls = [call(0), call(10, throttled=True, error="ThrottlingException")]
    assert record_calls(scene.warehouse, *account, calls) == 2
    assert record_calls(scene.warehouse, *account, calls) == 2
    assert record_calls(scene.warehouse, *account, []) == 0
    record_calls(scene.warehouse, scene.customer, "aws", RESOURCE, account[3], "run-1", [call(1)])
    record_calls(scene.warehouse, other.customer, "aws", COST, "1", "run-1", [call(0)])
    day = scene.ask(BY_DAY, start=AFTERWARDS - DAY, end=AFTERWARDS + DAY)
    cost = next(row for row in day if row.dataset == "cost")
    assert [row.dataset for row in day] == ["cost", "resource"]
    assert (cost.calls, cost.units, cost.usd) == (2, 4, Decimal("0.02"))
    assert (cost.throttled, cost.failed, cost.average_ms) == (1, 1, 105.0)
