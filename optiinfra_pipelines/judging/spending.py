"""A purse of one process: the cap of a validation or a test; other caps are kept in Postgres."""

import threading
from decimal import Decimal
from uuid import uuid4

from optiinfra_core.applications.spending import BudgetSpent, Reservation, Spending

__all__ = ["BudgetSpent", "Purse", "Reservation", "Spending"]


class Purse:
    """A cap in memory; threads may use it at the same time."""

    def __init__(self, cap_usd: Decimal) -> None:
        self.cap_usd = cap_usd
        self.spent_usd = Decimal(0)
        self._aside: dict[str, Decimal] = {}
        self._lock = threading.Lock()

    def reserve(self, estimate_usd: Decimal) -> Reservation:
        """Put ``estimate_usd`` aside.

        Raises:
            BudgetSpent: it would exceed the cap.
        """
        with self._lock:
            committed = self.spent_usd + sum(self._aside.values(), Decimal(0))
            if committed + estimate_usd > self.cap_usd:
                raise BudgetSpent(
                    f"{committed} of {self.cap_usd} US dollars are spent or put aside"
                )
            made = Reservation(uuid4().hex, estimate_usd)
            self._aside[made.id] = estimate_usd
            return made

    def settle(self, reservation: Reservation, usd: Decimal | None) -> None:
        """Count ``usd`` as spent, or the whole reservation where it is None."""
        with self._lock:
            if self._aside.pop(reservation.id, None) is not None:
                self.spent_usd += reservation.usd if usd is None else usd

    def release(self, reservation: Reservation) -> None:
        """Nothing was spent."""
        with self._lock:
            self._aside.pop(reservation.id, None)
