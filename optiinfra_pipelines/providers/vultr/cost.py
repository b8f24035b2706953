"""Vultr cost: the running month from pending charges, months before from their invoices."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from typing_extensions import override

from optiinfra_core.collecting.closing import Closing
from optiinfra_core.collecting.contract import Changes, Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.periods import periods
from optiinfra_core.errors import NotReady
from optiinfra_core.metrics import COST, ControlTotal, CostRow
from optiinfra_core.windows import DAY, Window, merge, month_window
from optiinfra_pipelines.providers.vultr import statement
from optiinfra_pipelines.providers.vultr.charges import Bill, credit, rows
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.joining import Owned, owned
from optiinfra_pipelines.providers.vultr.kinds import Seen
from optiinfra_pipelines.providers.vultr.resource import LISTINGS, everything
from optiinfra_pipelines.providers.vultr.statement import Entry, Invoice, Pending

HOUR = timedelta(hours=1)
# Invoices stay in the account; five years are asked for at most.
KEPT = timedelta(days=5 * 365)
CLOSING = Closing(settles=statement.SETTLES)
CENT = Decimal("0.01")

# What is remembered between ticks: the month, its pending sum, the newest invoice and credit.
Version = dict[str, Any]

# How old a month may be that an invoice or a refund has read again.
RECHECK = timedelta(days=95)

MONTHLY = Rhythm(
    min_interval=HOUR, lag=HOUR, reread=DAY, history=KEPT, closing=CLOSING, recheck=RECHECK
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a collection has read before it looks at months."""

    now: datetime
    account_id: str
    account_name: str
    invoices: Sequence[Invoice]
    credits: Sequence[Entry]
    pending: Pending
    owned: Owned

    def bill(self, month: Window, invoice: str = "", finality: str = "") -> Bill:
        """What holds for the lines of a month."""
        over = self.now >= month.end
        return Bill(
            account_id=self.account_id,
            account_name=self.account_name,
            month=month,
            finality=finality or ("closing" if over else "open"),
            invoice_id=invoice,
        )


class CostCollector(Collector[Vultr]):
    """Charges of whole months."""

    metric = COST
    # Account twice, pending charges, invoices, history, and the listings that name resources; an
    # invoice's lines are a call more.
    typical = Typical(rhythm=MONTHLY, calls_per_span=Decimal(8 + len(LISTINGS)))

    @override
    def source(self, connection: Vultr) -> str:
        """Vultr's billing: pending charges and invoices."""
        return "vultr_billing"

    @override
    def rhythm(self, connection: Vultr) -> Rhythm:
        """Pending charges grow by the hour; the month before until its invoice is there."""
        now = connection.gate.clock.now()
        back = now - CLOSING.unsettled(now).start
        return replace(MONTHLY, reread=max(DAY, back))

    @override
    def extent(self, connection: Vultr, span: Window) -> Window:
        """Whole months: a line is of its month, and a month is replaced as a whole."""
        return Window(month_window(span.first_day).start, month_window(span.last_day).end)

    @override
    def changes(self, connection: Vultr, since: str | None, horizon: Window) -> Changes | None:
        """The running month where its pending sum moved, months of new invoices and credits."""
        now = connection.gate.clock.now()
        invoices, credits_ = statement.invoices(connection), statement.credits_(connection)
        told: Version = {
            "month": f"{now:%Y-%m}",
            "pending": str(statement.stated(connection)),
            "invoice": max((one.number for one in invoices), default=0),
            "credit": max((one.number for one in credits_), default=0),
        }
        before = json.loads(since) if since else told | {"pending": ""}
        moved = list(_moved(told, before, now))
        moved += [one.month for one in invoices if one.number > before["invoice"]]
        moved += [month_window(one.at.date()) for one in credits_ if one.number > before["credit"]]
        inside = [_cut(month, horizon) for month in moved]
        spans = merge(window for window in inside if window is not None)
        return Changes(version=json.dumps(told, sort_keys=True), spans=spans)

    @override
    def collect(
        self, connection: Vultr, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[CostRow | ControlTotal]:
        """Every charge of the months of ``span``, and what their rows must add up to.

        Raises:
            NotReady: none has begun, or the invoice of one that is over is still to come.
        """
        now = connection.gate.clock.now()
        wanted = [month for month in periods(span) if month.start <= now]
        if not wanted:
            raise NotReady(f"the months of {span} have not begun")
        books = _books(connection, now)
        for month in wanted:
            for item in _month(connection, books, month):
                if parts is None or (isinstance(item, CostRow) and item.region_id in parts):
                    yield item


def _moved(told: Version, before: Version, now: datetime) -> Iterator[Window]:
    current = month_window(now.date())
    if (told["month"], told["pending"]) != (before["month"], before["pending"]):
        yield current
    if told["month"] != before["month"]:
        # Its last hours were still pending when it was read last.
        yield month_window((current.start - DAY).date())


def _cut(month: Window, horizon: Window) -> Window | None:
    start, end = max(month.start, horizon.start), min(month.end, horizon.end)
    return Window(start, end) if start < end else None


def _books(vultr: Vultr, now: datetime) -> Books:
    # A user who may see bills and no resources gets charges without resources.
    known = everything(vultr, Seen(ts=now), PartFailures())
    return Books(
        now=now,
        account_id=vultr.account_id,
        account_name=vultr.identity.name,
        invoices=statement.invoices(vultr),
        credits=statement.credits_(vultr),
        pending=statement.pending(vultr),
        owned=owned(known),
    )


def _month(vultr: Vultr, books: Books, month: Window) -> Iterator[CostRow | ControlTotal]:
    invoiced = [one for one in books.invoices if one.month == month]
    closed = [one.month for one in books.invoices]
    waiting = [
        line for line in books.pending.lines if statement.month_of(line, books.now, closed) == month
    ]
    _ready(books, month, there=bool(invoiced or waiting))
    told = Decimal(0)
    for invoice in invoiced:
        bill = books.bill(month, invoice.id, "final")
        for line in statement.lines(vultr, invoice):
            yield from rows(line, bill, books.owned)
        told += invoice.amount
        yield ControlTotal(
            name="invoice", span=month, amount=invoice.amount, invoice_id=invoice.id, tolerance=CENT
        )
    for line in waiting:
        yield from rows(line, books.bill(month), books.owned)
    for entry in books.credits:
        if entry.at in month:
            told += entry.amount
            yield credit(entry, books.bill(month))
    if waiting and len(waiting) == len(books.pending.lines) and books.pending.stated is not None:
        # Lines are rounded to the cent each, the sum perhaps only once.
        yield ControlTotal(
            name="pending_charges",
            span=month,
            amount=books.pending.stated + told,
            tolerance=CENT * len(waiting),
        )


def _ready(books: Books, month: Window, *, there: bool) -> None:
    """That an invoice still to come is not taken for a month without charges."""
    over, settled = month.end <= books.now, month.end + statement.SETTLES <= books.now
    before = any(one.month.end <= month.start for one in books.invoices)
    if over and not settled and not there and before:
        raise NotReady(
            f"the invoice of {month.first_day:%Y-%m} is not there yet",
            remedy="Nothing: Vultr makes invoices on the 1st; the month is collected then.",
        )
