"""What Vultr says of money: lines of invoices and of pending charges, and the billing history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from optiinfra_core.collecting.amounts import moment, money, optional_number, text
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.errors import Malformed
from optiinfra_core.windows import DAY, Window, month_window
from optiinfra_pipelines.providers.vultr.client import Vultr, billing

T = TypeVar("T")

# Invoices are made on the 1st (govultr's example: half past midnight); a day of grace and more.
SETTLES = timedelta(days=3)

# The types of history entries that reduce what was charged. Payments settle a debt, invoices are
# there with their lines: neither is a charge.
CREDITS = frozenset({"credit", "refund"})
PAYMENTS = ("payment", "paypal", "credit card", "deposit", "wire", "bitcoin", "crypto", "alipay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; ``total`` is what is owed, which a month's cap keeps below units times price."""

    product: str
    description: str
    start: datetime
    end: datetime
    units: Decimal | None
    unit_type: str
    unit_price: Decimal | None
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """An invoice: the month that it bills, and what it asks for."""

    id: str
    number: int
    month: Window
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A credit or refund of the billing history; ``amount`` is negative."""

    number: int
    at: datetime
    type: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """Lines without an invoice; ``stated`` is the account's own sum, None if it moved meanwhile."""

    lines: tuple[Line, ...]
    stated: Decimal | None


def line(told: Mapping[str, Any]) -> Line:
    """A line as invoices and pending charges spell it."""
    start = moment(told["start_date"])
    return Line(
        product=text(told.get("product")),
        description=text(told.get("description")),
        start=start,
        end=max(start, moment(told.get("end_date") or start)),
        units=optional_number(told.get("units")),
        unit_type=text(told.get("unit_type")).lower(),
        unit_price=optional_number(told.get("unit_price")),
        total=money(told["total"]),
    )


def invoice(told: Mapping[str, Any]) -> Invoice:
    """An invoice; made on the first of a month it bills the month before, else its own."""
    made = moment(told["date"])
    return Invoice(
        id=str(told["id"]),
        number=int(told["id"]),
        month=month_window((made - DAY).date()),
        amount=money(told["amount"]),
    )


def entry(told: Mapping[str, Any]) -> Entry:
    """An entry of the history; whatever its sign there, a credit is less to pay."""
    return Entry(
        number=int(told["id"]),
        at=moment(told["date"]).astimezone(UTC),
        type=text(told.get("type")).lower(),
        description=text(told.get("description")),
        amount=-abs(money(told["amount"])),
    )


def reduces(told: Mapping[str, Any]) -> bool:
    """Whether an entry of the history is a credit or refund, and no payment."""
    said = text(told.get("description")).lower()
    paid = any(word in said for word in PAYMENTS)
    return text(told.get("type")).lower() in CREDITS and not paid


def invoices(vultr: Vultr) -> list[Invoice]:
    """Every invoice of the account."""
    return [_read(invoice, told) for told in billing.invoices(vultr)]


def credits_(vultr: Vultr) -> list[Entry]:
    """Every credit and refund of the account."""
    return [_read(entry, told) for told in billing.history(vultr) if reduces(told)]


def lines(vultr: Vultr, of: Invoice) -> list[Line]:
    """The lines of an invoice."""
    return [_read(line, told) for told in billing.lines(vultr, of.id)]


def pending(vultr: Vultr) -> Pending:
    """What is not invoiced yet, with the account's sum where it is of the same hour.

    The sum is read before and after: where it moved, lines and sum are of different hours.
    """
    before = stated(vultr)
    found = tuple(_read(line, told) for told in billing.pending(vultr))
    return Pending(lines=found, stated=before if before == stated(vultr) else None)


def stated(vultr: Vultr) -> Decimal:
    """The account's own sum of what is pending."""
    return _read(_stated, vultr.account())


def month_of(one: Line, now: datetime, invoiced: Sequence[Window]) -> Window:
    """The month in which a pending line counts: its own while that is open, else this one."""
    own, current = month_window(one.start.date()), month_window(now.date())
    fresh = own.end <= now < own.end + SETTLES and own not in invoiced
    return own if fresh else current


def _stated(told: Mapping[str, Any]) -> Decimal:
    return money(told["pending_charges"])


def _read(read: Callable[[Mapping[str, Any]], T], told: Mapping[str, Any]) -> T:
    found = understood(lambda: read(told), told)
    if isinstance(found, Malformed):
        raise found
    return found
