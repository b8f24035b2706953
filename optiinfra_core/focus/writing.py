"""CostRow -> one FOCUS 1.2 or 1.3 record, value by value as a CSV file holds it.

The export of the API is written by ClickHouse (warehouse/sql/cost/focus_1_*.sql); this says the
same of one row in Python, for files that are made without a warehouse and as its measure.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any

from optiinfra_core.focus.columns import columns_of
from optiinfra_core.focus.reading import FINALITY, PROVIDER_COLUMNS
from optiinfra_core.metrics import CostRow, Kind
from optiinfra_core.metrics.money import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Titles:
    """What all charges of a provider share and a source need not tell."""

    provider: str


def _named(*fields: str) -> Callable[[CostRow, Titles], str]:
    """The first of ``fields`` that is told, else the provider's title."""
    return lambda row, titles: next(
        (told for field in fields if (told := getattr(row, field))), titles.provider
    )


# Who offers, hosts and invoices is the provider itself where the source does not say otherwise.
PARTIES: Mapping[str, Callable[[CostRow, Titles], str]] = MappingProxyType(
    {
        "ProviderName": _named("provider_name", "service_provider_name"),
        "PublisherName": _named("publisher_name", "provider_name", "service_provider_name"),
        "ServiceProviderName": _named("service_provider_name", "provider_name"),
        "HostProviderName": _named("host_provider_name", "provider_name"),
        "InvoiceIssuerName": _named("invoice_issuer_name", "provider_name"),
    }
)


def focus_record(row: CostRow, version: str, titles: Titles) -> dict[str, str | None]:
    """Every column of ``version`` by its name, None where nothing is known, and our own ``x_``."""
    told: dict[str, str | None] = {}
    for column in columns_of(version):
        party = PARTIES.get(column.name)
        value = party(row, titles) if party else getattr(row, column.field)
        if column.name == "BillingPeriodEnd" and value is None:
            value = month_after(row.billing_period_start)
        told[column.name] = _told(value, column.kind)
    return {
        **told,
        FINALITY: row.finality,
        PROVIDER_COLUMNS: _told(row.extra, Kind.TAGS),
    }


def month_after(first: date) -> date:
    """The first day of the next month."""
    month = first.month % 12 + 1
    return date(first.year + first.month // 12, month, 1)


def _told(value: Any, kind: Kind) -> str | None:
    if value in (None, "", {}):
        return None
    if kind is Kind.TAGS:
        return json.dumps(dict(sorted(value.items())), separators=(",", ":"), ensure_ascii=False)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00Z"
    if kind in (Kind.MONEY, Kind.OPTIONAL_MONEY, Kind.QUANTITY):
        return plain(value)
    return str(value)
