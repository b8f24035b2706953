"""The lines of one usage day: what is charged, when it is exported, what is corrected later.

Everything is drawn from (seed, project, day, thing, SKU), so that a day is the same whenever it
is looked at; what is known at an instant follows from when each row is exported.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from optiinfra_core.windows import DAY, Window, day_window, month_window
from optiinfra_simulator.google.cost.lines import (
    ADJUSTMENT,
    MICRO,
    Adjustment,
    Facet,
    Line,
)
from optiinfra_simulator.google.cost.meters import PROMOTION, SUSTAINED, Basis, Meter, meters
from optiinfra_simulator.google.world.fleet import Fleet
from optiinfra_simulator.google.world.projects import Project
from optiinfra_simulator.google.world.skus import sku
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Thing

_HOUR = 3600
_MASK = (1 << 64) - 1
# Usage is exported three to nine hours after it has ended; one line in 23 up to three days later.
_LEAST_LAG, _LAGS = 3, 7
_LATE, _LATEST_HOURS = 23, 72
# One line in 151 is corrected, four to eight days after its day.
_CORRECTED = 151
# Sustained use discounts grow by a fifth with each quarter of the month.
_QUARTERS = 4
_ONE_IN_PROMOTED, _PROMOTED_SHARE = 5, Decimal("0.03")
COMMITTED_CORES = 4

_NEGATION = Adjustment(
    "Usage of the day was reported twice by the service", "COMPLETE_NEGATION_WITH_REMONETIZATION",
    "USAGE_CORRECTION",
)  # fmt: skip

# Cost, list cost, quantity, discount and promotion of a row.
_Amounts = tuple[int, int, float, int | None, int | None]


@dataclass(frozen=True, slots=True)
class _Charge:
    """What a thing is charged for, where its draws begin, and what was priced of it before."""

    facet: Facet
    meter: Meter
    seed: int
    priced: dict[tuple[int, int], _Amounts] = field(default_factory=dict)


# So many days after its usage the last row of an ordinary line is exported, corrections included.
LONGEST = timedelta(days=10)


@dataclass
class Ledger:
    """Draws the lines of a project's days; ``hourly`` rows, or one row per run of a day."""

    seed: int
    project: Project
    fleet: Fleet
    hourly: bool = True
    _charged: dict[str, tuple[_Charge, ...]] = field(default_factory=dict)

    def lines(self, day: date) -> Iterator[Line]:
        """The ordinary lines of a usage day, corrections included."""
        span = day_window(day)
        quarter, number = self._sustained(day), day.toordinal()
        for thing in self.fleet.things(span):
            for charge in self._metered(thing):
                draw = _mixed(charge.seed, number)
                for line in self._usage(charge, span, (draw, quarter)):
                    yield line
                    if (draw >> 16) % _CORRECTED == 0:
                        yield from _correction(line, span, draw)
        if self.fleet.machines:
            yield from self._commitment(span)

    def _sustained(self, day: date) -> int:
        """In which quarter of its month a day lies."""
        return (day.day - 1) * _QUARTERS // month_window(day).length.days

    def _metered(self, thing: Thing) -> tuple[_Charge, ...]:
        """What a thing is charged for."""
        found = self._charged.get(thing.billing_id)
        if found is None:
            promoted = dice.number(self.seed, thing.billing_id, "promoted") % _ONE_IN_PROMOTED == 0
            found = self._charged[thing.billing_id] = tuple(
                self._charge(
                    Facet(
                        project=self.project,
                        sku=meter.sku,
                        region=thing.region,
                        thing=thing,
                        discount=meter.discount,
                        promotion=PROMOTION if promoted else None,
                    ),
                    meter,
                )
                for meter in meters(thing)
            )
        return found

    def _charge(self, facet: Facet, meter: Meter) -> _Charge:
        return _Charge(facet, meter, dice.number(self.seed, self.project.id, *facet.key))

    def _usage(self, charge: _Charge, span: Window, drawn: tuple[int, int]) -> Iterator[Line]:
        thing = charge.facet.thing
        if thing is None:
            return
        if charge.meter.basis is Basis.RUN:
            spans = thing.life.running(span.start, span.end)
        else:
            existing = thing.life.existing(span.start, span.end)
            spans = iter((existing,) if existing else ())
        for first, last in spans:
            for run in self._runs(first, last):
                yield self._line(charge, run, drawn)

    def _runs(self, first: datetime, last: datetime) -> Iterator[tuple[int, int, int]]:
        """Rows alike as (start, how many, seconds of each); all begin and end on whole minutes."""
        begin, end = int(first.timestamp()), int(last.timestamp())
        if not self.hourly:
            yield begin, 1, end - begin
            return
        if begin % _HOUR:
            until = min(end, begin // _HOUR * _HOUR + _HOUR)
            yield begin, 1, until - begin
            begin = until
        if end - begin >= _HOUR:
            yield begin, (end - begin) // _HOUR, _HOUR
            begin = end // _HOUR * _HOUR
        if begin < end:
            yield begin, 1, end - begin

    def _line(self, charge: _Charge, run: tuple[int, int, int], drawn: tuple[int, int]) -> Line:
        start, count, step = run
        draw, quarter = drawn
        found = charge.priced.get((step, quarter))
        if found is None:
            found = charge.priced[step, quarter] = self._amounts(charge, step, quarter)
        cost, listed, quantity, discount, promotion = found
        return Line(
            facet=charge.facet,
            start=start,
            count=count,
            step=step,
            cost=cost,
            listed=listed,
            quantity=quantity,
            discount=discount,
            promotion=promotion,
            lag=_lag(draw),
        )

    def _amounts(self, charge: _Charge, step: int, quarter: int) -> _Amounts:
        """What so many seconds cost: cost, list cost, quantity, and both credits."""
        facet = charge.facet
        share = Decimal(quarter) / 5 if facet.discount is SUSTAINED else Decimal(1)
        quantity = charge.meter.factor * step / _HOUR
        cost = micros(quantity * facet.paid)
        discount = micros(-share * cost / MICRO) if facet.discount and share else None
        left = Decimal(cost + (discount or 0)) / MICRO
        promotion = micros(-_PROMOTED_SHARE * left) if facet.promotion and left else None
        return cost, micros(quantity * facet.sku.price), float(quantity), discount, promotion

    def _commitment(self, span: Window) -> Iterator[Line]:
        """The fee of the commitment that pays for cores of N2 machines."""
        region = "us-central1"
        number = 10**18 + dice.number(self.seed, self.project.id, "commitment") % 10**18
        facet = Facet(
            project=self.project,
            sku=sku("commitment", region),
            region=region,
            subscription=str(number),
        )
        start = int(span.start.timestamp())
        hours = (start, 24, _HOUR) if self.hourly else (start, 1, 24 * _HOUR)
        meter = Meter(facet.sku, Basis.OWNED, Decimal(COMMITTED_CORES))
        yield self._line(self._charge(facet, meter), hours, (0, 0))


def micros(amount: Decimal) -> int:
    """An amount in millionths of a dollar, as the export states it."""
    return int((amount * MICRO).to_integral_value(ROUND_HALF_EVEN))


def _mixed(seed: int, day: int) -> int:
    """A 64-bit number for a day; the mixing function is SplitMix64, much quicker than a hash."""
    mixed = (seed + day * 0x9E3779B97F4A7C15) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return mixed ^ (mixed >> 31)


def _lag(draw: int) -> int:
    hours = _LEAST_LAG + draw % _LAGS
    if (draw >> 8) % _LATE == 0:
        hours += 24 + (draw >> 24) % (_LATEST_HOURS - 24 - _LEAST_LAG - _LAGS)
    return hours * _HOUR


def _correction(line: Line, span: Window, draw: int) -> Iterator[Line]:
    """The rows that take a line back and charge it anew, days later."""
    days = 4 + (draw >> 32) % 5
    exported = int((span.end + days * DAY).timestamp())
    # The last hour of the line is corrected then, those before it somewhat earlier.
    lag = exported - line.start - line.step * line.count
    month = f"{span.start + days * DAY:%Y%m}"
    share = Decimal(80 + (draw >> 40) % 30) / 100
    taken = replace(
        line,
        cost=-line.cost,
        listed=-line.listed,
        quantity=-line.quantity,
        discount=None if line.discount is None else -line.discount,
        promotion=None if line.promotion is None else -line.promotion,
        lag=lag,
        cost_type=ADJUSTMENT,
        adjustment=_NEGATION,
        month=month,
    )
    yield taken
    yield replace(
        taken,
        cost=_part(line.cost, share),
        listed=_part(line.listed, share),
        quantity=line.quantity * float(share),
        discount=None if line.discount is None else _part(line.discount, share),
        promotion=None if line.promotion is None else _part(line.promotion, share),
    )


def _part(amount: int, share: Decimal) -> int:
    return int((amount * share).to_integral_value(ROUND_HALF_EVEN))
