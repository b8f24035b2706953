"""A provider of ours whose answers a test writes down: rows, refusals, delays at a barrier."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from pydantic import SecretStr

from optiinfra_core.collecting.contract import (
    Changes,
    Collector,
    Credential,
    Item,
    Provider,
    Rhythm,
    Typical,
    Verification,
)
from optiinfra_core.collecting.gate import Call, Gate
from optiinfra_core.errors import CredentialRejected
from optiinfra_core.metrics import (
    COST,
    PERFORMANCE,
    RESOURCE,
    CostRow,
    PerformanceRow,
    ResourceRow,
)
from optiinfra_core.windows import DAY, QUARTER_HOUR, Window, month_window

Answer = Callable[[Window], Iterator[Item]]
Told = Callable[[str | None, Window], Changes | None]


class ToyCredential(Credential):
    """Which scripted account, and a token that must not leak."""

    account: str
    token: SecretStr


@dataclass(slots=True)
class Script:
    """What the scripted cloud answers, by account and metric name; the default is one row each.

    By metric name: ``versions`` of its probe, ``changes`` that it tells, its ``sources`` and
    ``rhythms`` where they are others than usual, and what a call for it costs in ``prices``.
    """

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Told] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    rhythms: dict[str, Rhythm] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    opened: int = 0
    revoked: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, Window]] = field(default_factory=list)
    barrier: threading.Barrier | None = None


class ToyConnection:
    """One scripted account."""

    def __init__(self, credential: ToyCredential, gate: Gate, script: Script) -> None:
        self.account = credential.account
        self.gate = gate
        self.script = script
        script.opened += 1
        if credential.account in script.revoked:
            raise CredentialRejected(f"token of {credential.account} was revoked")

    def close(self) -> None:
        """Nothing is open."""

    def call(self, operation: str, usd: str = "0.01") -> None:
        """Write a call into the ledger, of one cent unless it costs something else."""
        self.gate.ledger.record(
            Call(
                at=self.gate.clock.now(),
                operation=operation,
                region="",
                units=1,
                usd=Decimal(usd),
                milliseconds=1,
                status=200,
                throttled=False,
            )
        )


class ToyCollector(Collector[ToyConnection]):
    """Answers from the script."""

    def __init__(self, metric: object, rhythm: Rhythm, default: Answer, script: Script) -> None:
        self.metric = metric  # type: ignore[assignment]
        self.typical = Typical(rhythm=rhythm, calls_per_day=Decimal(1), usd_per_call=Decimal(0))
        self._rhythm = rhythm
        self._default = default
        self._script = script

    def source(self, connection: ToyConnection) -> str:
        """One source, unless the script tells of another."""
        return self._script.sources.get(self.metric.name, "toy")

    def rhythm(self, connection: ToyConnection) -> Rhythm:
        """As constructed, unless the script tells of another."""
        return self._script.rhythms.get(self.metric.name, self._rhythm)

    def probe(self, connection: ToyConnection, span: Window) -> str | None:
        """The version that the script tells."""
        return self._script.versions.get(self.metric.name)

    def collect(
        self, connection: ToyConnection, span: Window, parts: frozenset[str] | None = None
    ) -> Iterator[Item]:
        """The script's rows of the span."""
        price = self._script.prices.get(self.metric.name, "0.01")
        connection.call(f"toy:List{self.metric.title}", price)
        self._script.asked.append((connection.account, self.metric.name, span))
        if self._script.barrier:
            self._script.barrier.wait(30)
        key = (connection.account, self.metric.name)
        yield from self._script.answers.get(key, self._default)(span)


class TellingCollector(ToyCollector):
    """Tells what changed where the script does."""

    def changes(
        self, connection: ToyConnection, since: str | None, horizon: Window
    ) -> Changes | None:
        """What the script tells, by a call that costs nothing."""
        told = self._script.changes.get(self.metric.name)
        if told is None:
            return None
        connection.call("toy:ListChanges", "0")
        return told(since, horizon)


def charge(day: date, amount: str, *, region: str = "north", resource: str = "vm-1") -> CostRow:
    """One day's charge."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return CostRow(
        charge_period_start=start,
        charge_period_end=start + DAY,
        billing_period_start=month_window(day).first_day,
        billing_account_id="toy",
        service_name="Toy Compute",
        region_id=region,
        resource_id=resource,
        billed_cost=Decimal(amount),
        effective_cost=Decimal(amount),
    )


def one_dollar_a_day(span: Window) -> Iterator[Item]:
    """A charge of 1.00 for each day of the span."""
    for day in span.split(DAY):
        yield charge(day.first_day, "1.00")


def one_sample_a_window(span: Window) -> Iterator[Item]:
    """One sample of one machine in each quarter of an hour."""
    for window in span.split(QUARTER_HOUR):
        yield PerformanceRow(
            region="north",
            resource_type="toy.vm",
            resource_id="vm-1",
            metric="cpu_utilization",
            statistic="avg",
            unit="%",
            ts=window.start,
            period_s=900,
            value=42.0,
        )


def one_machine(span: Window) -> Iterator[Item]:
    """One machine that runs."""
    yield ResourceRow(
        ts=span.start, region="north", resource_type="toy.vm", resource_id="vm-1", state="running"
    )


def toy(script: Script) -> Provider:
    """The provider that answers from ``script``."""

    def verify(connection: ToyConnection) -> Verification:
        return Verification(account_id=connection.account, principal="toy user")

    hour = timedelta(hours=1)
    bills = Rhythm(min_interval=8 * hour, lag=DAY, reread=2 * DAY, history=90 * DAY)
    samples = Rhythm(
        min_interval=QUARTER_HOUR, lag=timedelta(0), reread=2 * QUARTER_HOUR, history=60 * DAY
    )
    present = Rhythm(min_interval=QUARTER_HOUR, lag=timedelta(0), reread=timedelta(0), history=None)
    return Provider(
        slug="toy",
        title="Toy Cloud",
        credential=ToyCredential,
        connect=lambda credential, gate: ToyConnection(credential, gate, script),
        verify=verify,
        collectors=(
            TellingCollector(COST, bills, one_dollar_a_day, script),
            ToyCollector(PERFORMANCE, samples, one_sample_a_window, script),
            ToyCollector(RESOURCE, present, one_machine, script),
        ),
        docs="https://example.org/toy",
    )
