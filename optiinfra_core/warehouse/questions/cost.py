"""Questions about cost. Every one takes the cost basis; an unknown cost is null, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from optiinfra_core.metrics.money import Money
from optiinfra_core.warehouse.backwards import Backwards
from optiinfra_core.warehouse.question import Question
from optiinfra_core.windows import DAY

BASES = ("effective", "billed", "contracted", "list")
# The bases whose changes are remembered.
LEDGER_BASES = ("effective", "billed")
GROUPS = ("hour", "day", "week", "month")
DIMENSIONS = (
    "service", "charge_category", "region", "account", "sku", "resource_type", "provider", "tag",
)  # fmt: skip
# What a charge may have none of.
LACKING = ("service", "region", "resource", "resource_type", "sku")
CHANGES = ("restated", "appeared", "vanished", "source")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BASIS: Mapping[str, Any] = MappingProxyType({"basis": "effective"})
_PAGE: Mapping[str, Any] = MappingProxyType(
    {
        **_BASIS,
        "limit": 100,
        "has_after": False,
        "after_start": _EPOCH,
        "after_provider": "",
        "after_service": "",
        "after_resource": "",
        "after_line": 0,
    }
)
FILTERS: Mapping[str, Any] = MappingProxyType(
    {
        "service": "",
        "region": "",
        "account": "",
        "charge_category": "",
        "sub_account": "",
        "resource_id": "",
        "resource_type": "",
        "sku": "",
        "finality": "",
        "without": (),
        "tag_keys": (),
        "tag_values": (),
        "untagged": (),
    }
)
# Those that the ledger of changes can tell too.
LEDGER_FILTERS = ("service", "region", "account", "charge_category", "resource_id")
_LEDGER: Mapping[str, Any] = MappingProxyType(dict.fromkeys(LEDGER_FILTERS, ""))
# In a ranking an unknown cost is below every known one: less than a column of money can hold.
_UNKNOWN = Decimal(-99999999999999999999999999)
_RANKED: Mapping[str, Any] = MappingProxyType(
    {
        **_BASIS,
        **FILTERS,
        "limit": 100,
        "has_after": False,
        "after_currency": "",
        "after_cost": _UNKNOWN,
        "unknown": _UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class CostLine:
    """One charge; ``cost`` is on the basis that was asked for."""

    provider: str
    account_id: str
    source: str
    charge_period_start: datetime
    charge_period_end: datetime
    billing_period_start: date
    billing_account_id: str
    billing_account_name: str
    sub_account_id: str
    sub_account_name: str
    service_provider_name: str
    invoice_issuer_name: str
    service_category: str
    service_subcategory: str
    service_name: str
    charge_category: str
    charge_class: str
    charge_description: str
    charge_frequency: str
    region_id: str
    region_name: str
    availability_zone: str
    resource_id: str
    resource_name: str
    resource_type: str
    sku_id: str
    sku_meter: str
    sku_price_id: str
    pricing_category: str
    commitment_discount_id: str
    commitment_discount_status: str
    consumed_quantity: Money | None
    consumed_unit: str
    pricing_quantity: Money | None
    pricing_unit: str
    list_unit_price: Money | None
    contracted_unit_price: Money | None
    billing_currency: str
    cost: Money | None
    billed_cost: Money
    effective_cost: Money
    list_cost: Money | None
    contracted_cost: Money | None
    invoice_id: str
    finality: str
    tags: dict[str, str]
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class CostPageLine(CostLine):
    """One charge with the numbers that, with its other keys, place a cursor behind it."""

    line_key: int
    detail_key: int


@dataclass(frozen=True, slots=True)
class CostTotal:
    """What a period cost in one currency; None where no row has a cost on the basis.

    The last three add up to it: charges the provider still counts, may still change, and does not.
    """

    currency: str
    cost: Money | None
    rows: int
    unknown_rows: int
    resources: int
    first_charge: datetime
    last_charge: datetime
    open_cost: Money
    closing_cost: Money
    final_cost: Money


@dataclass(frozen=True, slots=True)
class CostTrend:
    """One period in one currency; ``previous`` is the period before it that has charges."""

    period: datetime
    currency: str
    cost: Money | None
    rows: int
    unknown_rows: int
    previous: Money | None
    change: Money | None
    complete: bool


@dataclass(frozen=True, slots=True)
class ProviderDay:
    """What one provider cost on one day; ``current`` is of the period, else of the one before."""

    provider: str
    currency: str
    current: bool
    day: date
    cost: Money | None
    rows: int
    unknown_rows: int


@dataclass(frozen=True, slots=True)
class ResourceCost:
    """What one resource cost; ``share`` of the currency's total, 0 to 1."""

    provider: str
    account_id: str
    service_name: str
    region_id: str
    resource_id: str
    resource_name: str
    resource_type: str
    currency: str
    cost: Money | None
    share: float | None
    rows: int
    unknown_rows: int
    first_charge: datetime
    last_charge: datetime


