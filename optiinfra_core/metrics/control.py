"""A sum that a provider states on its own, to hold collected rows against."""

from dataclasses import dataclass
from decimal import Decimal

from optiinfra_core.windows import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """What ``column`` of the rows in ``span`` must add up to, by a statement of the provider's.

    ``name`` says which statement (``invoice``, ``manifest_rows``). With ``invoice_id`` only the
    rows of that invoice count. Rows may differ by ``tolerance`` at most, where the provider itself
    rounds. ``column`` is one of the metric's additive columns, in ``currency``.
    """

    name: str
    span: Window
    amount: Decimal
    currency: str = "USD"
    column: str = "billed_cost"
    invoice_id: str = ""
    tolerance: Decimal = Decimal(0)
