"""Writes which calls are to be judged, and with which probability, before any of them is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_core.warehouse.client import Warehouse

COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "application_id": "LowCardinality(String)",
    "provider": "LowCardinality(String)",
    "timestamp": "DateTime64(3, 'UTC')",
    "interaction_id": "String",
    "inclusion_probability": "Float64",
    "stratum": "LowCardinality(String)",
    "risk": "Float64",
    "plan": "LowCardinality(String)",
    "run_id": "LowCardinality(String)",
    "sampled_at": "DateTime64(3, 'UTC')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledInteraction:
    """One row of ``judge_samples``; ``plan`` is what the window's draw went by."""

    customer_id: str
    application_id: str
    provider: str
    timestamp: datetime
    interaction_id: str
    inclusion_probability: float
    stratum: str
    risk: float
    plan: str
    run_id: str
    sampled_at: datetime

    def values(self) -> tuple[Any, ...]:
        """In the order of ``COLUMNS``."""
        return tuple(getattr(self, name) for name in COLUMNS)


class SampleWriter:
    """Writes samples; a call that is written again stays one row."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def write(self, rows: Iterable[SampledInteraction], token: str) -> int:
        """Write ``rows`` as one block and return how many; ``token`` names the run.

        Raises:
            Transient, Permanent: as the server or the network says; nothing is half written.
        """
        values = [row.values() for row in rows]
        return self._warehouse.insert_once("judge_samples", COLUMNS, values, f"{token}:samples")
