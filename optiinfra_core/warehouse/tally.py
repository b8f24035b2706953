"""What was yielded, counted and summed exactly, so that what is stored can be held against it."""

import decimal
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from optiinfra_core.metrics import Row

# Sums of Decimal(38, 18) values stay exact for more rows than a disk holds.
EXACT = decimal.Context(prec=96)


@dataclass(slots=True)
class Tally:
    """What was yielded for one part: rows, and the exact sum of every additive column."""

    rows: int = 0
    sums: dict[str, Decimal] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def add(self, row: Row, additive: Iterable[str]) -> None:
        """Count ``row``; a column with one unknown value has no known sum."""
        self.rows += 1
        for name in additive:
            value = getattr(row, name)
            if value is None:
                self.unknown.add(name)
            else:
                self.sums[name] = EXACT.add(self.sums.get(name, Decimal(0)), value)


def exact_sum(values: Iterable[Decimal | None]) -> Decimal:
    """The sum of those that are known."""
    total = Decimal(0)
    for value in values:
        if value is not None:
            total = EXACT.add(total, value)
    return total
