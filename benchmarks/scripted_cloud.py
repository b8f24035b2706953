"""A cloud that answers at once, in memory: what is left is what OptiInfra itself takes.

Each account has ten machines with five metrics sampled every five minutes, twenty resources and
thirty charges a day; it behaves in time as AWS does. Found by its entry point, as a provider that
somebody else ships.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

from pydantic import SecretStr
from typing_extensions import override

from optiinfra_core.collecting.contract import (
    Collector,
    Credential,
    Provider,
    Rhythm,
    Typical,
    Verification,
)
from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_core.metrics import (
    COST,
    PERFORMANCE,
    RESOURCE,
    CostRow,
    Metric,
    PerformanceRow,
    ResourceRow,
    Row,
)
from optiinfra_core.metrics.performance import UNITS
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, month_window

SLUG = "scripted"
MACHINES, RESOURCES, CHARGES = 10, 20, 30
METRICS = ("cpu_utilization", "network_in", "network_out", "disk_read", "disk_write")
FIVE_MINUTES = timedelta(minutes=5)
REGIONS = ("north", "south")


class ScriptedCredential(Credential):
    """Which account, and something to seal."""

    account: str
    token: SecretStr


class Account:
    """One open account."""

    def __init__(self, credential: ScriptedCredential, gate: Gate) -> None:
        self.id = credential.account
        self._gate = gate

    def close(self) -> None:
        """Nothing is open."""

    def call(self, operation: str, units: int) -> None:
        """Write a call down, as a client's meter does."""
        self._gate.ledger.record(
            Call(
                at=self._gate.clock.now(),
                operation=operation,
                region=REGIONS[0],
                units=units,
                usd=Decimal("0.00001") * units,
                milliseconds=1,
                status=200,
                throttled=False,
            )
        )


Rows = Callable[[Window], Iterator[Row]]


class ScriptedCollector(Collector[Account]):
    """Rows that follow from the span alone."""

    def __init__(self, metric: Metric, rhythm: Rhythm, rows: Rows) -> None:
        self.metric = metric
        self.typical = Typical(rhythm=rhythm)
        self._rows = rows

    @override
    def source(self, connection: Account) -> str:
        """One source."""
        return "scripted"

    @override
    def rhythm(self, connection: Account) -> Rhythm:
        """As AWS behaves."""
        return self.typical.rhythm

    @override
    def collect(
        self, connection: Account, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[Row]:
        """Every row of the span."""
        connection.call(f"scripted:List{self.metric.title}", MACHINES)
        yield from self._rows(span)


def samples(span: Window) -> Iterator[Row]:
    """Five metrics of ten machines, every five minutes."""
    for interval in span.split(FIVE_MINUTES):
        for machine in range(MACHINES):
            for metric in METRICS:
                yield PerformanceRow(
                    region=REGIONS[machine % 2],
                    resource_type="scripted.machine",
                    resource_id=f"m-{machine:017x}",
                    resource_name=f"worker-{machine}",
                    metric=metric,
                    statistic="avg",
                    unit=UNITS[metric],
                    ts=interval.start,
                    period_s=300,
                    value=(interval.start.minute + machine) * 1.375,
                )


def inventory(span: Window) -> Iterator[Row]:
    """Twenty resources that run."""
    for number in range(RESOURCES):
        yield ResourceRow(
            ts=span.start,
            region=REGIONS[number % 2],
            resource_type="scripted.machine",
            resource_id=f"m-{number:017x}",
            resource_name=f"worker-{number}",
            state="running",
            sku="large",
            vcpus=2.0,
            memory_gib=8.0,
            tags={"team": f"team-{number % 3}", "env": "production"},
            attributes=f'{{"image":"i-{number}","subnet":"s-{number % 4}"}}',
        )


def charges(span: Window) -> Iterator[Row]:
    """Thirty charges a day."""
    for day in span.split(DAY):
        for number in range(CHARGES):
            amount = Decimal(number + 1) / 7
            yield CostRow(
                charge_period_start=day.start,
                charge_period_end=day.end,
                billing_period_start=month_window(day.first_day).first_day,
                billing_account_id="scripted",
                service_category="Compute",
                service_name=f"Service {number % 5}",
                region_id=REGIONS[number % 2],
                resource_id=f"m-{number % RESOURCES:017x}",
                sku_id=f"sku-{number}",
                billed_cost=amount.quantize(Decimal("1e-12")),
                effective_cost=amount.quantize(Decimal("1e-12")),
                tags={"team": f"team-{number % 3}"},
            )


# Minutes and hours as at AWS, but for the history: an hour is what a first tick finds, so that a
# first tick differs from a later one in what was never written, not in how much there is to read.
HOUR = timedelta(hours=1)
PROVIDER = Provider(
    slug=SLUG,
    title="Scripted Cloud",
    credential=ScriptedCredential,
    connect=Account,
    verify=lambda account: Verification(account_id=account.id, principal="scripted"),
    collectors=(
        ScriptedCollector(
            COST, Rhythm(min_interval=6 * HOUR, lag=DAY, reread=2 * DAY, history=395 * DAY), charges
        ),
        ScriptedCollector(
            PERFORMANCE,
            Rhythm(min_interval=QUARTER_HOUR, lag=FIVE_MINUTES, reread=HOUR / 2, history=HOUR),
            samples,
        ),
        ScriptedCollector(
            RESOURCE,
            Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None),
            inventory,
        ),
    ),
    docs="https://example.org/scripted",
)
