"""Every line of a project by usage day, drawn once and kept; and what they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from threading import Lock

from optiinfra_core.windows import DAY, Window, month_window
from optiinfra_simulator.google.cost import months
from optiinfra_simulator.google.cost.ledger import Ledger
from optiinfra_simulator.google.cost.lines import MICRO, Line
from optiinfra_simulator.world.lifetimes import EPOCH

# Nothing was charged, and no export existed, before the world began.
FIRST_DAY = EPOCH.date()
_DAY = 86_400


@dataclass
class Book:
    """The lines of a project: those of usage, fees and refunds, and those of invoices."""

    ledger: Ledger
    _days: dict[date, tuple[Line, ...]] = field(default_factory=dict)
    _invoices: dict[date, tuple[Line, ...]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ordinary(self, day: date) -> tuple[Line, ...]:
        """The lines of a usage day that come from its usage."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = tuple(self.ledger.lines(day)) if day >= FIRST_DAY else ()
        return found

    def booked(self, day: date) -> tuple[Line, ...]:
        """The lines of a usage day that come from its month, but for tax and rounding."""
        if day < FIRST_DAY or not self.ledger.fleet.machines:
            return ()
        found = months.fees(self.ledger.seed, self.ledger.project, day)
        return tuple(line for line in found if line.start // _DAY == _number(day))

    def invoiced(self, day: date, as_of: datetime) -> tuple[Line, ...]:
        """Tax and rounding where ``day`` is the last of its month and ``as_of`` knows them.

        They need every line of the month, so that whoever asks too early does not pay for it.
        """
        month = month_window(day)
        early = as_of < month.end + months.INVOICED_AFTER or day != month.last_day
        if early or day < FIRST_DAY or not self.ledger.fleet.machines:
            return ()
        with self._lock:
            found = self._invoices.get(day)
            if found is None:
                found = self._invoices[day] = tuple(
                    months.invoice(self.ledger.seed, self.ledger.project, day, self.ordinary)
                )
        return found

    def known(self, span: Window, as_of: datetime) -> Iterator[tuple[date, Line, int]]:
        """The lines of the usage days of ``span`` with how many rows are exported by ``as_of``."""
        instant = int(as_of.timestamp())
        for part in span.split(DAY):
            day = part.first_day
            if part.start > as_of:
                return
            for line in (*self.ordinary(day), *self.booked(day), *self.invoiced(day, as_of)):
                count = line.exported(instant)
                if count:
                    yield day, line, count

    def by_day(self, span: Window, as_of: datetime) -> dict[date, Decimal]:
        """Cost and credits of each usage day as exported by ``as_of``."""
        found: dict[date, int] = {}
        for day, line, count in self.known(span, as_of):
            found[day] = found.get(day, 0) + line.net * count
        return {day: Decimal(total) / MICRO for day, total in found.items()}

    def by_service(self, span: Window, as_of: datetime) -> dict[str, Decimal]:
        """The same by the titles of services."""
        found: dict[str, int] = {}
        for _, line, count in self.known(span, as_of):
            title = line.facet.sku.service.title
            found[title] = found.get(title, 0) + line.net * count
        return {title: Decimal(total) / MICRO for title, total in found.items()}


def _number(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days
