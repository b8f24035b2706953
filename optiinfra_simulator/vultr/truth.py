"""What is true of a Vultr account, computed from the world without any request or answer."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from optiinfra_simulator.vultr.billing import Books, Entry, Item, shares

_CREDITS = ("credit", "refund")


def charged(
    books: Books, start: date, end: date, as_of: datetime
) -> Iterator[tuple[date, str, Decimal]]:
    """Day, service and amount of every charge in [start, end), as Vultr tells it at ``as_of``.

    Charges of the running month from what is pending, those of months before from their invoice;
    credits and refunds of the history on their day. Payments are no charges.
    """
    for item in _items(books, start, end, as_of):
        for day, share in shares(item):
            if start <= day < end:
                yield day, item.product, share
    for entry in books.history(as_of):
        if _reduces(entry) and start <= entry.at.date() < end:
            yield entry.at.date(), "Billing history", entry.amount


def _items(books: Books, start: date, end: date, as_of: datetime) -> Iterator[Item]:
    yield from books.pending(as_of)
    for invoice in books.invoices(as_of):
        month = invoice.month
        if month.start.date() < end and start < month.end.date():
            yield from invoice.items


def _reduces(entry: Entry) -> bool:
    return entry.type in _CREDITS


def cost_by_day(books: Books, start: date, end: date, as_of: datetime) -> Mapping[date, Decimal]:
    """The cost of each day in [start, end); a day without charges is not there."""
    found: dict[date, Decimal] = {}
    for day, _, amount in charged(books, start, end, as_of):
        found[day] = found.get(day, Decimal(0)) + amount
    return found


def cost_by_service(books: Books, start: date, end: date, as_of: datetime) -> Mapping[str, Decimal]:
    """The cost of each service in [start, end)."""
    found: dict[str, Decimal] = {}
    for _, service, amount in charged(books, start, end, as_of):
        found[service] = found.get(service, Decimal(0)) + amount
    return found
