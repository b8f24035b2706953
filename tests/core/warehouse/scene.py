"""A customer with two accounts whose clouds say what a test wants them to say."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import (
    COST,
    PERFORMANCE,
    RESOURCE,
    ControlTotal,
    CostRow,
    Metric,
    PerformanceRow,
    ResourceRow,
    Row,
)
from optiinfra_core.warehouse.batch import Batch, Written
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.question import Question
from optiinfra_core.warehouse.writer import WindowWriter
from optiinfra_core.windows import FixedClock, Window, day_window

T = TypeVar("T")

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
AFTERWARDS = datetime(2026, 11, 21, 6, tzinfo=UTC)


def charge(cost: str, day: date = TODAY, **fields: Any) -> CostRow:
    """A day's charge of one service; every field may be chosen."""
    window = day_window(day)
    given = {
        "charge_period_start": window.start,
        "charge_period_end": window.end,
        "billing_period_start": day.replace(day=1),
        "billing_account_id": "111111111111",
        "service_name": "Amazon EC2",
        "region_id": "us-east-1",
        "billed_cost": Decimal(cost),
        "effective_cost": Decimal(cost),
    }
    return CostRow(**{**given, **fields})


def sample(value: float, ts: datetime = NOON, **fields: Any) -> PerformanceRow:
    """A five-minute average of a machine's CPU; every field may be chosen."""
    given = {
        "region": "us-east-1",
        "resource_type": "aws.ec2.instance",
        "resource_id": "i-1",
        "metric": "cpu_utilization",
        "statistic": "avg",
        "unit": "%",
        "ts": ts,
        "period_s": 300,
        "value": value,
    }
    return PerformanceRow(**{**given, **fields})


def machine(resource_id: str, ts: datetime = NOON, **fields: Any) -> ResourceRow:
    """A machine in a snapshot; every field may be chosen."""
    given = {
        "ts": ts,
        "region": "us-east-1",
        "resource_type": "aws.ec2.instance",
        "resource_id": resource_id,
        "state": "running",
    }
    return ResourceRow(**{**given, **fields})


def denied(part: str) -> PartFailure:
    """A region that could not be collected."""
    return PartFailure(part=part, code="throttled", detail="", remedy="wait", retryable=True)


def day_span(first: date, days: int = 1) -> Window:
    """``days`` whole days from ``first``."""
    start = day_window(first).start
    return Window(start, start + timedelta(days=days))


@dataclass
class Scene:
    """One customer of the warehouse under test, written to and asked."""

    warehouse: Warehouse
    customer: str
    clock: FixedClock = field(default_factory=lambda: FixedClock(AFTERWARDS))

    def batch(self, metric: Metric, span: Window, **fields: Any) -> Batch:
        """What the customer's first account says about ``span``."""
        given = {
            "metric": metric,
            "customer_id": self.customer,
            "provider": "aws",
            "account_id": "111111111111",
            "source": "ce_daily",
            "run_id": "run-1",
            "span": span,
            "windows": tuple(span.split(metric.window)),
        }
        return Batch(**{**given, **fields})

    def write(self, batch: Batch, rows: Iterable[Row | PartFailure | ControlTotal]) -> Written:
        """Write ``batch`` a minute after whatever was written before."""
        self.clock.advance(timedelta(minutes=1))
        return WindowWriter(self.warehouse, self.clock).replace(batch, rows)

    def costs(
        self,
        *rows: CostRow | PartFailure | ControlTotal,
        span: Window | None = None,
        **fields: Any,
    ) -> Written:
        """Write the costs of a span, by default of today."""
        return self.write(self.batch(COST, span or day_span(TODAY), **fields), rows)

    def samples(
        self, *rows: Row | PartFailure, span: Window | None = None, **fields: Any
    ) -> Written:
        """Write the samples of a span, by default of today."""
        return self.write(self.batch(PERFORMANCE, span or day_span(TODAY), **fields), rows)

    def snapshot(self, ts: datetime, *rows: Row | PartFailure, **fields: Any) -> Written:
        """Write the snapshot of the quarter of an hour that starts at ``ts``."""
        span = Window(ts, ts + RESOURCE.window)
        return self.write(self.batch(RESOURCE, span, **fields), rows)

    def ask(self, question: Question[T], **params: Any) -> list[T]:
        """The answer to ``question`` for this customer, by default about today."""
        span = day_span(TODAY)
        given: Mapping[str, Any] = {
            "customer_id": self.customer,
            "providers": ["aws"],
            "start": span.start,
            "end": span.end,
            "dataset": "cost",
        }
        wanted = {name: value for name, value in given.items() if name in question.parameters}
        return self.warehouse.rows(question, {**wanted, **params})

    def stored(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """What a table serves of this customer, sorted."""
        rows = self.warehouse.select(
            f"SELECT {', '.join(columns)} FROM {table} FINAL"  # noqa: S608 - names of this test
            " WHERE customer_id = {customer:String}",
            {"customer": self.customer},
        )
        return sorted(tuple(row.values()) for row in rows)
