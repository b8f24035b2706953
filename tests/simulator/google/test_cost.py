"""Costs arrive late, are corrected, taxed, rounded and refunded; truth is a sum over exports."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.google.cost.book import Book
from optiinfra_simulator.google.cost.ledger import Ledger
from optiinfra_simulator.google.cost.lines import ADJUSTMENT, ROUNDING, TAX
from optiinfra_simulator.google.cost.months import INVOICED_AFTER
from optiinfra_simulator.google.world.fleet import Fleet
from optiinfra_simulator.google.world.projects import ACME, GLOBEX, PROJECTS, Project

QUARTER = Window(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
FOR_EVER = datetime(2027, 6, 1, tzinfo=UTC)


def _book(project: Project = ACME, *, hourly: bool = True, machines: int = 9) -> Book:
    """The books of a project."""
    return Book(Ledger(7, project, Fleet(7, project.id, machines), hourly=hourly))


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: one.customer)
def test_two_worlds_of_a_seed_agree_at_every_instant(project: Project) -> None:
    """What a day cost as known at an instant follows from seed, day and instant alone."""
    first, second = _book(project), _book(project)
    for days in (0, 1, 3, 9, 40, 90):
        as_of = QUARTER.start + days * DAY + timedelta(hours=11)
        assert first.by_day(QUARTER, as_of) == second.by_day(QUARTER, as_of)
    narrow = Window(QUARTER.start, QUARTER.start + DAY)
    day = QUARTER.first_day
    assert _book(project).by_day(narrow, FOR_EVER)[day] == first.by_day(QUARTER, FOR_EVER)[day]


def test_a_day_grows_for_hours_after_its_end_and_changes_for_days() -> None:
    """Nothing is known at noon minus the lag, most on the next evening, and more later."""
    day = date(2026, 10, 7)
    span = Window(datetime(2026, 10, 7, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC))
    book = _book()
    known = [
        book.by_day(span, span.start + timedelta(hours=hours)).get(day, Decimal(0))
        for hours in (2, 8, 30, 36, 96, 24 * 12)
    ]
    assert known[0] == 0
    assert 0 < known[1] < known[2] < known[3]
    assert len(set(known)) > 4
    final = book.by_day(span, FOR_EVER)[day]
    assert final == known[-1]


def test_the_quarter_has_every_kind_of_row() -> None:
    """Late rows, corrections, credits, tax, rounding, a marketplace charge and refunds."""
    seen: Counter[str] = Counter()
    for _, line, _ in _book().known(QUARTER, FOR_EVER):
        seen[line.cost_type] += line.count
        seen["late"] += line.lag > 24 * 3600 and line.adjustment is None
        seen["credited"] += bool(line.discount)
        seen["promoted"] += bool(line.promotion)
        seen["market"] += line.facet.seller.transaction == "THIRD_PARTY_AGENCY"
        if line.adjustment is not None:
            seen[line.adjustment.type] += 1
    assert seen[TAX] == seen[ROUNDING] == seen["market"] == 3
    assert seen["GOODWILL"] == 3
    assert seen["USAGE_CORRECTION"] >= 2
    assert min(seen["late"], seen["credited"], seen["promoted"], seen[ADJUSTMENT]) > 3


@pytest.mark.parametrize("project", PROJECTS, ids=lambda one: one.customer)
def test_an_invoice_comes_to_whole_cents(project: Project) -> None:
    """Tax is a share of what the export held on the third; rounding makes the sum whole."""
    october = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    made = october.end + INVOICED_AFTER
    lines = list(_book(project).known(october, made))
    by_type: Counter[str] = Counter()
    for _, line, count in lines:
        by_type[line.cost_type] += line.net * count
    total = sum(by_type.values())
    assert total % 10_000 == 0
    before = total - by_type[TAX] - by_type[ROUNDING]
    assert by_type[TAX] == pytest.approx(float(before * project.tax), abs=1)
    assert abs(by_type[ROUNDING]) <= 5_000


def test_a_refund_lowers_a_day_of_a_month_that_was_closed() -> None:
    """It is exported twelve days after the month has ended, on the fifteenth of it."""
    book = _book(GLOBEX)
    span = Window(datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 10, 16, tzinfo=UTC))
    before = book.by_day(span, datetime(2026, 11, 12, tzinfo=UTC))
    after = book.by_day(span, datetime(2026, 11, 14, tzinfo=UTC))
    assert after[span.first_day] < before[span.first_day] - 4


def test_daily_rows_of_large_projects_cost_what_hourly_ones_do() -> None:
    """Only roundings of millionths differ once everything is exported."""
    span = Window(datetime(2026, 9, 2, tzinfo=UTC), datetime(2026, 9, 10, tzinfo=UTC))
    hourly = sum(_book().by_day(span, FOR_EVER).values())
    daily = sum(_book(hourly=False).by_day(span, FOR_EVER).values())
    assert abs(hourly - daily) < Decimal("0.02")


def test_services_and_days_add_up_to_the_same() -> None:
    """Both breakdowns of the truth have one total, at an instant in the middle."""
    book = _book()
    as_of = datetime(2026, 10, 20, 15, tzinfo=UTC)
    by_day, by_service = book.by_day(QUARTER, as_of), book.by_service(QUARTER, as_of)
    assert sum(by_day.values()) == sum(by_service.values())
    assert {"Compute Engine", "Cloud SQL", "Kubernetes Engine", "Networking"} < set(by_service)
