"""What a judge's calls may cost: taken before the call, settled after it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from optiinfra_core.errors import BudgetSpent

__all__ = ["BudgetSpent", "Reservation", "Spending"]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Dollars put aside for one call, or for one batch of them; ``id`` is the purse's own."""

    id: str
    usd: Decimal


class Spending(Protocol):
    """A purse with caps. Threads, and processes over the same caps, may use it at once."""

    def reserve(self, estimate_usd: Decimal) -> Reservation:
        """Put ``estimate_usd`` aside; 0 where the price is unknown, which no cap can hold.

        Raises:
            BudgetSpent: what is spent and put aside would exceed a cap; nothing was put aside.
        """
        ...

    def settle(self, reservation: Reservation, usd: Decimal | None) -> None:
        """The call cost ``usd``.

        None: nobody knows (a call that timed out may have been billed); the whole reservation
        then counts as spent.
        """
        ...

    def release(self, reservation: Reservation) -> None:
        """The call cost nothing: it was not made, or it was refused."""
        ...
