"""What happens to a bill after its month: invoice, support fee, refund, and nothing else."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiinfra_core.windows import DAY, month_window
from optiinfra_simulator import truth
from optiinfra_simulator.cost.ledger import cost_lines, ledger_of
from optiinfra_simulator.cost.lines import CostLine
from optiinfra_simulator.cost.publication import REFRESH, Bill, last_change, published
from optiinfra_simulator.cost.shelf import Shelf
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.world import World

WORLD = World()
NOVEMBER = month_window(date(2026, 11, 1))
BILL = Bill(WORLD.seed, ACME.id, NOVEMBER.first_day)
FOR_EVER = datetime(2027, 6, 1, tzinfo=UTC)


def _total(as_of: datetime, world: World = WORLD) -> Decimal:
    """November of the first account as known at an instant."""
    return truth.cost_total(world, ACME.id, NOVEMBER.first_day, NOVEMBER.end.date(), as_of)


def _lines(day: date, as_of: datetime) -> list[CostLine]:
    """The charges of a day."""
    return list(cost_lines(WORLD, ACME.id, day, as_of))


def test_each_month_is_invoiced_charged_for_support_and_refunded_in_order() -> None:
    """The 3rd, the 6th or 7th, and about the 20th of the next month, in every month and account."""
    days = set()
    for month in range(1, 13):
        for account in (ACME.id, GLOBEX.id):
            bill = Bill(WORLD.seed, account, date(2026, month, 14))
            end = bill.period.end
            assert bill.invoiced_at == end + 2 * DAY
            assert bill.support_at in (end + 5 * DAY + REFRESH, end + 6 * DAY + REFRESH)
            assert end + 17 * DAY < bill.refund_at < end + 22 * DAY
            assert bill.refund_day.month == bill.marketplace_day.month == month
            days.add((bill.refund_at.day, bill.refund_day.day, bill.marketplace_day.day))
    assert len(days) > 12


def test_a_month_changes_at_its_events_alone_once_its_usage_is_final() -> None:
    """Walked publication by publication through the next two months."""
    at, seen = NOVEMBER.end + DAY, []
    while at < NOVEMBER.end + 60 * DAY:
        if not seen or _total(at) != seen[-1][1]:
            seen.append((at, _total(at)))
        assert last_change(BILL, at) <= at
        at += REFRESH
    assert [instant for instant, _ in seen] == [NOVEMBER.end + DAY, BILL.support_at, BILL.refund_at]
    assert seen[0][1] < seen[1][1] > seen[2][1]


def test_the_last_change_is_the_newest_event() -> None:
    """Before the month ends every publication is one; afterwards the events are."""
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert last_change(BILL, noon) == noon.replace(hour=8)
    for event in (BILL.invoiced_at, BILL.support_at, BILL.refund_at):
        assert last_change(BILL, event) == event
        assert last_change(BILL, event + timedelta(hours=9)) == event
    assert last_change(BILL, NOVEMBER.end + 30 * timedelta(hours=1)) == NOVEMBER.end + DAY


@given(st.integers(0, 24 * 120))
@settings(max_examples=20, deadline=None)
def test_a_past_total_depends_on_seed_day_and_instant_alone(hours: int) -> None:
    """What was asked before, and of which instants, leaves no trace in the answer."""
    as_of = NOVEMBER.start + timedelta(hours=hours)
    assert _total(as_of) == _total(as_of, World())


def test_the_marketplace_subscription_is_known_the_day_after() -> None:
    """It is a fee of a seller of its own, in the running month."""
    day = BILL.marketplace_day
    known = datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + DAY
    assert not [one for one in _lines(day, known - timedelta(1e-6)) if one.record_type == "Fee"]
    (fee,) = [one for one in _lines(day, known) if one.record_type == "Fee"]
    assert fee.service.title == "Contoso Log Search"
    assert fee.billed > 0


@pytest.mark.parametrize(
    ("day", "record_type", "count"),
    [
        (BILL.support_day, "Support", 2),
        (BILL.refund_day, "Refund", 2),
        (BILL.marketplace_day, "Fee", 2),
    ],
)
def test_each_invoice_holds_the_tax_on_what_it_charges(
    day: date, record_type: str, count: int
) -> None:
    """So that its sum is what it was when it was sent."""
    lines = _lines(day, FOR_EVER)
    (charge,) = [one for one in lines if one.record_type == record_type]
    papers = {one.invoice for one in lines}
    assert "" not in papers
    assert len(papers) >= count
    mine = [one for one in lines if one.invoice == charge.invoice]
    assert sum(one.billed for one in mine) == charge.billed + (charge.billed * ACME.tax).quantize(
        Decimal("1e-10")
    )


def test_sums_of_invoices_do_not_change_once_they_are_out() -> None:
    """On the 3rd two are out; later ones come beside them and leave them as they are."""
    sums: list[dict[str, Decimal]] = []
    for as_of in (BILL.invoiced_at, BILL.support_at, BILL.refund_at, FOR_EVER):
        found: dict[str, Decimal] = {}
        for line in truth.charges(WORLD, ACME.id, NOVEMBER.first_day, NOVEMBER.end.date(), as_of):
            found[line.invoice] = found.get(line.invoice, Decimal(0)) + line.billed
        sums.append(found)
    assert [len(found) for found in sums] == [2, 3, 4, 4]
    for earlier, later in pairwise(sums):
        assert earlier.items() <= later.items()


def test_a_day_that_was_worked_out_is_not_worked_out_again() -> None:
    """Truth of a quarter is asked three times a simulated day; all but the first are look-ups."""
    world = World()
    first = ledger_of(world, ACME.id)
    assert ledger_of(world, ACME.id) is first
    assert first.lines(NOVEMBER.first_day, FOR_EVER) is first.lines(NOVEMBER.first_day, FOR_EVER)


def test_a_shelf_holds_as_many_lines_as_it_has_room_for() -> None:
    """The day that was asked for longest ago gives way; it is made again when it is asked for."""
    shelf, made = Shelf(room=100), []
    known = [
        (NOVEMBER.first_day.replace(day=day), published(1, ACME.id, NOVEMBER.first_day, FOR_EVER))
        for day in (1, 2, 3)
    ]
    lines = _lines(NOVEMBER.first_day, FOR_EVER)[:40]

    def make() -> list[CostLine]:
        made.append(1)
        return lines

    for index in (0, 1, 0, 2, 0, 1):
        assert list(shelf.get(known[index], make)) == lines
    assert len(made) == 4
