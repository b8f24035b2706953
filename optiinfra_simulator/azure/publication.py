"""When Azure publishes costs, and how much of a day it knows each time.

Costs are refreshed every four hours. Hours of a meter appear some hours later, so that a day grows
until 24 hours after its end. On the eighteenth of each month the open month is rated again at the
price of a volume tier. A month closes 72 hours after its end, when it is invoiced, and gets one
more charge after that; from the fifth day of the following month on it stays as it is
(learn.microsoft.com/azure/cost-management-billing/costs/understand-cost-mgt-data).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from optiinfra_core.windows import DAY, day_window, floor, month_window

REFRESH = timedelta(hours=4)
HOUR = timedelta(hours=1)
# An export run begins at a refresh and takes so long.
RUN_TIME = timedelta(minutes=25)
RERATED = timedelta(days=17, hours=8)
CLOSED = timedelta(hours=72)
LAST_CHARGE = timedelta(hours=92)
SETTLED = timedelta(days=4)
_WHOLE_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What one publication knows about one day.

    ``hours`` of the meters that come early, ``late_hours`` of those that come eight hours later;
    ``whole`` when nothing of the day is missing.
    """

    hours: int
    late_hours: int
    whole: bool
    rerated: bool
    closed: bool
    last_charge: bool

    @property
    def nothing(self) -> bool:
        """Whether nothing is known."""
        return self.hours == 0


def refresh_at(as_of: datetime) -> datetime:
    """The refresh that queries tell at an instant."""
    return floor(as_of, REFRESH)


def run_at(as_of: datetime) -> datetime:
    """The beginning of the last export run that is complete at an instant."""
    return floor(as_of - RUN_TIME, REFRESH)


def known(day: date, refresh: datetime) -> Known:
    """What the refresh at that instant knows about ``day``."""
    span = day_window(day)
    month = month_window(day)
    return Known(
        hours=_hours(refresh - timedelta(hours=2) - span.start),
        late_hours=_hours(refresh - timedelta(hours=8) - span.start),
        whole=refresh - span.end >= DAY,
        rerated=refresh - month.start >= RERATED,
        closed=refresh - month.end >= CLOSED,
        last_charge=refresh - month.end >= LAST_CHARGE,
    )


def _hours(passed: timedelta) -> int:
    return max(0, min(_WHOLE_DAY, passed // HOUR))
