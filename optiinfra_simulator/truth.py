"""What is true in the simulated cloud, computed from the world without any request or answer."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from optiinfra_core.windows import DAY, Window
from optiinfra_simulator.cost.ledger import ledger_of
from optiinfra_simulator.cost.lines import ZERO, CostLine
from optiinfra_simulator.world.signals import namespace_of
from optiinfra_simulator.world.things import KINDS, Thing
from optiinfra_simulator.world.world import World


@dataclass(frozen=True, slots=True)
class Sample:
    """One measurement: ``stamp`` is the start of its five minutes."""

    region: str
    resource_id: str
    namespace: str
    metric: str
    stamp: datetime
    value: float


def days(start: date, end: date) -> Iterator[date]:
    """The days of [start, end)."""
    while start < end:
        yield start
        start += DAY


def charges(
    world: World, account: str, start: date, end: date, as_of: datetime
) -> Iterator[CostLine]:
    """Every charge of the days [start, end) as the provider knew them at ``as_of``."""
    ledger = ledger_of(world, account)
    for day in days(start, end):
        yield from ledger.lines(day, as_of)


def cost_total(world: World, account: str, start: date, end: date, as_of: datetime) -> Decimal:
    """What the days [start, end) cost, in dollars, as known at ``as_of``."""
    return sum((line.billed for line in charges(world, account, start, end, as_of)), ZERO)


def cost_by_day(
    world: World, account: str, start: date, end: date, as_of: datetime
) -> Mapping[date, Decimal]:
    """The cost of each day in [start, end); a day without charges is not there."""
    found: dict[date, Decimal] = {}
    for line in charges(world, account, start, end, as_of):
        found[line.start.date()] = found.get(line.start.date(), ZERO) + line.billed
    return found


def cost_by_service(
    world: World, account: str, start: date, end: date, as_of: datetime
) -> Mapping[str, Decimal]:
    """The cost of each service, by the names of Cost Explorer."""
    found: dict[str, Decimal] = {}
    for line in charges(world, account, start, end, as_of):
        found[line.service.title] = found.get(line.service.title, ZERO) + line.billed
    return found


def cost_by_focus_service(
    world: World, account: str, start: date, end: date, as_of: datetime
) -> Mapping[str, Decimal]:
    """The cost of each service, by the names of FOCUS exports."""
    found: dict[str, Decimal] = {}
    for line in charges(world, account, start, end, as_of):
        found[line.service.focus_name] = found.get(line.service.focus_name, ZERO) + line.billed
    return found


def resources(world: World, account: str, at: datetime) -> Mapping[str, tuple[str, ...]]:
    """The identifiers of what exists at an instant, by kind; stopped instances exist."""
    found: dict[str, list[str]] = {kind.kind: [] for kind in KINDS}
    for thing in world.fleet(account).at(at):
        found[thing.kind].append(thing.id)
    return {kind: tuple(sorted(ids)) for kind, ids in found.items()}


def samples(
    world: World, account: str, start: datetime, end: datetime, as_of: datetime | None = None
) -> Iterator[Sample]:
    """Every measurement with a stamp in [start, end); with ``as_of``, those visible by then."""
    for thing in world.fleet(account).things(Window(start, end)):
        yield from _samples_of(world, thing, Window(start, end), as_of)


def sample_counts(
    world: World, account: str, start: datetime, end: datetime, as_of: datetime | None = None
) -> Mapping[str, int]:
    """How many measurements there are of each ``namespace/metric``."""
    span = Window(start, end)
    return _counts(world, world.fleet(account).things(span), span, as_of)


def collectable(
    world: World, account: str, span: Window, as_of: datetime, metrics: Collection[str]
) -> int:
    """How many measurements of ``metrics`` (``namespace/metric``) an inventory can lead to.

    That is of what exists at ``as_of``: AWS lists a terminated instance for an hour at most, so
    that whoever asks later for samples of what it finds cannot ask for that instance's.
    """
    counts = _counts(world, world.fleet(account).at(as_of), span, as_of)
    return sum(count for metric, count in counts.items() if metric in metrics)


def collectable_by_resource(
    world: World, account: str, span: Window, as_of: datetime, metrics: Collection[str]
) -> Mapping[str, int]:
    """How many measurements of ``metrics`` each thing has that existed at any time of ``span``."""
    found: dict[str, int] = {}
    for thing in world.fleet(account).things(span):
        counts = _counts(world, (thing,), span, as_of)
        found[thing.id] = sum(count for metric, count in counts.items() if metric in metrics)
    return found


def _counts(
    world: World, things: Iterable[Thing], span: Window, as_of: datetime | None
) -> dict[str, int]:
    found: dict[str, int] = {}
    for thing in things:
        namespace = namespace_of(type(thing))
        for signal in namespace.signals if namespace else ():
            count = world.series(thing, signal).count(span.start, span.end, as_of)
            key = f"{namespace.name if namespace else ''}/{signal.name}"
            if count:
                found[key] = found.get(key, 0) + count
    return found


def _samples_of(
    world: World, thing: Thing, span: Window, as_of: datetime | None
) -> Iterator[Sample]:
    namespace = namespace_of(type(thing))
    for signal in namespace.signals if namespace else ():
        series = world.series(thing, signal)
        for stamp, value in series.samples(span.start, span.end, as_of):
            yield Sample(
                thing.region,
                thing.id,
                namespace.name if namespace else "",
                signal.name,
                datetime.fromtimestamp(stamp, UTC),
                value,
            )
