"""How many samples there are to collect of each Vultr resource: the truth about performance."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, day_window, floor, month_window
from optiinfra_simulator.vultr import measured
from optiinfra_simulator.vultr.routes import Estate
from optiinfra_simulator.vultr.things import Base, Inference, Machine
from optiinfra_simulator.world.signals import Signal
from optiinfra_simulator.world.things import Thing

FIVE_MINUTES = timedelta(minutes=5)
# A day's traffic is asked for once the day is an hour over; Vultr keeps 60 days.
SETTLED, KEPT = timedelta(hours=1), 60 * DAY

# Metrics that are made of each signal: memory and disk are told in bytes and as a share.
_MACHINE: tuple[tuple[Signal, int], ...] = (
    (measured.CPU, 1), (measured.MEMORY, 2), (measured.DISK, 2), (measured.NETWORK_IN, 1),
    (measured.NETWORK_OUT, 1), (measured.DISK_READ, 1), (measured.DISK_WRITE, 1),
    (measured.LOAD, 1),
)  # fmt: skip
_GPU: tuple[tuple[Signal, int], ...] = (
    (measured.GPU, 1), (measured.GPU_MEMORY, 1), (measured.GPU_POWER, 1),
    (measured.GPU_TEMPERATURE, 1),
)  # fmt: skip


def by_resource(estate: Estate, span: Window, as_of: datetime) -> Mapping[str, int]:
    """Samples with a stamp in ``span`` of everything that existed at some time of it."""
    found: dict[str, int] = {}
    for thing in _measured(estate, span):
        count = _count(estate, thing, span, as_of)
        if count:
            found[thing.id] = count
    return found


def _measured(estate: Estate, span: Window) -> Iterator[Thing]:
    """What may have samples in ``span``: a machine's day begins before the machine may."""
    days = Window(floor(span.start, DAY), max(span.end, floor(span.start, DAY) + DAY))
    month = month_window(span.start.date()) if _begins(span) else None
    for thing in estate.fleet.things(days):
        if isinstance(thing, Machine | Base):
            yield thing
    for thing in estate.fleet.things(month or days):
        if isinstance(thing, Inference):
            yield thing


def _begins(span: Window) -> bool:
    return month_window(span.start.date()).start == span.start


def _count(estate: Estate, thing: Thing, span: Window, as_of: datetime) -> int:
    if isinstance(thing, Machine):
        return _scraped(estate, thing, span, as_of) + _traffic(estate, thing, span, as_of)
    if isinstance(thing, Base):
        return _instant(thing, span, as_of)
    return _tokens(thing, span, as_of)


def _scraped(estate: Estate, machine: Machine, span: Window, as_of: datetime) -> int:
    if not estate.account.watched:
        return 0
    end = min(span.end, floor(as_of, FIVE_MINUTES))
    signals = (*_MACHINE, *(_GPU if machine.plan.gpu else ()))
    world = estate.world
    return sum(times * world.series(machine, one).count(span.start, end) for one, times in signals)


def _traffic(estate: Estate, machine: Machine, span: Window, as_of: datetime) -> int:
    count, midnight = 0, floor(span.start, DAY)
    while midnight < span.end:
        day = day_window(midnight.date())
        shown = day.end + SETTLED <= as_of and as_of - day.start < KEPT
        if midnight in span and shown and machine.life.overlaps(day.start, day.end):
            count += sum(
                not _fine(estate, machine, signal, midnight)
                for signal in (measured.NETWORK_IN, measured.NETWORK_OUT)
            )
        midnight += DAY
    return count


def _fine(estate: Estate, machine: Machine, signal: Signal, midnight: datetime) -> bool:
    """Whether five minutes at midnight were scraped; then the day's figure is not needed."""
    series = estate.world.series(machine, signal)
    return estate.account.watched and series.count(midnight, midnight + FIVE_MINUTES) > 0


def _instant(base: Base, span: Window, as_of: datetime) -> int:
    """A database tells its present load only: it stands in the last window that has ended."""
    start = floor(as_of, QUARTER_HOUR) - QUARTER_HOUR
    midnight = start == floor(start, DAY)
    alive = base.life.alive(as_of)
    return len(measured.DATABASE) if start in span and alive and not midnight else 0


def _tokens(thing: Thing, span: Window, as_of: datetime) -> int:
    """Tokens of the month before ``as_of``, stamped with its start."""
    month = month_window((month_window(as_of.date()).start - DAY).date())
    told = month.start in span and thing.life.overlaps(month.start, month.end)
    return 1 if told and thing.life.alive(as_of) else 0
