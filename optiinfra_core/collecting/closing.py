"""When a provider stops changing a billing period, and so how final a charge is."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from optiinfra_core.windows import DAY, Window, month_window

OPEN, CLOSING, FINAL = "open", "closing", "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Billing periods are calendar months in UTC, settled ``settles`` after they end.

    The figure is the provider's own rule: until when it still changes what it has billed.
    """

    settles: timedelta

    def settled_at(self, day: date) -> datetime:
        """The instant from which on the period that holds ``day`` is settled."""
        return month_window(day).end + self.settles

    def finality(self, day: date, now: datetime) -> str:
        """How final charges of the period that holds ``day`` are: open, closing or final."""
        if now < month_window(day).end:
            return OPEN
        return CLOSING if now < self.settled_at(day) else FINAL

    def unsettled(self, now: datetime) -> Window:
        """From the first day of the oldest period that still changes to the end of this one."""
        current = month_window(now.date())
        oldest = current
        while now < self.settled_at((oldest.start - DAY).date()):
            oldest = month_window((oldest.start - DAY).date())
        return Window(oldest.start, current.end)
