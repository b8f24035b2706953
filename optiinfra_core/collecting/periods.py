"""Billing periods: calendar months in UTC, and charges that name a day outside of theirs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date

from optiinfra_core.metrics import CostRow
from optiinfra_core.windows import DAY, Window, month_window


def periods(span: Window) -> Iterator[Window]:
    """The billing periods that ``span`` touches, each whole."""
    at = span.start
    while at < span.end:
        month = month_window(at.date())
        yield month
        at = month.end


def months(span: Window) -> tuple[date, ...]:
    """The first days of the billing periods that ``span`` touches."""
    return tuple(period.first_day for period in periods(span))


def within(row: CostRow, month: date) -> CostRow:
    """``row`` placed inside the billing period that holds it, its own start kept in ``extra``.

    A correction can name a day of an earlier period. The period is what is replaced as a whole,
    so a row outside it would stay for ever, or be lost.
    """
    period = month_window(month)
    if row.charge_period_start in period:
        return row
    early = row.charge_period_start < period.start
    start = period.start if early else period.end - DAY
    told = row.charge_period_start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return replace(
        row,
        charge_period_start=start,
        charge_period_end=max(row.charge_period_end, start + DAY),
        extra={**row.extra, "x_charge_period_start": told},
    )
