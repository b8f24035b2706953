"""When the provider publishes costs, and how much of a day it knows each time.

Cost data is refreshed three times a day, at 00:00, 08:00 and 16:00 UTC. While a day is open its
costs cover the hours before the publication, and fall short of the truth by two to four percent.
On the day after (D+1) they cover all hours and still fall short by one percent or so; a line for
data transfer arrives at 08:00 and a credit at 16:00. From D+2 00:00 on they are final.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.windows import DAY, day_window, floor
from optiinfra_simulator.world import dice

REFRESH = timedelta(hours=8)
HOUR = timedelta(hours=1)
_TRANSFER_LATE = timedelta(hours=8)
_CREDIT_LATE = timedelta(hours=16)
_WHOLE_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What one publication knows about one day."""

    hours: int
    factor: Decimal
    transfer: bool = False
    credit: bool = False
    final: bool = False


def last_publication(as_of: datetime) -> datetime:
    """The publication that is in force at an instant."""
    return floor(as_of, REFRESH)


def published(seed: int, account: str, day: date, as_of: datetime) -> Published:
    """What is known about ``day`` at ``as_of``."""
    at = last_publication(as_of)
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
