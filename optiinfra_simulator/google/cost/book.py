"""Every line of a project by usage day, drawn once and kept; and what they add up to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from threading import Lock

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.google.cost.ledger import Ledger
from optiinfra_simulator.google.cost.lines import MICRO, Line
from optiinfra_simulator.google.cost.months import lines_of_month
from optiinfra_simulator.world.lifetimes import EPOCH

# Nothing was charged, and no export existed, before the world began.
FIRST_DAY = EPOCH.date()


@dataclass
class Book:
    """The lines of a project; ``monthly`` ones are drawn when the days they lie on are asked for.

    Ordinary lines of a day do not need the rest of their month, tax does.
    """

    ledger: Ledger
    _days: dict[date, tuple[Line, ...]] = field(default_factory=dict)
    _months: dict[date, tuple[Line, ...]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ordinary(self, day: date) -> tuple[Line, ...]:
        """The lines of a usage day that come from its usage."""
        found = self._days.get(day)
        if found is None:
            found = self._days[day] = tuple(self.ledger.lines(day)) if day >= FIRST_DAY else ()
        return found

    def monthly(self, day: date) -> tuple[Line, ...]:
        """The lines of the month that holds ``day`` which come from the month as a whole."""
        first = day.replace(day=1)
        if first < FIRST_DAY or not self.ledger.fleet.machines:
            return ()
        with self._lock:
            found = self._months.get(first)
            if found is None:
                found = self._months[first] = tuple(
                    lines_of_month(self.ledger.seed, self.ledger.project, day, self.ordinary)
                )
        return found

    def lines(self, day: date) -> Iterator[Line]:
        """Every line that is booked on a usage day."""
        yield from self.ordinary(day)
        start = int(datetime(day.year, day.month, day.day, tzinfo=EPOCH.tzinfo).timestamp())
        for line in self.monthly(day):
            if start <= line.start < start + 86_400:
                yield line

    def known(self, span: Window, as_of: datetime) -> Iterator[tuple[date, Line, int]]:
        """The lines of the usage days of ``span`` with how many rows are exported by ``as_of``."""
        instant = int(as_of.timestamp())
        for part in span.split(DAY):
            if part.start > as_of:
                return
            for line in self.lines(part.first_day):
                count = line.exported(instant)
                if count:
                    yield part.first_day, line, count

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
