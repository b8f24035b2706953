"""Questions about sums that providers state: does what is served add up to them?"""

from dataclasses import dataclass
from datetime import datetime

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.question import Question


@dataclass(frozen=True, slots=True)
class Held:
    """A stated sum and what is served now; ``stated`` is None for an invoice that only rows name.

    ``difference`` is served less stated; ``agrees`` within the provider's own rounding.
    ``finality`` is that of the least final charge. ``complete`` is False where a part of the time
    is missing; ``rewritten`` tells that a window of it was written after the statement came.
    """

    provider: str
    account_id: str
    name: str
    invoice_id: str
    measure: str
    currency: str
    span_start: datetime
    span_end: datetime
    stated: Money | None
    served: Money
    difference: Money | None
    agrees: bool | None
    finality: str | None
    charges: int
    complete: bool
    rewritten: bool

    @property
    def contradicted(self) -> bool:
        """Whether something else is served than the provider states.

        An invoice stands until another one is stated for its time. Any other sum speaks of the
        data it came with: once a window of it was written again, it says nothing any more.
        """
        outdated = self.rewritten and not self.invoice_id
        return self.agrees is False and self.complete and not outdated


# Takes customer_id, providers, start, end (exclusive); whole months are looked at.
HELD = Question(
    "controls/held.sql", Held, optional={"account": "", "only_invoices": False, "limit": 1000}
)
