"""How costs change over a quarter: days grow, a month is rated again, closes and settles."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from optiinfra_core.windows import DAY
from optiinfra_simulator.azure.accounts import ACME, GLOBEX
from optiinfra_simulator.azure.charges import PURCHASE, REFUND, UNUSED
from optiinfra_simulator.azure.estate import Estate
from optiinfra_simulator.azure.publication import refresh_at
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.test_exports import by_day, document, manifests, rows

OCTOBER = date(2026, 10, 1)
NOVEMBER = date(2026, 11, 1)


@pytest.fixture(scope="module")
def estate() -> Estate:
    """Two subscriptions of the default world."""
    return Estate(World())


def at(day: int, hour: int = 12, month: int = 10) -> datetime:
    """An instant of autumn 2026, half past so that every run is complete."""
    return datetime(2026, month, day, hour, 30, tzinfo=UTC)


def cost(estate: Estate, day: date, as_of: datetime, account: str = GLOBEX.id) -> Decimal:
    """What a day costs as known at an instant."""
    return estate.cost_by_day(account, (day, day + DAY), as_of).get(day, Decimal(0))


def test_a_day_grows_until_a_day_after_its_end(estate: Estate) -> None:
    """Today is partial; late meters and the marketplace come in within 24 hours, then it stays."""
    day = date(2026, 10, 6)
    known = [cost(estate, day, at(6, 0) + timedelta(hours=4 * step)) for step in range(16)]
    assert known[0] == 0
    assert all(earlier <= later for earlier, later in pairwise(known))
    assert known[6] < known[8] < known[12] == known[15]


def test_the_open_month_is_rated_again_once(estate: Estate) -> None:
    """On the eighteenth tiered meters get seven per cent cheaper through the whole month."""
    day = date(2026, 10, 7)
    before, after = cost(estate, day, at(18, 4)), cost(estate, day, at(18, 8))
    assert before > after
    assert cost(estate, day, at(12)) == before
    assert cost(estate, day, at(30)) == cost(estate, day, at(20, month=11)) == after
    billing = estate.billing(GLOBEX.id)
    early, late = (billing.charges(day, refresh_at(at(18, hour))) for hour in (4, 8))
    changed = {
        (new.meter.tiered, round(new.price / old.price, 2))
        for old, new in zip(early, late, strict=True)
        if old.price != new.price
    }
    assert changed == {(True, Decimal("0.93"))}


def test_a_month_is_invoiced_when_it_closes_and_settles_on_the_fifth(estate: Estate) -> None:
    """72 hours after its end a month has an invoice; one more charge comes before the fifth."""
    billing = estate.billing(GLOBEX.id)
    last = date(2026, 10, 31)

    def invoices(as_of: datetime) -> set[str | None]:
        return {one.invoice for one in billing.charges(last, refresh_at(as_of))}

    assert invoices(at(3, 20, month=11)) == {None}
    (number,) = invoices(at(4, 0, month=11))
    assert number is not None
    assert number.startswith("G")
    closed = cost(estate, last, at(4, 0, month=11))
    settled = cost(estate, last, at(5, 0, month=11))
    assert settled > closed
    for later in (at(6, month=11), at(20, month=11), at(1, month=12)):
        assert cost(estate, last, later) == settled


def test_a_refund_for_the_month_before_is_of_the_day_it_is_given(estate: Estate) -> None:
    """What was invoiced stays as it is; the refund is a negative charge of 12 November."""
    given = date(2026, 11, 12)
    october = (OCTOBER, NOVEMBER)
    before = estate.cost_by_day(GLOBEX.id, october, at(11, month=11))
    after = estate.cost_by_day(GLOBEX.id, october, at(14, month=11))
    assert before == after
    charges = estate.billing(GLOBEX.id).charges(given, refresh_at(at(14, month=11)))
    (refund,) = (one for one in charges if one.charge_type == REFUND)
    invoice = estate.billing(GLOBEX.id).charges(OCTOBER, refresh_at(at(14, month=11)))[0].invoice
    assert refund.billed < 0
    assert invoice is not None
    assert invoice in refund.description


def test_a_reservation_is_paid_on_the_third(estate: Estate) -> None:
    """Each month has one payment, and each day its unused hours."""
    billing, as_of = estate.billing(ACME.id), refresh_at(at(10, month=11))
    days = [OCTOBER + timedelta(days=number) for number in range(31)]
    paid = [
        day
        for day in days
        for one in billing.charges(day, as_of)
        if one.charge_type == PURCHASE and one.reservation
    ]
    assert paid == [date(2026, 10, 3)]
    for day in days:
        unused = [one for one in billing.charges(day, as_of) if one.charge_type == UNUSED]
        assert [one.quantity for one in unused] == [24]


def test_a_past_day_depends_on_seed_day_and_instant_alone(estate: Estate) -> None:
    """Another world of the same seed tells the same at any time of its own clock."""
    elsewhere = Estate(World(clock=WorldClock(at(1, month=12))))
    for as_of in (at(10), at(19), at(31), at(4, month=11)):
        days = (OCTOBER, NOVEMBER)
        for account in (ACME.id, GLOBEX.id):
            mine = estate.cost_by_day(account, days, as_of)
            assert mine == elsewhere.cost_by_day(account, days, as_of)
    other = Estate(World(seed=8))
    assert other.cost_by_day(ACME.id, (OCTOBER, NOVEMBER), at(31)) != estate.cost_by_day(
        ACME.id, (OCTOBER, NOVEMBER), at(31)
    )


MOMENTS = [
    at(2, 3), at(17, 23), at(18, 9), at(31, 23),
    at(1, 1, month=11), at(3, 23, month=11), at(4, 1, month=11), at(5, 1, month=11),
    at(12, 11, month=11), at(18, 9, month=11), at(30, 22, month=11), at(4, 5, month=12),
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_at_any_moment_of_a_quarter_apis_add_up_to_the_truth(
    clients: Clients, clock: WorldClock, moment: datetime
) -> None:
    """Query and export tell each day of this month and the last as the truth has it."""
    clock.set(moment)
    month = moment.date().replace(day=1)
    for first in ((month - DAY).replace(day=1), month):
        following = (first + timedelta(days=32)).replace(day=1)
        truth = clients.cloud.cost_by_day(ACME.id, first, following, moment)
        container = clients.container()
        folder = f"focus/optiinfra-focus/{first:%Y%m%d}-{following - DAY:%Y%m%d}/"
        runs = manifests(container, folder)
        told = by_day(rows(container, document(container, runs[-1].name))) if runs else {}
        assert told == truth
        asked = {
            "type": "ActualCost",
            "timeframe": "Custom",
            "timePeriod": {"from": f"{first}", "to": f"{following - DAY}"},
            "dataset": {
                "granularity": "Daily",
                "aggregation": {"totalCost": {"name": "Cost", "function": "Sum"}},
            },
        }
        answer = clients.costs(GLOBEX.id).query.usage(f"subscriptions/{GLOBEX.id}", asked)
        queried = {date.fromisoformat(str(row[1])): Decimal(str(row[0])) for row in answer.rows}
        assert queried == clients.cloud.cost_by_day(GLOBEX.id, first, following, moment)