@dataclass(frozen=True, slots=True)
class TypeCost:
    """What one value of a dimension cost; ``share`` of the currency's total, 0 to 1.

    ``present`` is false where charges have none: no region, no such tag.
    """

    value: str
    present: bool
    currency: str
    cost: Money | None
    share: float | None
    resources: int
    rows: int
    unknown_rows: int


@dataclass(frozen=True, slots=True)
class Restatement:
    """One change of money after it was served; ``old`` is None where the charge is new."""

    provider: str
    account_id: str
    charge_period_start: datetime
    charge_period_end: datetime
    sub_account_id: str
    service_name: str
    charge_category: str
    charge_class: str
    charge_description: str
    region_id: str
    resource_id: str
    sku_id: str
    currency: str
    change: str
    old: Money | None
    new: Money | None
    delta: Money
    source: str
    source_version: str
    run_id: str
    detected_at: datetime
    line: int
    from_version: int


@dataclass(frozen=True, slots=True)
class TotalAsKnown:
    """What a period cost as known at a moment, and what has changed since."""

    currency: str
    cost: Money
    changed_since: Money
    changes_since: int


@dataclass(frozen=True, slots=True)
class LineAsKnown:
    """One charge as known at a moment."""

    provider: str
    account_id: str
    charge_period_start: datetime
    charge_period_end: datetime
    sub_account_id: str
    service_name: str
    charge_category: str
    charge_class: str
    charge_description: str
    region_id: str
    resource_id: str
    sku_id: str
    pricing_category: str
    commitment_discount_id: str
    billing_currency: str
    cost: Money
    billed_cost: Money
    effective_cost: Money
    line: int


# Every question takes customer_id, providers, start, end (exclusive); the rest is optional.
METRICS = Question(
    "cost/metrics.sql",
    CostPageLine,
    optional={**_PAGE, "after_detail": 0, **FILTERS},
    choices={"basis": BASES},
    backwards=Backwards(after="after_start", spans=(DAY, 8 * DAY)),
)
STREAM = Question(
    "cost/stream.sql",
    CostLine,
    optional={**_BASIS, **FILTERS, "limit": 100_000},
    choices={"basis": BASES},
)
LATEST = Question(
    "cost/latest.sql",
    CostPageLine,
    optional={
        **_BASIS,
        **FILTERS,
        "limit": 100,
        "has_after": False,
        "after_provider": "",
        "after_account": "",
        "after_service": "",
        "after_resource": "",
    },
    choices={"basis": BASES},
)
TOTAL = Question(
    "cost/total.sql", CostTotal, optional={**_BASIS, **FILTERS}, choices={"basis": BASES}
)
TRENDS = Question(
    "cost/trends.sql",
    CostTrend,
    optional={**_BASIS, **FILTERS, "group_by": "day"},
    choices={"basis": BASES, "group_by": GROUPS},
)
# Also takes before, the start of the period that is compared with.
OVERVIEW = Question("cost/overview.sql", ProviderDay, optional=_BASIS, choices={"basis": BASES})
BY_RESOURCE = Question(
    "cost/by_resource.sql",
    ResourceCost,
    optional={
        **_RANKED,
        "after_provider": "",
        "after_account": "",
        "after_service": "",
        "after_region": "",
        "after_resource": "",
    },
    choices={"basis": BASES},
    gathers=True,
)
BY_TYPE = Question(
    "cost/by_type.sql",
    TypeCost,
    optional={
        **_RANKED,
        "dimension": "service",
        "tag": "",
        "after_present": True,
        "after_value": "",
    },
    choices={"basis": BASES, "dimension": DIMENSIONS},
    gathers=True,
)
RESTATEMENTS = Question(
    "cost/restatements.sql",
    Restatement,
    optional={
        **_BASIS,
        "changes": ("restated", "appeared", "vanished"),
        "detected_after": _EPOCH,
        **_LEDGER,
        "limit": 100,
        "has_after": False,
        "after_detected": _EPOCH,
        "after_provider": "",
        "after_account": "",
        "after_line": 0,
        "after_version": 0,
    },
    choices={"basis": LEDGER_BASES},
)
# These two also take known_at.
TOTAL_AS_KNOWN = Question(
    "cost/total_as_known.sql",
    TotalAsKnown,
    optional={**_BASIS, **_LEDGER},
    choices={"basis": LEDGER_BASES},
)
METRICS_AS_KNOWN = Question(
    "cost/metrics_as_known.sql",
    LineAsKnown,
    optional={**_PAGE, **_LEDGER},
    choices={"basis": LEDGER_BASES},
)
