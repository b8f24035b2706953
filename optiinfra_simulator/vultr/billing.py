"""What Vultr says about money at any time: pending charges, invoices and the history of both.

Servers are charged by the hour that has begun, up to a month's cap of hours, and amounts are
rounded up to the cent: govultr's example is 315 hours of a 5 dollar server for 2.35. An invoice
comes half an hour after the month has ended and adds the tax.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

from optiinfra_core.collecting.amounts import MONEY
from optiinfra_core.windows import DAY, Window, floor, month_window
from optiinfra_simulator.vultr import plans, tokens
from optiinfra_simulator.vultr.accounts import VultrAccount
from optiinfra_simulator.vultr.fleet import Fleet
from optiinfra_simulator.vultr.tariffs import tariff
from optiinfra_simulator.vultr.things import Inference
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.lifetimes import EPOCH
from optiinfra_simulator.world.things import Thing

HOUR = timedelta(hours=1)
CENT = Decimal("0.01")
_PRICE = Decimal("0.0001")
_MILLION = Decimal(1_000_000)
INVOICED_AFTER = timedelta(minutes=30, seconds=5)
_CREDIT_AFTER, _REFUND_AFTER = timedelta(days=9), timedelta(days=8, hours=14)
_PAID_AFTER = timedelta(hours=6)
_FIRST_INVOICE = 5_317_720


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of an invoice, or of the charges that will be on the next one."""

    product: str
    description: str
    start: datetime
    end: datetime
    units: int
    unit_type: str
    unit_price: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The invoice of a month."""

    id: int
    month: Window
    at: datetime
    items: tuple[Item, ...]

    @property
    def amount(self) -> Decimal:
        """What it asks for."""
        return sum((item.total for item in self.items), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the billing history; what is owed is positive."""

    id: int
    at: datetime
    type: str
    description: str
    amount: Decimal


