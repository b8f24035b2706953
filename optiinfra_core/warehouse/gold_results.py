"""Writes what a judge says of labelled items: its drift is not that of the answers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optiinfra_core.applications.judgement import Judgement
from optiinfra_core.warehouse.client import Warehouse

# Who pays for the operator's own checks; no customer's slug looks like it.
OPERATOR = "-"
COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "judge": "LowCardinality(String)",
    "judge_model": "LowCardinality(String)",
    "rubric_version": "LowCardinality(String)",
    "metric_name": "LowCardinality(String)",
    "day": "Date",
    "item_id": "LowCardinality(String)",
    "replicate": "UInt8",
    "expected": "UInt8",
    "status": "Enum8('ok' = 1, 'error' = 2, 'refused' = 3, 'unparseable' = 4, 'skipped' = 5)",
    "score": "Nullable(Float64)",
    "flagged": "Nullable(UInt8)",
    "output_chars": "UInt32",
    "system_fingerprint": "LowCardinality(String)",
    "judge_cost_usd": "Nullable(Decimal(38, 12))",
    "run_id": "LowCardinality(String)",
    "scored_at": "DateTime64(3, 'UTC')",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldResult:
    """One judgement of one labelled item; ``replicate`` counts the controls of a day."""

    item_id: str
    expected: bool
    output_chars: int
    judgement: Judgement
    replicate: int
    run_id: str
    scored_at: datetime
    customer_id: str = OPERATOR

    def values(self) -> tuple[Any, ...]:
        """In the order of ``COLUMNS``."""
        said = self.judgement
        flagged = None if said.passed is None else not said.passed
        return (
            self.customer_id, said.judge, said.judge_model, said.rubric_version, said.metric_name,
            self.scored_at.date(), self.item_id, self.replicate, self.expected, said.status,
            said.score, flagged, self.output_chars, said.system_fingerprint, said.cost_usd,
            self.run_id, self.scored_at,
        )  # fmt: skip


def write_gold_results(warehouse: Warehouse, rows: Iterable[GoldResult]) -> int:
    """Write ``rows`` as one block and return how many; the same control again replaces itself.

    Raises:
        Transient, Permanent: as the server or the network says; nothing is half written.
    """
    values = [row.values() for row in rows]
    return warehouse.insert_once("judge_gold_results", COLUMNS, values, "gold")
