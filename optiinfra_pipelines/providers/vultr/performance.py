"""Vultr performance: machines from a Prometheus, and the little that Vultr measures itself."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from typing_extensions import override

from optiinfra_core.collecting.contract import Changes, Collector, Rhythm, Typical
from optiinfra_core.collecting.parts import PartFailures
from optiinfra_core.collecting.payloads import understood
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import Malformed, OptiInfraError, PartFailure
from optiinfra_core.metrics import PERFORMANCE, PerformanceRow
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, floor
from optiinfra_pipelines.providers.vultr import own_metrics
from optiinfra_pipelines.providers.vultr.client import Vultr, inventory
from optiinfra_pipelines.providers.vultr.client.calls import Payload
from optiinfra_pipelines.providers.vultr.machine_metrics import Machine, samples
from optiinfra_pipelines.providers.vultr.payloads import region

PROMETHEUS = "prometheus"

SAMPLES = Rhythm(
    min_interval=QUARTER_HOUR,
    lag=timedelta(minutes=2),
    reread=timedelta(0),
    history=own_metrics.KEPT * DAY,
    # The window at which a month begins is read again when the month is over.
    recheck=own_metrics.KEPT * DAY,
)


class PerformanceCollector(Collector[Vultr]):
    """Samples of machines, databases and inference.

    A day's traffic stands in the window at which the day begins, and a month's tokens in the one at
    which the month begins: ``changes`` has those windows read again once the figure is complete.
    """

    metric = PERFORMANCE
    # Listings, 16 series of a Prometheus, two databases; and each instance's traffic once a day.
    typical = Typical(rhythm=SAMPLES, calls_per_span=Decimal(24), calls_per_day=Decimal(100))

    @override
    def source(self, connection: Vultr) -> str:
        """``prometheus`` where one is named (with Vultr's own figures), else ``vultr_usage``."""
        return PROMETHEUS if connection.metrics is not None else "vultr_usage"

    @override
    def rhythm(self, connection: Vultr) -> Rhythm:
        """A Prometheus has scraped within two minutes; Vultr keeps the traffic of 60 days."""
        return SAMPLES

    @override
    def changes(self, connection: Vultr, since: str | None, horizon: Window) -> Changes | None:
        """The windows of days and months that are complete now; known by the clock, no call."""
        now = connection.gate.clock.now()
        last = own_metrics.settled_day(now)
        before = date.fromisoformat(since) if since else None
        spans = tuple(own_metrics.rereads(before, now, horizon))
        return Changes(version=last.isoformat(), spans=spans)

    @override
    def collect(
        self, connection: Vultr, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[PerformanceRow | PartFailure]:
        """Every sample of ``span``; where a resource's call fails, its region is a failed part."""
        failures = PartFailures()
        machines = _machines(connection)
        # Instances whose traffic is told by five minutes already, by midnight and metric.
        fine: set[tuple[str, str, datetime]] = set()
        for row in _scraped(connection, machines, span, failures):
            if row.ts == floor(row.ts, DAY):
                fine.add((row.resource_id, row.metric, row.ts))
            if _wanted(row, parts):
                yield row
        for row in _own(connection, machines, span, failures):
            coarse = (row.resource_id, row.metric, row.ts) in fine
            if not coarse and _wanted(row, parts):
                yield row
        yield from failures


def _wanted(row: PerformanceRow, parts: frozenset[str] | None) -> bool:
    return parts is None or row.region in parts


def _machines(vultr: Vultr) -> list[Machine]:
    metals = inventory.listed(vultr, inventory.BARE_METALS) if vultr.metrics else iter(())
    return [
        *(
            Machine("vultr.compute.instance", one)
            for one in inventory.listed(vultr, inventory.INSTANCES)
        ),
        *(Machine("vultr.compute.bare_metal", one) for one in metals),
    ]


def _scraped(
    vultr: Vultr, machines: Sequence[Machine], span: Window, failures: PartFailures
) -> Iterator[PerformanceRow]:
    if vultr.metrics is None:
        return
    try:
        yield from samples(vultr.metrics, machines, span)
    except OptiInfraError as error:
        if error.retryable:
            raise
        # What waiting does not heal is told in every region that has machines.
        for machine in machines:
            failures.add(region(machine.payload.get("region")), error)


def _own(
    vultr: Vultr, machines: Sequence[Machine], span: Window, failures: PartFailures
) -> Iterator[PerformanceRow]:
    now = vultr.gate.clock.now()
    for outcome in vultr.spread(_jobs(vultr, machines, span, now)):
        if outcome.error is not None:
            failures.add(outcome.part, outcome.error)
        elif isinstance(outcome.value, Malformed):
            failures.add(outcome.part, outcome.value)
        else:
            yield from outcome.value or ()


Told = list[PerformanceRow] | Malformed


def _jobs(
    vultr: Vultr, machines: Sequence[Machine], span: Window, now: datetime
) -> Iterator[Job[Told]]:
    wanted = own_metrics.days(span, now)
    for machine in machines if wanted else ():
        if machine.resource_type == "vultr.compute.instance":
            work = partial(own_metrics.bandwidth, vultr, machine.payload, wanted)
            yield _job(machine.payload, work)
    ts = own_metrics.present(span, now)
    for payload in inventory.listed(vultr, inventory.DATABASES) if ts else ():
        if ts is not None:
            yield _job(payload, partial(own_metrics.database, vultr, payload, ts))
    month = own_metrics.billed_month(span, now)
    for payload in inventory.listed(vultr, inventory.INFERENCE) if month else ():
        if month is not None:
            yield _job(payload, partial(own_metrics.tokens, vultr, payload, month))


def _job(payload: Payload, work: "partial[list[PerformanceRow]]") -> Job[Told]:
    return Job(part=region(payload.get("region")), work=lambda: understood(work, payload))