@dataclass
class Books:
    """The books of one account; closed months are kept once made."""

    seed: int
    account: VultrAccount
    fleet: Fleet
    _closed: dict[datetime, Invoice] = field(default_factory=dict)

    def pending(self, as_of: datetime) -> list[Item]:
        """The charges that no invoice has at ``as_of``, as of the last full hour."""
        month = month_window(as_of.date())
        before = month_window((month.start - DAY).date())
        open_months = [month] if as_of >= before.end + INVOICED_AFTER else [before, month]
        return [item for one in open_months for item in self.charges(one, as_of)]

    def charges(self, month: Window, as_of: datetime) -> list[Item]:
        """What a month has cost by ``as_of``, without tax."""
        until = min(month.end, floor(as_of, HOUR))
        if until <= month.start or month.end <= EPOCH:
            return []
        span = Window(month.start, until)
        found = [self._item(thing, span) for thing in self.fleet.things(span)]
        credit_at = month.start + _CREDIT_AFTER
        lines = [item for item in found if item is not None]
        return [*lines, *([self._credit(credit_at)] if credit_at < until else [])]

    def _item(self, thing: Thing, span: Window) -> Item | None:
        if isinstance(thing, Inference):
            return self._tokens(thing, span)
        told, existing = tariff(thing), thing.life.existing(span.start, span.end)
        if told is None or existing is None:
            return None
        start, end = existing
        hours = -((start - end) // HOUR)
        price = told.monthly / told.cap
        return Item(
            product=told.product,
            description=told.description,
            start=start,
            end=end,
            units=hours,
            unit_type="hours",
            unit_price=price.quantize(_PRICE, ROUND_HALF_UP),
            total=(min(hours, told.cap) * price).quantize(CENT, ROUND_UP),
        )

    def _tokens(self, thing: Inference, span: Window) -> Item | None:
        counted = tokens.used(self.seed, thing, span).values()
        read, written = (sum(column) for column in zip(*counted, strict=True))
        cost = (read * plans.INFERENCE[0] + written * plans.INFERENCE[1]) / _MILLION
        existing = thing.life.existing(span.start, span.end)
        if existing is None or not read + written:
            return None
        return Item(
            product="Serverless Inference",
            description=f"Serverless Inference ({thing.name})",
            start=existing[0],
            end=existing[1],
            units=read + written,
            unit_type="tokens",
            unit_price=plans.INFERENCE[0] / _MILLION,
            total=cost.quantize(CENT, ROUND_UP),
        )

    def _credit(self, at: datetime) -> Item:
        drawn = dice.whole(100, 900, self.seed, self.account.email, at, "vultr-credit")
        amount = -Decimal(drawn) / 100
        return Item(
            product="Credit",
            description="Partner programme credit",
            start=at,
            end=at,
            units=1,
            unit_type="",
            unit_price=amount,
            total=amount,
        )

    def invoices(self, as_of: datetime) -> list[Invoice]:
        """Every invoice there is at ``as_of``, oldest first."""
        found: list[Invoice] = []
        month = month_window(EPOCH.date())
        while month.end + INVOICED_AFTER <= as_of:
            found.append(self._invoice(month, _FIRST_INVOICE + 10 * len(found)))
            month = month_window(month.end.date())
        return [invoice for invoice in found if invoice.items]

    def _invoice(self, month: Window, number: int) -> Invoice:
        if month.start not in self._closed:
            items = self.charges(month, month.end)
            self._closed[month.start] = Invoice(
                id=number,
                month=month,
                at=month.end + INVOICED_AFTER,
                items=(*items, *self._tax(month, items)),
            )
        return self._closed[month.start]

    def _tax(self, month: Window, items: list[Item]) -> Iterator[Item]:
        owed = sum((item.total for item in items), Decimal(0))
        amount = (owed * self.account.tax).quantize(CENT, ROUND_HALF_UP)
        if amount > 0:
            yield Item(
                product="Tax",
                description=f"{self.account.tax_name} ({self.account.tax * 100:f}%)",
                start=month.start,
                end=month.end,
                units=1,
                unit_type="",
                unit_price=amount,
                total=amount,
            )

    def history(self, as_of: datetime) -> list[Entry]:
        """Invoices, payments, refunds and the gift an account began with, oldest first."""
        found = [self._gift()]
        for invoice in self.invoices(as_of):
            found += self._around(invoice)
        return sorted((one for one in found if one.at <= as_of), key=lambda one: one.at)

    def _gift(self) -> Entry:
        return Entry(
            id=_FIRST_INVOICE - 5,
            at=EPOCH + timedelta(days=2),
            type="credit",
            description="Promotional code",
            amount=Decimal(-25),
        )

    def _around(self, invoice: Invoice) -> list[Entry]:
        number, amount = invoice.id, invoice.amount
        share = dice.whole(1, 5, self.seed, self.account.email, number, "vultr-refund")
        back = (amount * share / 100).quantize(CENT, ROUND_HALF_UP)
        told = (
            (number, invoice.at, "invoice", f"Invoice #{number}", amount),
            (number + 1, invoice.at + _PAID_AFTER, "payment", "Credit card payment", -amount),
            (
                number + 2,
                invoice.month.end + _REFUND_AFTER,
                "refund",
                f"Refund for invoice #{number}",
                -back,
            ),
        )
        return [Entry(id=a, at=b, type=c, description=d, amount=e) for a, b, c, d, e in told]


def shares(item: Item) -> Iterator[tuple[date, Decimal]]:
    """An item's total by day: hours at its price up to the total, the last day takes the rest.

    Vultr tells no days. What is not charged by the hour stands on the day it starts.
    """
    if item.unit_type != "hours" or item.end <= item.start:
        yield item.start.date(), item.total
        return
    left, at = item.total, item.start
    while at < item.end:
        until = min(item.end, floor(at, DAY) + DAY)
        hours = Decimal(int((until - at).total_seconds())) / 3600
        share = left if until == item.end else min(left, (hours * item.unit_price).quantize(MONEY))
        yield at.date(), share
        left, at = left - share, until
