"""The charges of a day, added up by what Cost Explorer can group by, and kept until they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from optiinfra_simulator.cost.ledger import ledger_of
from optiinfra_simulator.cost.lines import ZERO
from optiinfra_simulator.cost.publication import Published, published
from optiinfra_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Facet:
    """What the charges in one cell have in common, in the spelling of Cost Explorer's keys."""

    record_type: str
    service: str
    usage_type: str
    operation: str
    region: str
    account: str


@dataclass(slots=True)
class Cell:
    """The sum of charges of one facet on one day; ``units`` holds more than one where mixed."""

    billed: Decimal = ZERO
    quantity: Decimal = ZERO
    units: frozenset[str] = frozenset()


@dataclass
class Totals:
    """Cells by account and day, as known at any time."""

    world: World
    _kept: dict[tuple[str, date, Published], Mapping[Facet, Cell]] = field(default_factory=dict)

    def known(self, account_id: str, day: date, as_of: datetime) -> Published:
        """How much of the day is known."""
        return published(self.world.seed, account_id, day, as_of)

    def cells(self, account_id: str, day: date, as_of: datetime) -> Mapping[Facet, Cell]:
        """The day's cells; empty where nothing is known or nothing was charged."""
        key = (account_id, day, self.known(account_id, day, as_of))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._add(account_id, day, as_of)
        return found

    def _add(self, account_id: str, day: date, as_of: datetime) -> Mapping[Facet, Cell]:
        cells: dict[Facet, Cell] = {}
        for line in ledger_of(self.world, account_id).lines(day, as_of):
            facet = Facet(
                line.record_type,
                line.service.title,
                line.usage_type or "NoUsageType",
                line.operation or "NoOperation",
                line.region or "NoRegion",
                line.account,
            )
            cell = cells.setdefault(facet, Cell())
            cell.billed += line.billed
            cell.quantity += line.quantity
            cell.units |= {line.unit or "N/A"}
        return cells
