"""When the provider publishes costs, and how much of a day it knows each time.

Cost data is refreshed three times a day, at 00:00, 08:00 and 16:00 UTC. While a day is open its
costs cover the hours before the publication, and fall short of the truth by two to four percent.
On the day after (D+1) they cover all hours and still fall short by one percent or so; a line for
data transfer arrives at 08:00 and a credit at 16:00. From D+2 00:00 on its usage is final.

A month is invoiced on the 3rd of the next at 00:00: its lines carry an invoice id from then on, and
Cost Explorer no longer calls its days estimated. Three charges come once a month, each on a day and
at a publication that follow from seed, account and month alone:

- a marketplace subscription, on one of the days 2 to 9, known at 08:00 of the day after;
- the support fee, charged on the 1st, but posted on the 6th or 7th of the next month at 08:00, on
  an invoice of its own;
- a refund after the invoice, for one of the days 10 to 24, posted on the 18th to 22nd of the next
  month at 16:00, on a credit memo of its own. Nothing of the month changes after it.

Each has its tax on its own invoice, so that the sum of an invoice never changes once it is out.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.windows import DAY, Window, day_window, floor, month_window
from optiinfra_simulator.world import dice

REFRESH = timedelta(hours=8)
HOUR = timedelta(hours=1)
_TRANSFER_LATE = timedelta(hours=8)
_CREDIT_LATE = timedelta(hours=16)
_WHOLE_DAY = 24
_INVOICE_LATE = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one publication knows about one day.

    ``final``: its usage no longer changes; ``invoiced``: its month is. ``marketplace``, ``support``
    and ``refund`` are set on the day that has the charge, once it is known.
    """

    hours: int
    factor: Decimal
    transfer: bool = False
    credit: bool = False
    final: bool = False
    marketplace: bool = False
    support: bool = False
    refund: bool = False
    invoiced: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """The billing period of an account that holds ``day``: what happens to it, and when."""

    seed: int
    account: str
    day: date

    @property
    def period(self) -> Window:
        """The calendar month."""
        return month_window(self.day)

    @property
    def invoiced_at(self) -> datetime:
        """When its usage is invoiced."""
        return self.period.end + _INVOICE_LATE

    @property
    def marketplace_day(self) -> date:
        """The day on which the marketplace subscription is charged."""
        return self._day(2, 9, "marketplace")

    @property
    def support_day(self) -> date:
        """The day on which the support fee stands."""
        return self.period.first_day

    @property
    def support_at(self) -> datetime:
        """When the support fee is posted."""
        late = dice.whole(5, 6, *self._names, "support")
        return self.period.end + late * DAY + timedelta(hours=8)

    @property
    def refund_day(self) -> date:
        """The day for which money is given back."""
        return self._day(10, 24, "refund")

    @property
    def refund_at(self) -> datetime:
        """When it is given back."""
        late = dice.whole(17, 21, *self._names, "refunded")
        return self.period.end + late * DAY + timedelta(hours=16)

    @property
    def _names(self) -> tuple[object, ...]:
        return self.seed, self.account, self.period.first_day

    def _day(self, first: int, last: int, name: str) -> date:
        return self.period.first_day.replace(day=dice.whole(first, last, *self._names, name))


def last_publication(as_of: datetime) -> datetime:
    """The publication that is in force at an instant."""
    return floor(as_of, REFRESH)


def last_change(bill: Bill, as_of: datetime) -> datetime:
    """The newest publication by ``as_of`` that said something new about the bill."""
    at = last_publication(as_of)
    late = (bill.invoiced_at, bill.support_at, bill.refund_at)
    return max([min(at, bill.period.end + DAY), *(event for event in late if event <= at)])


def published(seed: int, account: str, day: date, as_of: datetime) -> Published:
    """What is known about ``day`` at ``as_of``."""
    at = last_publication(as_of)
    usage = _usage(seed, account, day, at)
    bill = Bill(seed, account, day)
    if at < bill.period.end and day != bill.marketplace_day:
        return usage
    return replace(
        usage,
        marketplace=day == bill.marketplace_day and usage.transfer,
        support=day == bill.support_day and at >= bill.support_at,
        refund=day == bill.refund_day and at >= bill.refund_at,
        invoiced=at >= bill.invoiced_at,
    )


def _usage(seed: int, account: str, day: date, at: datetime) -> Published:
    span = day_window(day)
    age = at - span.end
    if age < timedelta(0):
        hours = max(0, min(_WHOLE_DAY, (at - span.start) // HOUR))
        return Published(hours=hours, factor=_shortfall(200, 400, seed, account, day))
    if age < DAY:
        return Published(
            hours=_WHOLE_DAY,
            factor=_shortfall(50, 150, seed, account, day),
            transfer=age >= _TRANSFER_LATE,
            credit=age >= _CREDIT_LATE,
        )
    return Published(hours=_WHOLE_DAY, factor=Decimal(1), transfer=True, credit=True, final=True)


def _shortfall(least: int, most: int, *names: object) -> Decimal:
    """One minus so many ten-thousandths."""
    return 1 - Decimal(dice.whole(least, most, *names, "shortfall", least)) / 10_000
