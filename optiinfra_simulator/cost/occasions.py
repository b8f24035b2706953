"""Charges that come once a month: a marketplace subscription, the support fee, a refund."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from optiinfra_core.windows import day_window
from optiinfra_simulator.cost import services
from optiinfra_simulator.cost.lines import CostLine
from optiinfra_simulator.cost.publication import Bill, Published
from optiinfra_simulator.cost.services import Service
from optiinfra_simulator.world import dice

# What the invoice of usage is called among the invoices of a month.
USAGE = "usage"


def invoice_id(bill: Bill, name: str) -> str:
    """The number of an invoice or credit memo of a month."""
    return str(dice.whole(1_000_000_000, 1_999_999_999, *_names(bill), "invoice", name))


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What happens once a month; the amount is between ``least`` and ``most`` dollars."""

    name: str
    record_type: str
    service: Service
    description: str
    least: int
    most: int


_MARKETPLACE = _Occasion(
    "marketplace",
    "Fee",
    services.MARKETPLACE,
    "AWS Marketplace software usage|us-east-1|monthly subscription",
    49,
    199,
)
_SUPPORT = _Occasion(
    "support", "Support", services.SUPPORT, "AWS Support (Developer) for the month", 29, 99
)
_REFUND = _Occasion(
    "refund", "Refund", services.COMPUTE, "Refund for an interruption of service", -40, -5
)


def occasions(bill: Bill, known: Published) -> Iterator[CostLine]:
    """The charges of ``bill.day`` that come once a month, as far as they are known."""
    if known.marketplace:
        yield _line(bill, _MARKETPLACE, invoiced=known.invoiced)
    if known.support:
        yield _line(bill, _SUPPORT, invoiced=True)
    if known.refund:
        yield _line(bill, _REFUND, invoiced=True)


def _line(bill: Bill, occasion: _Occasion, *, invoiced: bool) -> CostLine:
    span = day_window(bill.day)
    cents = dice.whole(
        occasion.least * 100, occasion.most * 100, *_names(bill), occasion.name, "amount"
    )
    return CostLine(
        account=bill.account,
        start=span.start,
        end=span.end,
        record_type=occasion.record_type,
        service=occasion.service,
        description=occasion.description,
        billed=Decimal(cents) / 100,
        listed=Decimal(cents) / 100,
        invoice=invoice_id(bill, occasion.name) if invoiced else "",
    )


def _names(bill: Bill) -> tuple[int, str, date]:
    return bill.seed, bill.account, bill.period.first_day
