"""What a run achieved for one customer and data type."""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from optiinfra_core.errors import PartFailure

STATUSES = ("succeeded", "partial", "failed", "skipped")


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionResult:
    """One run's result; a later attempt of the same run replaces it.

    ``status``: succeeded, partial (some parts failed), failed, or skipped (nothing was due).
    ``id`` is set by the database; ``api_usd`` is an estimate in US dollars.
    """

    run_id: str
    customer_id: str
    provider: str
    data_type: str
    trigger: str
    status: str
    started_at: datetime
    finished_at: datetime
    task_id: UUID | None = None
    windows: int = 0
    rows: int = 0
    api_calls: int = 0
    api_usd: Decimal = Decimal(0)
    attempt: int = 1
    error_code: str | None = None
    error_detail: str | None = None
    remedy: str | None = None
    failed_parts: tuple[PartFailure, ...] = ()
    id: int | None = None


COLUMNS = tuple(field.name for field in fields(CollectionResult) if field.name != "id")


def values_of(result: CollectionResult) -> dict[str, Any]:
    """The result as bound parameters."""
    values: dict[str, Any] = {name: getattr(result, name) for name in COLUMNS}
    values["failed_parts"] = Jsonb([dict(part.as_dict()) for part in result.failed_parts])
    return values


def result_of(row: DictRow) -> CollectionResult:
    """The result in a row of ``collection_results``."""
    told = {**row, "failed_parts": tuple(PartFailure(**part) for part in row["failed_parts"])}
    return CollectionResult(**told)
