"""How many calls does a tick of 1,000 instances take at each cloud, and what is a month of it?

Every collector of every provider runs against its simulated cloud as the runner would run it; the
ledger that the collectors keep says what each call was and what it costs.
"""

import argparse
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from benchmarks.figures import load, show
from optiinfra_core.collecting.contract import Collector, Provider, Rhythm
from optiinfra_core.collecting.gate import Call, CallLog, Gate
from optiinfra_core.metrics import ResourceRow, Row
from optiinfra_core.windows import DAY, QUARTER_HOUR, FixedClock, Window, day_window, floor
from optiinfra_pipelines.providers.gcp.samples import SAMPLED
from optiinfra_pipelines.registry import provider
from optiinfra_simulator.clouds import Holder, SimulatedCloud
from optiinfra_simulator.installed import others
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.world import World

NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
# How often a source that tells its changes has some, a day: as its provider documents it, and for
# Google, which promises nothing, as the simulated one does.
REFRESHES: Mapping[str, int] = {"focus_export": 6, "bigquery_detailed": 12, "bigquery_focus": 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What one collection took: its calls, its rows, and its calls while nothing had changed."""

    provider: str
    customer: str
    metric: str
    source: str
    calls: tuple[Call, ...]
    idle: tuple[Call, ...]
    tells_changes: bool
    rows: tuple[Row, ...]
    rhythm: Rhythm

    @property
    def operations(self) -> Counter[str]:
        """Calls by operation."""
        return Counter(call.operation for call in self.calls)

    @property
    def monthly(self) -> Decimal:
        """Dollars of 30 days: the ticks with changes, and those without where a source tells."""
        ticks = Decimal(DAY / max(self.rhythm.min_interval, QUARTER_HOUR))
        busy = min(ticks, Decimal(REFRESHES.get(self.source, 96))) if self.tells_changes else ticks
        return 30 * (busy * usd(self.calls) + (ticks - busy) * usd(self.idle))


def usd(calls: tuple[Call, ...]) -> Decimal:
    """What the provider bills for them."""
    return sum((call.usd for call in calls), Decimal(0))


def ticks(cloud: SimulatedCloud, holder: Holder, clock: FixedClock) -> Iterator[Tick]:
    """One tick of every collector of the account's provider."""
    here: Provider = provider(cloud.slug)
    entered = here.credential.model_validate(dict(cloud.credential(holder.account_id)))
    for collector in here.collectors:
        log = CallLog()
        gate = Gate(ledger=log, clock=clock, private_endpoints=True)
        with closing(here.connect(entered, gate)) as connection:
            yield one(collector, connection, (cloud.slug, holder.customer), log)


def one(collector: Collector[Any], connection: Any, account: tuple[str, str], log: CallLog) -> Tick:
    """A tick of one collector: what changed since yesterday, and the newest windows."""
    now = connection.gate.clock.now()
    rhythm = collector.rhythm(connection)
    horizon = Window(day_window((now - DAY).date()).start, day_window(now.date()).end)
    first = collector.changes(connection, None, horizon)
    partial = collector.metric.partial and first is not None
    spans = first.spans if first and partial else (newest(collector, rhythm, now),)
    rows: list[Row] = []
    for span in spans:
        items = collector.collect(connection, collector.extent(connection, span))
        rows += [item for item in items if isinstance(item, Row)]
    calls = tuple(log.drain())
    if first is not None:
        collector.changes(connection, first.version, horizon)
    return Tick(
        provider=account[0],
        customer=account[1],
        metric=collector.metric.name,
        source=collector.source(connection),
        calls=calls,
        idle=tuple(log.drain()),
        tells_changes=partial,
        rows=tuple(rows),
        rhythm=rhythm,
    )


def newest(collector: Collector[Any], rhythm: Rhythm, now: datetime) -> Window:
    """The windows that one interval of the source brings."""
    metric = collector.metric
    if metric.partial:
        start = floor(now, metric.window)
        return Window(start, start + metric.window)
    end = floor(now - rhythm.lag, QUARTER_HOUR)
    return Window(end - max(rhythm.min_interval, metric.window), end)


Owned = Counter[tuple[str, str]]
Least = Callable[[Tick, Owned], int]


def machines(noun: str, size: int, *, by_region: bool) -> Least:
    """Calls for all resources of a type with ``size`` of them to a call."""

    def least(_: Tick, owned: Owned) -> int:
        counts = [count for (kind, _), count in owned.items() if kind == noun]
        return sum(math.ceil(n / size) for n in (counts if by_region else [sum(counts)]))

    return least


def everything(size: int) -> Least:
    """Calls for all resources of an account."""
    return lambda _, owned: math.ceil(owned.total() / size)


def units(operation: str, size: int) -> Least:
    """Calls for what was billed, region by region, ``size`` of it to a call."""

    def least(tick: Tick, _: Owned) -> int:
        billed: Counter[str] = Counter()
        for call in tick.calls:
            billed[call.region] += call.units if call.operation == operation else 0
        return sum(math.ceil(count / size) for count in billed.values())

    return least


def sampled(kinds: tuple[str, ...], size: int) -> Least:
    """Calls for resources of several types, each type and region by itself."""

    def least(_: Tick, owned: Owned) -> int:
        return sum(math.ceil(count / size) for (kind, _), count in owned.items() if kind in kinds)

    return least


MONITOR = (
    "azure.compute.virtualmachine",
    "azure.sql.database",
    "azure.containerservice.managedcluster",
)
# Page sizes and batch limits as the providers' surveys name them.
FLOORS: Mapping[tuple[str, str, str], Least] = {
    ("aws", "resource", "ec2:DescribeInstances"): machines(
        "aws.ec2.instance", 1000, by_region=True
    ),
    ("aws", "performance", "cloudwatch:GetMetricData"): units("cloudwatch:GetMetricData", 500),
    ("gcp", "resource", "compute.instances.list"): machines(
        "gcp.compute.instance", 500, by_region=False
    ),
    ("gcp", "performance", "monitoring.timeSeries.list"): lambda _tick, _owned: len(
        {sampled.type for sampled in SAMPLED}
    ),
    ("azure", "resource", "Microsoft.ResourceGraph/resources:query"): everything(1000),
    ("azure", "performance", "Microsoft.Insights/metrics:getBatch"): sampled(MONITOR, 50),
    ("vultr", "resource", "vultr:instances"): machines(
        "vultr.compute.instance", 500, by_region=False
    ),
    ("vultr", "performance", "vultr:instances/{id}/bandwidth"): lambda _tick, _owned: 0,
}


def report(found: list[Tick]) -> Iterator[dict[str, object]]:
    """A line for each collector of each account; ``over`` names operations above their floor."""
    owned: dict[tuple[str, str], Owned] = {}
    for tick in found:
        for row in tick.rows:
            if isinstance(row, ResourceRow):
                account = owned.setdefault((tick.provider, tick.customer), Counter())
                account[row.resource_type, row.region] += 1
    for tick in found:
        mine = owned[tick.provider, tick.customer]
        floors = {
            operation: least(tick, mine)
            for (slug, metric, operation), least in FLOORS.items()
            if (slug, metric) == (tick.provider, tick.metric)
        }
        yield {
            "provider": tick.provider,
            "customer": tick.customer,
            "data": tick.metric,
            "source": tick.source,
            "calls": len(tick.calls),
            "idle": len(tick.idle) if tick.tells_changes else "",
            "floor": " ".join(f"{count}/{floors[name]}" for name, count in batched(tick, floors)),
            "over": " ".join(name for name, count in batched(tick, floors) if count > floors[name]),
            "rows": len(tick.rows),
            "usd": format(usd(tick.calls), ".6f"),
            "usd_month": format(tick.monthly, ".2f"),
        }


def batched(tick: Tick, floors: Mapping[str, int]) -> list[tuple[str, int]]:
    """The operations that have a floor, with how often they were called."""
    return [(name, tick.operations[name]) for name in floors]


def main() -> int:
    """Print calls, floors and dollars; 1 where an operation is called more often than needed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1000, help="instances of each account")
    instances = parser.parse_args().instances
    clock = FixedClock(NOW)
    world = World(clock=clock, instances=instances, hourly_export=False)
    began = load()
    with SimulatorServer(world, others=others(world)) as server:
        found = [
            tick
            for cloud in server.clouds
            for holder in cloud.holders()
            for tick in ticks(cloud, holder, clock)
        ]
    lines = list(report(found))
    show("collecting_cost", [{**line, "load": began} for line in lines])
    monthly: dict[str, Decimal] = {}
    for tick in found:
        name = f"{tick.customer} at {tick.provider}"
        monthly[name] = monthly.get(name, Decimal(0)) + tick.monthly
    for name, dollars in monthly.items():
        print(f"{name}: {dollars:.2f} USD a month")
    for customer in sorted({tick.customer for tick in found}):
        total = sum((tick.monthly for tick in found if tick.customer == customer), Decimal(0))
        print(f"{customer}: {total:.2f} USD a month at all clouds")
    return int(any(line["over"] for line in lines))


if __name__ == "__main__":
    sys.exit(main())
