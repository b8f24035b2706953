"""Writes what people say of single calls; saying it again replaces it, taking it back ends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from optiinfra_core.warehouse.client import Warehouse

COLUMNS: Mapping[str, str] = {
    "customer_id": "LowCardinality(String)",
    "application_id": "LowCardinality(String)",
    "timestamp": "DateTime64(3, 'UTC')",
    "interaction_id": "String",
    "metric_name": "LowCardinality(String)",
    "rater": "LowCardinality(String)",
    "flagged": "UInt8",
    "comment": "String",
    "text_expires_on": "Date",
    "key_id": "LowCardinality(String)",
    "labelled_at": "DateTime64(3, 'UTC')",
    "is_deleted": "UInt8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanLabel:
    """One rater's word on one call.

    ``timestamp`` is when the call began, so that a later word of the same rater replaces this one;
    ``flagged``: the defect that the metric looks for is there.
    """

    customer_id: str
    application_id: str
    timestamp: datetime
    interaction_id: str
    metric_name: str
    rater: str
    flagged: bool
    text_expires_on: date
    key_id: str
    labelled_at: datetime
    comment: str = field(default="", repr=False)
    is_deleted: bool = False

    def values(self) -> tuple[Any, ...]:
        """In the order of ``COLUMNS``."""
        return tuple(getattr(self, name) for name in COLUMNS)


class LabelWriter:
    """Writes labels; the latest word of a rater on a call and metric is served."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse

    def write(self, labels: Iterable[HumanLabel]) -> int:
        """Write ``labels`` as one block and return how many.

        Raises:
            Transient, Permanent: as the server or the network says; none is half written.
        """
        rows = [label.values() for label in labels]
        if rows:
            self._warehouse.insert("human_labels", COLUMNS, rows)
        return len(rows)
