"""Every simulated cloud through its collectors into the warehouse, compared with its truth."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE
from optiinfra_core.windows import FixedClock, Window, day_window
from optiinfra_pipelines.collection.doors import Doors
from tests.pipelines.conftest import NOON
from tests.pipelines.simulated import SLUGS, Clouds, clouds

TODAY = NOON.date()
FORTNIGHT = tuple(TODAY - timedelta(days=n) for n in range(13, -1, -1))


@pytest.fixture(params=SLUGS)
def installed(request: pytest.FixtureRequest, doors: Doors, clock: FixedClock) -> Iterator[Clouds]:
    """One cloud with its customers."""
    with clouds(doors, clock, instances=4, only=(request.param,)) as made:
        yield made


def test_costs_equal_the_truth_to_the_cent(installed: Clouds, clock: FixedClock) -> None:
    """Fourteen days from whatever source the account has: no cent more, no cent less."""
    span = Window(day_window(FORTNIGHT[0]).start, day_window(TODAY).end)
    for tenant in installed.tenants:
        for run in ("run-1", "run-2"):
            outcome = installed.collect(tenant, COST, FORTNIGHT, run, "backfill")
            assert outcome.status == "succeeded", outcome.fault
            want = tenant.true_cost(span, clock.now())
            assert want > 0
            assert installed.served(tenant, span) == want


def test_restated_days_follow_the_truth_of_each_day(installed: Clouds, clock: FixedClock) -> None:
    """A provider changes its mind for two days; what is served is what it says now."""
    days = FORTNIGHT[-4:]
    span = Window(day_window(days[0]).start, day_window(TODAY).end)
    totals = set()
    for step in range(4):
        for tenant in installed.tenants:
            outcome = installed.collect(tenant, COST, days, f"run-{step}", "backfill")
            assert outcome.status == "succeeded", outcome.fault
            want = tenant.true_cost(span, clock.now())
            assert installed.served(tenant, span) == want
            totals.add((tenant.customer, want))
        clock.advance(timedelta(hours=16))
    assert len(totals) > len(installed.tenants)


def test_every_resource_is_in_the_inventory(installed: Clouds, clock: FixedClock) -> None:
    """What exists in the cloud now is what the snapshot holds, nothing more."""
    for tenant in installed.tenants:
        outcome = installed.collect(tenant, RESOURCE, (TODAY,), "run-1", "backfill")
        assert outcome.status == "succeeded", outcome.fault
        exist = tenant.cloud.resources(tenant.holder.account_id, clock.now())
        assert outcome.rows == sum(map(len, exist.values())) > 0


def test_every_sample_arrives_once(installed: Clouds, clock: FixedClock) -> None:
    """Counts equal the truth after two overlapping collections of the same hours."""
    for tenant in installed.tenants:
        for run in ("run-1", "run-2"):
            outcome = installed.collect(tenant, PERFORMANCE, (TODAY,), run, "backfill")
            assert outcome.status == "succeeded", outcome.fault
        newest = max(window.end for window in outcome.windows)
        span = Window(day_window(TODAY).start, newest)
        account = tenant.holder.account_id
        exist = {
            each
            for identifiers in tenant.cloud.resources(account, clock.now()).values()
            for each in identifiers
        }
        shown = tenant.cloud.points(account, span, clock.now())
        records = installed.doors.commits.committed(
            tenant.customer, tenant.cloud.slug, PERFORMANCE, account, span
        )
        want = sum(count for resource, count in shown.items() if resource in exist)
        assert sum(record.rows for record in records) == want > 0
