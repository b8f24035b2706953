"""Costs are published three times a day, restated for a day, and final after that."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optiinfra_simulator import truth
from optiinfra_simulator.cost.ledger import cost_lines
from optiinfra_simulator.cost.publication import last_publication, published
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.world import World

DAY = date(2026, 11, 18)
MIDNIGHT = datetime(2026, 11, 18, tzinfo=UTC)
WORLD = World()


def _total(hours: int, account: str = ACME.id) -> Decimal:
    """The cost of the day as known so many hours after its midnight."""
    as_of = MIDNIGHT + timedelta(hours=hours)
    return truth.cost_total(WORLD, account, DAY, DAY + timedelta(days=1), as_of)


@given(st.integers(0, 24 * 60 * 6), st.sampled_from((ACME.id, GLOBEX.id)))
@settings(max_examples=25, deadline=None)
def test_a_cost_depends_on_the_last_publication_alone(minutes: int, account: str) -> None:
    """Between two publications nothing changes, and asking twice gives the same lines."""
    as_of = MIDNIGHT + timedelta(minutes=minutes)
    lines = list(cost_lines(WORLD, account, DAY, as_of))
    assert lines == list(cost_lines(World(), account, DAY, last_publication(as_of)))


def test_an_open_day_covers_the_hours_before_the_publication() -> None:
    """Nothing is known at midnight; each publication adds eight hours."""
    assert _total(0) == 0
    assert _total(7) == 0
    assert 0 < _total(8) < _total(16) < _total(24)


def test_a_day_is_restated_until_the_day_after_next_and_then_final() -> None:
    """Estimates fall short, data transfer and a credit come late, D+2 is final for ever."""
    assert _total(24) < _total(32)
    assert _total(40) < _total(32), "the credit arrives at 16:00 of the next day"
    final = _total(48)
    assert final != _total(47)
    assert {_total(hours) for hours in (56, 72, 24 * 30)} == {final}


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (24, set()),
        (32, {"transfer"}),
        (40, {"transfer", "credit"}),
        (48, {"transfer", "credit", "final"}),
    ],
)
def test_each_late_line_has_its_own_publication(hours: int, expected: set[str]) -> None:
    """Transfer at 08:00, credit at 16:00 of the next day, final at midnight after it."""
    as_of = MIDNIGHT + timedelta(hours=hours)
    found = set()
    for line in cost_lines(WORLD, ACME.id, DAY, as_of):
        if "DataTransfer" in line.usage_type:
            found.add("transfer")
        if line.record_type == "Credit":
            found.add("credit")
    if published(WORLD.seed, ACME.id, DAY, as_of).final:
        found.add("final")
    assert found == expected


@given(st.integers(0, 300))
@settings(max_examples=15, deadline=None)
def test_hourly_lines_sum_to_daily_lines_exactly(offset: int) -> None:
    """Both grains come from amounts rounded by the hour."""
    day = date(2026, 1, 1) + timedelta(days=offset)
    as_of = datetime(2027, 6, 1, tzinfo=UTC)
    for account in (ACME.id, GLOBEX.id):
        daily = list(cost_lines(WORLD, account, day, as_of))
        hourly = list(cost_lines(WORLD, account, day, as_of, hourly=True))
        for amount in ("billed", "listed", "quantity"):
            assert sum(getattr(line, amount) for line in daily) == sum(
                getattr(line, amount) for line in hourly
            )


def test_a_running_hour_costs_its_price() -> None:
    """An instance that ran all day costs 24 times the hourly price, less the discount."""
    as_of = MIDNIGHT + timedelta(days=10)
    for account in (ACME, GLOBEX):
        full = [
            line
            for line in cost_lines(WORLD, account.id, DAY, as_of)
            if "BoxUsage" in line.usage_type and line.quantity == 24
        ]
        assert full
        for line in full:
            assert line.price is not None
            assert line.listed == 24 * line.price
            assert line.billed == 24 * line.price * (1 - account.discount)


def test_tax_is_a_share_of_everything_else() -> None:
    """The tax line is the account's rate on usage and credits."""
    lines = list(cost_lines(WORLD, GLOBEX.id, DAY, MIDNIGHT + timedelta(days=10)))
    owed = sum(line.billed for line in lines if line.record_type != "Tax")
    (tax,) = [line for line in lines if line.record_type == "Tax"]
    assert tax.billed == (owed * GLOBEX.tax).quantize(Decimal("1e-10"))


def test_truth_by_day_and_by_service_adds_up() -> None:
    """Every breakdown of the truth has the same total."""
    span = (date(2026, 11, 1), date(2026, 11, 15))
    as_of = datetime(2026, 12, 1, tzinfo=UTC)
    total = truth.cost_total(WORLD, GLOBEX.id, *span, as_of)
    for breakdown in (truth.cost_by_day, truth.cost_by_service, truth.cost_by_focus_service):
        assert sum(breakdown(WORLD, GLOBEX.id, *span, as_of).values()) == total
    assert len(truth.cost_by_day(WORLD, GLOBEX.id, *span, as_of)) == 14


def test_amounts_have_at_most_ten_decimals() -> None:
    """Amounts are stated as AWS states them."""
    for line in cost_lines(WORLD, GLOBEX.id, DAY, MIDNIGHT + timedelta(hours=30)):
        exponent = line.billed.as_tuple().exponent
        assert isinstance(exponent, int)
        assert exponent >= -10
