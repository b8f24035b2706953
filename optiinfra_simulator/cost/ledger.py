"""The charges of a day as known at any time: the truth that every answer about cost tells."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from optiinfra_core.windows import DAY, Window, day_window
from optiinfra_simulator.cost import services
from optiinfra_simulator.cost.lines import ZERO, CostLine, rounded
from optiinfra_simulator.cost.meters import Basis, Meter, hours_in_month, meters, usage_type
from optiinfra_simulator.cost.occasions import USAGE, invoice_id, occasions
from optiinfra_simulator.cost.publication import HOUR, Bill, Published, published
from optiinfra_simulator.cost.shelf import Shelf
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.accounts import Account
from optiinfra_simulator.world.prices import REGIONS, TRANSFER_OUT, VIRGINIA
from optiinfra_simulator.world.signals import Signal, namespace_of
from optiinfra_simulator.world.things import Thing
from optiinfra_simulator.world.world import World

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Run:
    """``count`` hours in a row, from hour ``first`` of the day, with the same quantity each."""

    first: int
    count: int
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class _Amounts:
    """A quantity, what is billed for it and what it would be at list price."""

    quantity: Decimal = ZERO
    billed: Decimal = ZERO
    listed: Decimal = ZERO

    def plus(self, other: "_Amounts", times: int) -> "_Amounts":
        """The sum with ``other`` counted so many times."""
        return _Amounts(
            self.quantity + other.quantity * times,
            self.billed + other.billed * times,
            self.listed + other.listed * times,
        )


# Hours of a day and what was measured in them, for so many days of resources: some 25 MB.
_MOST_MEASURED = 10_000


@dataclass
class Ledger:
    """Computes the charges of one account; keeps what it has worked out before."""

    world: World
    account: Account
    _shelf: Shelf = field(default_factory=Shelf)
    _seen: dict[tuple[Decimal, Decimal, Decimal], _Amounts] = field(default_factory=dict)
    _sums: dict[tuple[str, str, datetime], dict[int, int]] = field(default_factory=dict)

    def lines(self, day: date, as_of: datetime, *, hourly: bool = False) -> Iterable[CostLine]:
        """The charges of a day as known at ``as_of``, one line per resource and day or hour.

        Amounts are rounded by the hour, so daily lines are the exact sums of hourly ones.
        """
        known = published(self.world.seed, self.account.id, day, as_of)
        if hourly:
            return self._lines(day, known, hourly=True)
        return self._shelf.get((day, known), lambda: self._lines(day, known, hourly=False))

    def _lines(self, day: date, known: Published, *, hourly: bool) -> Iterator[CostLine]:
        if known.hours == 0:
            return
        bill = Bill(self.world.seed, self.account.id, day)
        invoice = invoice_id(bill, USAGE) if known.invoiced else ""
        owed = ZERO
        for line in (*self._late(day, known), *self._usage(day, known, hourly=hourly)):
            owed += line.billed
            yield replace(line, invoice=invoice) if invoice else line
        if owed:
            yield self._tax(day, owed, invoice)
        for line in occasions(bill, known):
            yield line
            yield self._tax(day, line.billed, line.invoice)

    def _usage(self, day: date, known: Published, *, hourly: bool) -> Iterator[CostLine]:
        whole = day_window(day)
        span = Window(whole.start, whole.start + known.hours * HOUR)
        for thing in self.world.fleet(self.account.id).things(span):
            for meter in meters(thing):
                total = _Amounts()
                for run in self._runs(thing, meter, span):
                    each = self._price(run.quantity, meter, thing.region, known.factor)
                    if not hourly:
                        total = total.plus(each, run.count)
                        continue
                    for hour in range(run.first, run.first + run.count):
                        since = whole.start + hour * HOUR
                        yield self._line(thing, meter, Window(since, since + HOUR), each)
                if total.quantity:
                    yield self._line(thing, meter, whole, total)

    def _runs(self, thing: Thing, meter: Meter, span: Window) -> Iterator[_Run]:
        """The hours in which there is something to charge, and how much."""
        if meter.basis is Basis.MEASURED:
            yield from self._measured(thing, meter, span)
            return
        if meter.basis is Basis.RUN:
            spans = thing.life.running(span.start, span.end)
        else:
            existing = thing.life.existing(span.start, span.end)
            spans = iter((existing,) if existing else ())
        factor = meter.factor
        if meter.basis is Basis.STORED:
            factor /= hours_in_month(span.start)
        for first, last in spans:
            for hour, count, minutes in _hours(span.start, first, last):
                yield _Run(hour, count, factor * minutes / 60)

    def _measured(self, thing: Thing, meter: Meter, span: Window) -> Iterator[_Run]:
        namespace = namespace_of(type(thing))
        signal = namespace.signal(meter.signal) if namespace else None
        if signal is None:
            return
        hours = (span.end - span.start) // HOUR
        for hour, total in self._measurements(thing, signal, span.start).items():
            if hour < hours:
                yield _Run(hour, 1, meter.factor * total)

    def _measurements(self, thing: Thing, signal: Signal, midnight: datetime) -> dict[int, int]:
        """What was measured in each hour of the day that begins at ``midnight``."""
        key = (thing.id, signal.name, midnight)
        found = self._sums.get(key)
        if found is None:
            found = {}
            begin = int(midnight.timestamp())
            for stamp, value in self.world.series(thing, signal).samples(midnight, midnight + DAY):
                hour = (stamp - begin) // 3600
                found[hour] = found.get(hour, 0) + int(value)
            if len(self._sums) >= _MOST_MEASURED:
                self._sums.clear()
            self._sums[key] = found
        return found

    def _price(self, quantity: Decimal, meter: Meter, region: str, factor: Decimal) -> _Amounts:
        price = meter.tariff.price(region)
        key = (quantity, price, factor)
        found = self._seen.get(key)
        if found is None:
            found = self._stated(quantity * factor, price)
            if meter.basis is not Basis.MEASURED:
                self._seen[key] = found
        return found

    def _stated(self, quantity: Decimal, price: Decimal) -> _Amounts:
        stated = rounded(quantity)
        paid = price * (1 - self.account.discount)
        return _Amounts(stated, rounded(stated * paid), rounded(stated * price))

    def _line(self, thing: Thing, meter: Meter, span: Window, amounts: _Amounts) -> CostLine:
        return CostLine(
            account=self.account.id,
            start=span.start,
            end=span.end,
            record_type="Usage",
            service=meter.service,
            usage_type=meter.usage_type,
            operation=meter.operation,
            description=meter.description,
            region=thing.region,
            unit=meter.tariff.unit,
            quantity=amounts.quantity,
            price=meter.tariff.price(thing.region),
            billed=amounts.billed,
            listed=amounts.listed,
            thing=thing,
        )

    def _late(self, day: date, known: Published) -> Iterator[CostLine]:
        """Data transfer and the credit, which arrive after the day has ended."""
        if known.transfer:
            for region in REGIONS:
                yield self._transfer(day, region, known.factor)
        if known.credit:
            yield self._credit(day)

    def _transfer(self, day: date, region: str, factor: Decimal) -> CostLine:
        megabytes = dice.whole(500, 60_000, self.world.seed, self.account.id, day, region)
        price = TRANSFER_OUT.price(region)
        amounts = self._stated(Decimal(megabytes) / 1000 * factor, price)
        return CostLine(
            account=self.account.id,
            start=day_window(day).start,
            end=day_window(day).end,
            record_type="Usage",
            service=services.TRANSFER,
            usage_type=usage_type(region, "DataTransfer-Out-Bytes"),
            operation="RunInstances",
            description="$0.09 per GB - first 10 TB / month data transfer out",
            region=region,
            unit=TRANSFER_OUT.unit,
            quantity=amounts.quantity,
            price=price,
            billed=amounts.billed,
            listed=amounts.listed,
        )

    def _credit(self, day: date) -> CostLine:
        share = dice.whole(2_500, 15_000, self.world.seed, self.account.id, day, "credit")
        amount = -Decimal(share) / 10_000
        return CostLine(
            account=self.account.id,
            start=day_window(day).start,
            end=day_window(day).end,
            record_type="Credit",
            service=services.COMPUTE,
            usage_type=usage_type(VIRGINIA, "BoxUsage:m5.large"),
            operation="RunInstances",
            description="Migration programme credit",
            region=VIRGINIA,
            billed=amount,
            listed=amount,
        )

    def _tax(self, day: date, owed: Decimal, invoice: str) -> CostLine:
        amount = rounded(owed * self.account.tax)
        return CostLine(
            account=self.account.id,
            start=day_window(day).start,
            end=day_window(day).end,
            record_type="Tax",
            service=services.TAX,
            description="Tax on the charges of the day",
            billed=amount,
            listed=amount,
            invoice=invoice,
        )


def _hours(midnight: datetime, first: datetime, last: datetime) -> Iterator[tuple[int, int, int]]:
    """The hours a span covers as (hour, how many alike, minutes of each).

    Everything in this world begins and ends on a whole minute.
    """
    begin = (first - midnight) // _MINUTE
    end = (last - midnight) // _MINUTE
    if begin % 60:
        until = min(end, (begin // 60 + 1) * 60)
        yield begin // 60, 1, until - begin
        begin = until
    if end - begin >= 60:  # noqa: PLR2004 - minutes of an hour
        yield begin // 60, (end - begin) // 60, 60
        begin = end // 60 * 60
    if begin < end:
        yield begin // 60, 1, end - begin


def cost_lines(
    world: World, account_id: str, day: date, as_of: datetime, *, hourly: bool = False
) -> Iterator[CostLine]:
    """The charges of an account's day as the provider knew them at ``as_of``."""
    yield from ledger_of(world, account_id).lines(day, as_of, hourly=hourly)


def ledger_of(world: World, account_id: str) -> Ledger:
    """The one ledger that this world has of an account."""
    key = ("ledger", account_id)
    kept = world.memo.get(key)
    if kept is None:
        kept = world.memo.setdefault(key, Ledger(world, world.account(account_id)))
    ledger: Ledger = kept
    return ledger
