"""What was charged: rows, newest, trends, rankings, totals, restatements."""

from typing import Any

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.filters import (
    TAGGED,
    Basis,
    ChargeFilters,
    GroupBy,
    KnownAt,
    LedgerBasis,
    Lines,
    RestatementFilters,
    Split,
    Text,
    as_known,
)
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.reading import CostRows, CostWhole, Streamed
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import STREAMED, CostReading, Reading
from optiinfra_core.warehouse.questions import cost
from optiinfra_core.warehouse.questions.controls import HELD, Held
from optiinfra_core.warehouse.questions.cost import (
    CostPageLine,
    CostTotal,
    CostTrend,
    LineAsKnown,
    ResourceCost,
    Restatement,
    TotalAsKnown,
    TypeCost,
)
from optiinfra_core.warehouse.questions.cost_breakdown import (
    TAGS,
    TRENDS_BY_TYPE,
    TagCost,
    TypeTrend,
)

router = APIRouter(
    prefix="/api/v2/costs",
    tags=["costs"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["costs:read"])],
)

CHARGES = Keyset(
    cost.METRICS,
    {
        "after_start": "charge_period_start",
        "after_provider": "provider",
        "after_service": "service_name",
        "after_resource": "resource_id",
        "after_line": "line_key",
        "after_detail": "detail_key",
    },
)
AS_KNOWN = Keyset(
    cost.METRICS_AS_KNOWN,
    {
        "after_start": "charge_period_start",
        "after_provider": "provider",
        "after_service": "service_name",
        "after_resource": "resource_id",
        "after_line": "line",
    },
)
NEWEST = Keyset(
    cost.LATEST,
    {
        "after_provider": "provider",
        "after_account": "account_id",
        "after_service": "service_name",
        "after_resource": "resource_id",
    },
)
CHANGED = Keyset(
    cost.RESTATEMENTS,
    {
        "after_detected": "detected_at",
        "after_provider": "provider",
        "after_account": "account_id",
        "after_line": "line",
        "after_version": "from_version",
    },
)


RESOURCES = Keyset(
    cost.BY_RESOURCE,
    {
        "after_currency": "currency",
        "after_cost": "cost",
        "after_provider": "provider",
        "after_account": "account_id",
        "after_service": "service_name",
        "after_region": "region_id",
        "after_resource": "resource_id",
    },
)
TYPES = Keyset(
    cost.BY_TYPE,
    {
        "after_currency": "currency",
        "after_cost": "cost",
        "after_present": "present",
        "after_value": "value",
    },
)
TAG_KEYS = Keyset(TAGS, {"after_key": "key", "after_currency": "currency"})


@router.get(
    "/{customer_id}/{provider}/metrics",
    response_model=CostReading[CostPageLine | LineAsKnown],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def cost_metrics(
    read: CostRows,
    filters: ChargeFilters,
    stream: Streamed,
    known_at: KnownAt,
    basis: Basis = "effective",
) -> Any:
    """The charges of the period, newest first; streamed where the Accept header asks for it."""
    if known_at:
        asked = {"basis": basis, "known_at": known_at, **as_known(filters)}
        return await read.rows(AS_KNOWN, stream, more={"cost": basis}, **asked)
    if stream:
        return await read.stream(cost.STREAM, stream, basis=basis, **filters)
    return read.spliced(await read.lines(CHARGES, basis=basis, **filters), cost=basis)


@router.get(
    "/{customer_id}/{provider}/latest",
    response_model=CostReading[CostPageLine],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def cost_latest(
    read: CostRows, filters: ChargeFilters, stream: Streamed, basis: Basis = "effective"
) -> Any:
    """The newest charge of each resource and service in the period."""
    return await read.rows(NEWEST, stream, more={"cost": basis}, basis=basis, **filters)


@router.get("/{customer_id}/{provider}/trends", openapi_extra=TAGGED)
async def cost_trends(
    read: CostWhole, filters: ChargeFilters, group_by: GroupBy = "day", basis: Basis = "effective"
) -> CostReading[CostTrend]:
    """Cost by hour, day, week or month, with the change from the one before."""
    found = await read.whole(cost.TRENDS, basis=basis, group_by=group_by, **filters)
    return read.priced(found, basis)


@router.get("/{customer_id}/{provider}/trends-by-type", openapi_extra=TAGGED)
async def cost_trends_by_type(
    read: CostWhole, filters: ChargeFilters, lines: Lines, basis: Basis = "effective"
) -> CostReading[TypeTrend]:
    """Cost of the dearest services, regions, accounts ... by hour, day, week or month."""
    return read.priced(await read.whole(TRENDS_BY_TYPE, basis=basis, **lines, **filters), basis)


@router.get(
    "/{customer_id}/{provider}/by-resource",
    response_model=CostReading[ResourceCost],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def cost_by_resource(
    read: CostRows, filters: ChargeFilters, stream: Streamed, basis: Basis = "effective"
) -> Any:
    """Cost of each resource, dearest first, with its share of the total."""
    return await read.rows(RESOURCES, stream, more={"cost": basis}, basis=basis, **filters)


@router.get(
    "/{customer_id}/{provider}/by-type",
    response_model=CostReading[TypeCost],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def cost_by_type(
    read: CostRows,
    filters: ChargeFilters,
    stream: Streamed,
    split: Split,
    basis: Basis = "effective",
) -> Any:
    """Cost by service, category, region, account, SKU, kind of resource or tag, dearest first."""
    asked = {"basis": basis, **split, **filters}
    return await read.rows(TYPES, stream, more={"cost": basis}, **asked)


@router.get(
    "/{customer_id}/{provider}/tags",
    response_model=CostReading[TagCost],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def cost_tags(
    read: CostRows, filters: ChargeFilters, stream: Streamed, basis: Basis = "effective"
) -> Any:
    """The keys of tags that charges carry, with how much of the cost carries each."""
    return await read.rows(TAG_KEYS, stream, more={"cost": basis}, basis=basis, **filters)


@router.get(
    "/{customer_id}/{provider}/total",
    response_model=CostReading[CostTotal | TotalAsKnown],
    openapi_extra=TAGGED,
)
async def cost_total(
    read: CostWhole, filters: ChargeFilters, known_at: KnownAt, basis: Basis = "effective"
) -> Any:
    """What the period cost, one row for each currency."""
    if known_at:
        asked = {"basis": basis, "known_at": known_at, **as_known(filters)}
        return read.priced(await read.whole(cost.TOTAL_AS_KNOWN, **asked), basis)
    return read.priced(await read.whole(cost.TOTAL, basis=basis, **filters), basis)


@router.get(
    "/{customer_id}/{provider}/restatements",
    response_model=CostReading[Restatement],
    responses={200: STREAMED},
)
async def cost_restatements(
    read: CostRows,
    filters: RestatementFilters,
    stream: Streamed,
    basis: LedgerBasis = "effective",
) -> Any:
    """What the provider changed after it was first served, newest finding first."""
    return await read.rows(CHANGED, stream, more={"cost": basis}, basis=basis, **filters)


@router.get("/{customer_id}/{provider}/invoices")
async def cost_invoices(read: CostWhole, account: Text = "") -> Reading[Held]:
    """What the provider invoiced, beside what the charges served now add up to.

    Invoices of the months that the period touches, whole. `stated` is null where only charges name
    the invoice; `agrees` is within the provider's own rounding.
    """
    return read.answer(await read.whole(HELD, account=account, only_invoices=True))
