"""A bill from its month to its refund, from both sources: what is told, how final, and when."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import FixedClock, Window, month_window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.cost import CostCollector
from optiinfra_pipelines.providers.aws.credential import AwsCredential
from optiinfra_simulator import truth
from optiinfra_simulator.cost.publication import Bill
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACCOUNTS, ACME, GLOBEX, Account
from optiinfra_simulator.world.world import World

NOVEMBER = month_window(date(2026, 11, 1))
MIDDLE = datetime(2026, 11, 15, 12, tzinfo=UTC)
COST = CostCollector()


@pytest.fixture
def clock() -> FixedClock:
    """The one clock of the cloud and of who asks it."""
    return FixedClock(MIDDLE)


@pytest.fixture
def served(clock: FixedClock) -> Iterator[SimulatorServer]:
    """A small cloud; its exports have daily rows."""
    world = World(seed=3, clock=clock, instances=2, hourly_export=False)
    with SimulatorServer(world) as server:
        server.gateway.cloud.identities.wall = clock
        yield server


@pytest.fixture(params=ACCOUNTS, ids=["Cost Explorer", "export"])
def account(request: pytest.FixtureRequest) -> Account:
    """An account of each source."""
    found: Account = request.param
    return found


@pytest.fixture
def aws(served: SimulatorServer, account: Account, clock: FixedClock) -> Iterator[Aws]:
    """A connection to it."""
    credential = AwsCredential.model_validate(served.credential(account))
    with Aws(credential, Gate(ledger=CallLog(), clock=clock, private_endpoints=True)) as opened:
        yield opened


def november(aws: Aws) -> list[CostRow]:
    """Every charge of the month as it is told now."""
    return list(COST.collect(aws, NOVEMBER))


def true(served: SimulatorServer, account: Account, now: datetime) -> Decimal:
    """What the month came to as known now."""
    days = NOVEMBER.first_day, NOVEMBER.end.date()
    return truth.cost_total(served.world, account.id, *days, now)


@pytest.mark.parametrize(
    ("late", "state"),
    [
        (timedelta(days=-1), "open"),
        (timedelta(0), "closing"),
        (timedelta(days=3), "closing"),
        (timedelta(days=6, hours=23), "closing"),
        (timedelta(days=7), "final"),
        (timedelta(days=25), "final"),
    ],
)
def test_a_month_goes_from_open_over_closing_to_final(
    late: timedelta, state: str, aws: Aws, clock: FixedClock
) -> None:
    """Both sources agree, day by day: closing when it ends, final on the 8th."""
    clock.instant = NOVEMBER.end + late
    assert {row.finality for row in november(aws)} == {state}


def test_every_late_charge_is_told_when_it_is_posted(
    aws: Aws, served: SimulatorServer, account: Account, clock: FixedClock
) -> None:
    """The total is the truth on the eve of each event and at it; support and refund are named."""
    bill = Bill(served.world.seed, account.id, NOVEMBER.first_day)
    totals = []
    for event in (bill.invoiced_at, bill.support_at, bill.refund_at):
        for clock.instant in (event - timedelta(minutes=1), event):
            rows = november(aws)
            total = sum((row.billed_cost for row in rows), Decimal(0))
            assert total == true(served, account, clock.now())
            totals.append(total)
    assert totals[0] == totals[1] == totals[2] != totals[3] == totals[4] != totals[5]
    corrections = [row for row in rows if row.charge_class == "Correction"]
    assert [row.charge_category for row in corrections] == ["Credit"]
    assert corrections[0].billed_cost < 0
    purchases = {row.service_name for row in rows if row.charge_category == "Purchase"}
    assert purchases == {"Contoso Log Search", "AWS Support (Developer)"}


@pytest.mark.parametrize("account", [GLOBEX], ids=["export"])
def test_only_the_period_of_a_refund_is_read_again(
    aws: Aws, served: SimulatorServer, account: Account, clock: FixedClock
) -> None:
    """The refund rewrites a final month, beside the running one; October is left alone."""
    bill = Bill(served.world.seed, account.id, NOVEMBER.first_day)
    clock.instant = bill.refund_at - timedelta(minutes=1)
    horizon = Window(clock.instant - timedelta(days=60), clock.instant + timedelta(days=1))
    before = COST.changes(aws, None, horizon)
    assert before is not None
    assert len(before.spans) == 3
    unchanged = COST.changes(aws, before.version, horizon)
    assert unchanged is not None
    assert unchanged.spans == ()
    clock.instant = bill.refund_at
    after = COST.changes(aws, before.version, horizon)
    assert after is not None
    december = month_window(bill.refund_at.date())
    assert after.spans == (NOVEMBER, december)


@pytest.mark.parametrize("account", [ACME], ids=["Cost Explorer"])
def test_a_refund_is_inside_the_days_that_are_looked_at_again(
    aws: Aws, served: SimulatorServer, account: Account
) -> None:
    """Whatever the month, the day it is for is younger than the recheck when it is posted."""
    recheck = COST.rhythm(aws).recheck
    for month in range(1, 13):
        bill = Bill(served.world.seed, account.id, date(2026, month, 1))
        assert bill.refund_day > (bill.refund_at - recheck).date()


def test_the_sum_of_each_invoice_is_that_of_its_lines(
    aws: Aws, served: SimulatorServer, account: Account, clock: FixedClock
) -> None:
    """An export names the papers; their sums are what they were when they were sent."""
    if account.export is None:
        assert {row.invoice_id for row in november(aws)} == {""}
        return
    bill = Bill(served.world.seed, account.id, NOVEMBER.first_day)
    sums = []
    for clock.instant in (bill.invoiced_at, bill.support_at, bill.refund_at):
        found: dict[str, Decimal] = {}
        for row in november(aws):
            found[row.invoice_id] = found.get(row.invoice_id, Decimal(0)) + row.billed_cost
        sums.append(found)
    assert [len(found) for found in sums] == [2, 3, 4]
    assert sums[0].items() <= sums[1].items() <= sums[2].items()
