"""The ledger of calls to providers: what collecting itself takes and costs."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from optiinfra_core.warehouse.client import Warehouse

COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "dataset": "LowCardinality(String)",
    "account_id": "LowCardinality(String)",
    "run_id": "LowCardinality(String)",
    "at": "DateTime64(3, 'UTC')",
    "operation": "LowCardinality(String)",
    "region": "LowCardinality(String)",
    "units": "UInt32",
    "usd": "Decimal(38, 12)",
    "milliseconds": "UInt32",
    "status": "UInt16",
    "throttled": "UInt8",
    "error": "String",
}


class Named(Protocol):
    """What calls are made for: a metric type, or another data set."""

    @property
    def name(self) -> str: ...


class CallRecord(Protocol):
    """One request that went to a provider, as ``optiinfra_core.collecting.gate.Call`` has it."""

    @property
    def at(self) -> datetime: ...

    @property
    def operation(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def units(self) -> int: ...

    @property
    def usd(self) -> Decimal: ...

    @property
    def milliseconds(self) -> int: ...

    @property
    def status(self) -> int: ...

    @property
    def throttled(self) -> bool: ...

    @property
    def error(self) -> str: ...


def record_calls(  # noqa: PLR0913, PLR0917 - the scope of a run is six words
    warehouse: Warehouse,
    customer_id: str,
    provider: str,
    metric: Named,
    account_id: str,
    run_id: str,
    calls: Iterable[CallRecord],
) -> int:
    """Write ``calls`` down and return how many; writing the same calls again adds nothing."""
    rows = [
        (
            customer_id, provider, metric.name, account_id, run_id, call.at, call.operation,
            call.region, call.units, call.usd, call.milliseconds, call.status, call.throttled,
            call.error,
        )
        for call in calls
    ]  # fmt: skip
    return warehouse.insert_once("collection_calls", COLUMNS, rows, f"{run_id}:calls")
