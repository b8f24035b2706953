"""Collecting one account, on real servers and a scripted cloud, without Dagster."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.collecting.contract import Provider
from optiinfra_core.errors import PartFailure, Permanent, Throttled, Transient
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE, Metric, Row
from optiinfra_core.windows import FixedClock, Window, day_window
from optiinfra_pipelines.collection.customer import collect
from optiinfra_pipelines.collection.doors import Doors
from optiinfra_pipelines.collection.outcome import Outcome
from optiinfra_pipelines.collection.runner import Request
from tests.pipelines.conftest import NOON, Tenants
from tests.pipelines.scripted import Script, charge

TODAY = NOON.date()
YESTERDAY = TODAY - timedelta(days=1)


def once(
    doors: Doors, cloud: Provider, metric: Metric, customer: str, **changes: object
) -> Outcome:
    """One attempt for one customer, as a tick makes it unless ``changes`` say otherwise."""
    fields = {"customer_id": customer, "days": (TODAY,), "run_id": "run-1"} | changes
    request = Request(**fields)  # type: ignore[arg-type]
    ((_, (outcome,)),) = collect(doors, cloud, metric, [request])
    return outcome


def committed(doors: Doors, metric: Metric, customer: str, span: Window) -> dict[datetime, int]:
    """Rows served in each committed window of the span."""
    records = doors.commits.committed(customer, "toy", metric, customer, span)
    return {record.window.start: record.rows for record in records}


def test_a_tick_commits_what_is_due_and_the_next_one_finds_nothing(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """A source that was just read is not asked again, and the answer says until when."""
    customer = tenants.add()
    first = once(doors, cloud, COST, customer)
    assert first.status == "succeeded"
    assert first.rows == len(first.windows) > 1
    assert (first.calls, str(first.usd)) == (1, "0.01")
    second = once(doors, cloud, COST, customer, run_id="run-2")
    assert second.status == "skipped"
    assert "not due before" in second.reason
    assert len(script.asked) == 1


def test_one_call_covers_all_days_of_a_backfill(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """Cost requests are paid for: fourteen days are one span, not fourteen."""
    customer = tenants.add()
    days = tuple(date(2026, 11, 1) + timedelta(days=n) for n in range(14))
    outcome = once(doors, cloud, COST, customer, days=days, trigger="backfill")
    assert outcome.rows == 14
    assert script.asked == [
        (customer, "cost", Window(day_window(days[0]).start, day_window(days[-1]).end))
    ]


def test_a_backfill_does_not_postpone_the_next_tick(
    doors: Doors, cloud: Provider, tenants: Tenants
) -> None:
    """Reading May again says nothing about today."""
    customer = tenants.add()
    days = (date(2026, 10, 1),)
    assert once(doors, cloud, COST, customer, days=days, trigger="backfill").rows == 1
    assert once(doors, cloud, COST, customer, run_id="tick").status == "succeeded"


def test_running_the_same_partition_again_changes_nothing(
    doors: Doors, cloud: Provider, tenants: Tenants
) -> None:
    """Rows, windows and checksums are the same after the tenth run as after the first."""
    customer = tenants.add()
    span = day_window(TODAY)
    once(doors, cloud, PERFORMANCE, customer, trigger="api")
    before = committed(doors, PERFORMANCE, customer, span)
    for number in range(3):
        once(doors, cloud, PERFORMANCE, customer, trigger="api", run_id=f"again-{number}")
    assert committed(doors, PERFORMANCE, customer, span) == before
    assert len(before) == 48


def test_a_failed_region_keeps_what_was_known_and_is_retried(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants, clock: FixedClock
) -> None:
    """The rest of the account is committed; the failed part is named and due at once."""
    customer = tenants.add()

    def both(span: Window) -> Iterator[Row | PartFailure]:
        for day in span.split(timedelta(days=1)):
            yield charge(day.first_day, "1.00", region="north")
            yield charge(day.first_day, "2.00", region="south")

    def denied(span: Window) -> Iterator[Row | PartFailure]:
        for day in span.split(timedelta(days=1)):
            yield charge(day.first_day, "1.50", region="north")
        yield PartFailure.of("south", Transient("south does not answer"))

    script.answers[customer, "cost"] = both
    once(doors, cloud, COST, customer, trigger="api")
    clock.advance(timedelta(minutes=15))
    script.answers[customer, "cost"] = denied
    partial = once(doors, cloud, COST, customer, trigger="api", run_id="run-2")
    assert partial.status == "partial"
    assert partial.fault is not None
    assert "south: south does not answer" in partial.fault.detail
    assert committed(doors, COST, customer, day_window(TODAY)) == {day_window(TODAY).start: 2}
    script.answers[customer, "cost"] = both
    healed = once(doors, cloud, COST, customer, run_id="run-3")
    assert healed.status == "succeeded"


def test_a_revoked_key_parks_the_account_instead_of_burning_calls(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants, clock: FixedClock
) -> None:
    """A refused credential is tried once an hour, and its record says what to do."""
    customer = tenants.add()
    once(doors, cloud, RESOURCE, customer)
    script.revoked.add(customer)
    clock.advance(timedelta(minutes=15))
    refused = once(doors, cloud, RESOURCE, customer, run_id="run-2")
    assert refused.fault is not None
    assert refused.fault.code == "credential-rejected"
    assert not refused.fault.retryable
    (record,) = doors.vault.list(customer)
    assert record.status == "rejected"
    clock.advance(timedelta(minutes=15))
    assert once(doors, cloud, RESOURCE, customer, run_id="run-3").status == "skipped"
    script.revoked.clear()
    clock.advance(timedelta(hours=1))
    assert once(doors, cloud, RESOURCE, customer, run_id="run-4").status == "succeeded"


def test_a_long_wait_the_provider_asks_for_is_kept(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants, clock: FixedClock
) -> None:
    """Retry-After of forty minutes skips two ticks and then collects."""
    customer = tenants.add()

    def throttled(_: Window) -> Iterator[Row | PartFailure]:
        raise Throttled("slow down", retry_after=2400)
        yield

    script.answers[customer, "performance"] = throttled
    failed = once(doors, cloud, PERFORMANCE, customer)
    assert failed.fault is not None
    assert failed.fault.retry_after == 2400
    del script.answers[customer, "performance"]
    clock.advance(timedelta(minutes=15))
    assert once(doors, cloud, PERFORMANCE, customer, run_id="r2").status == "skipped"
    clock.advance(timedelta(minutes=30))
    assert once(doors, cloud, PERFORMANCE, customer, run_id="r3").status == "succeeded"


def test_one_account_that_fails_does_not_stop_another(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """A customer's fault is that customer's alone."""
    good, bad = tenants.add(), tenants.add()

    def broken(_: Window) -> Iterator[Row | PartFailure]:
        raise Permanent("the account is closed")
        yield

    script.answers[bad, "cost"] = broken
    requests = [Request(customer_id=c, days=(TODAY,), run_id="run") for c in (bad, good)]
    outcomes = {r.customer_id: o for r, (o,) in collect(doors, cloud, COST, requests)}
    assert outcomes[good].status == "succeeded"
    assert outcomes[bad].status == "failed"
    states = {s.customer_id: s for s in doors.states.list(provider="toy", dataset="cost")}
    assert states[bad].last_error_code == "permanent"
    assert states[bad].last_error_remedy
    assert states[good].last_error_code is None


def test_two_runs_of_one_partition_at_once_leave_it_once(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """The advisory lock lets one write; the other says that it is busy, and retries later."""
    customer = tenants.add()
    once(doors, cloud, COST, customer, days=(YESTERDAY,), trigger="api", run_id="first")
    inside = threading.Event()
    leave = threading.Event()

    def slow(span: Window) -> Iterator[Row | PartFailure]:
        inside.set()
        assert leave.wait(30)
        yield charge(TODAY, "3.00")

    script.answers[customer, "cost"] = slow
    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(once, doors, cloud, COST, customer, trigger="api", run_id="a")
        assert inside.wait(30)
        loser = once(doors, cloud, COST, customer, trigger="backfill", run_id="b")
        leave.set()
        winner = holder.result(30)
    assert winner.status == "succeeded"
    assert loser.fault is not None
    assert loser.fault.code == "window-busy"
    assert loser.fault.retryable
    assert committed(doors, COST, customer, day_window(TODAY)) == {day_window(TODAY).start: 1}


def test_an_unchanged_source_is_not_read_again(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants, clock: FixedClock
) -> None:
    """The change probe answers the same version: nothing is fetched, and the state says why."""
    customer = tenants.add()
    script.versions["cost"] = "v1"
    once(doors, cloud, COST, customer)
    clock.advance(timedelta(hours=9))
    idle = once(doors, cloud, COST, customer, run_id="r2", days=(clock.now().date(),))
    assert idle.status == "skipped"
    assert "unchanged" in idle.reason
    assert len(script.asked) == 1
    script.versions["cost"] = "v2"
    clock.advance(timedelta(hours=9))
    changed = once(doors, cloud, COST, customer, run_id="r3", days=(clock.now().date(),))
    assert changed.status == "succeeded"


def test_every_call_is_in_the_ledger_even_when_the_collection_fails(
    doors: Doors, cloud: Provider, script: Script, tenants: Tenants
) -> None:
    """What a failure cost is known too."""
    customer = tenants.add()

    def broken(_: Window) -> Iterator[Row | PartFailure]:
        raise Permanent("no")
        yield

    script.answers[customer, "cost"] = broken
    assert once(doors, cloud, COST, customer).calls == 1
    ((result,), _) = doors.tasks.history(customer)
    assert (result.api_calls, result.api_usd, result.status) == (1, Decimal("0.01"), "failed")


def test_yesterdays_inventory_is_not_invented(
    doors: Doors, cloud: Provider, tenants: Tenants
) -> None:
    """A backfill of the past is skipped with the reason, not filled with the present."""
    customer = tenants.add()
    past = once(doors, cloud, RESOURCE, customer, days=(YESTERDAY,), trigger="backfill")
    assert past.status == "skipped"
    assert not past.possible
    assert committed(doors, RESOURCE, customer, day_window(YESTERDAY)) == {}


def test_the_clock_never_picks_a_window(
    doors: Doors, cloud: Provider, tenants: Tenants, clock: FixedClock
) -> None:
    """A partition of the past collects that past, whatever the clock says now."""
    customer = tenants.add()
    clock.instant = datetime(2026, 11, 23, 18, tzinfo=UTC)
    outcome = once(doors, cloud, PERFORMANCE, customer, days=(YESTERDAY,), trigger="backfill")
    assert outcome.days == (YESTERDAY,)
    assert len(outcome.windows) == 96
