"""What was charged: rows, newest, trends, rankings, totals, restatements."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Security

from optiinfra_api.dependencies.filters import (
    TAGGED,
    Basis,
    ChargeFilters,
    Dimension,
    GroupBy,
    KnownAt,
    LedgerBasis,
    TagKey,
    Text,
    demand_no,
    split_by,
)
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.reading import CostPage, CostRows, CostWhole, Streamed
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

Top = Annotated[
    int,
    Query(ge=1, le=50, description="How many values are told apart; the others are added up."),
]


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
        demand_no(filters)
        return read.priced(await read.listing(AS_KNOWN, basis=basis, known_at=known_at), basis)
    if stream:
        return await read.stream(cost.STREAM, stream, basis=basis, **filters)
    return read.spliced(await read.lines(CHARGES, basis=basis, **filters), cost=basis)


@router.get("/{customer_id}/{provider}/latest", openapi_extra=TAGGED)
async def cost_latest(
    read: CostPage, filters: ChargeFilters, basis: Basis = "effective"
) -> CostReading[CostPageLine]:
    """The newest charge of each resource and service in the period."""
    return read.priced(await read.listing(NEWEST, basis=basis, **filters), basis)


@router.get("/{customer_id}/{provider}/trends", openapi_extra=TAGGED)
async def cost_trends(
    read: CostWhole, filters: ChargeFilters, group_by: GroupBy = "day", basis: Basis = "effective"
) -> CostReading[CostTrend]:
    """Cost by hour, day, week or month, with the change from the one before."""
    found = await read.whole(cost.TRENDS, basis=basis, group_by=group_by, **filters)
    return read.priced(found, basis)


@router.get("/{customer_id}/{provider}/trends-by-type", openapi_extra=TAGGED)
async def cost_trends_by_type(  # noqa: PLR0913, PLR0917 - one parameter of the query for each
    read: CostWhole,
    filters: ChargeFilters,
    dimension: Dimension = "service",
    tag: TagKey = "",
    group_by: GroupBy = "day",
    top: Top = 10,
    basis: Basis = "effective",
) -> CostReading[TypeTrend]:
    """Cost of the dearest services, regions, accounts ... by hour, day, week or month."""
    split = split_by(dimension, tag)
    found = await read.whole(
        TRENDS_BY_TYPE, basis=basis, group_by=group_by, top=top, **split, **filters
    )
    return read.priced(found, basis)


@router.get("/{customer_id}/{provider}/by-resource", openapi_extra=TAGGED)
async def cost_by_resource(
    read: CostPage, filters: ChargeFilters, basis: Basis = "effective"
) -> CostReading[ResourceCost]:
    """Cost of each resource, dearest first, with its share of the total."""
    return read.priced(await read.listing(RESOURCES, basis=basis, **filters), basis)


@router.get("/{customer_id}/{provider}/by-type", openapi_extra=TAGGED)
async def cost_by_type(
    read: CostPage,
    filters: ChargeFilters,
    dimension: Dimension = "service",
    tag: TagKey = "",
    basis: Basis = "effective",
) -> CostReading[TypeCost]:
    """Cost by service, category, region, account, SKU, kind of resource or tag, dearest first."""
    split = split_by(dimension, tag)
    return read.priced(await read.listing(TYPES, basis=basis, **split, **filters), basis)


@router.get("/{customer_id}/{provider}/tags", openapi_extra=TAGGED)
async def cost_tags(
    read: CostPage, filters: ChargeFilters, basis: Basis = "effective"
) -> CostReading[TagCost]:
    """The keys of tags that charges carry, with how much of the cost carries each."""
    return read.priced(await read.listing(TAG_KEYS, basis=basis, **filters), basis)


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
        demand_no(filters)
        found = await read.whole(cost.TOTAL_AS_KNOWN, basis=basis, known_at=known_at)
        return read.priced(found, basis)
    return read.priced(await read.whole(cost.TOTAL, basis=basis, **filters), basis)


@router.get("/{customer_id}/{provider}/restatements")
async def cost_restatements(
    read: CostPage, basis: LedgerBasis = "effective"
) -> CostReading[Restatement]:
    """What the provider changed after it was first served, newest finding first."""
    return read.priced(await read.listing(CHANGED, basis=basis), basis)


@router.get("/{customer_id}/{provider}/invoices")
async def cost_invoices(read: CostWhole, account: Text = "") -> Reading[Held]:
    """What the provider invoiced, beside what the charges served now add up to.

    Invoices of the months that the period touches, whole. `stated` is null where only charges name
    the invoice; `agrees` is within the provider's own rounding.
    """
    return read.answer(await read.whole(HELD, account=account, only_invoices=True))
