"""What was charged: rows, newest, trends, rankings, totals, restatements."""

from typing import Any

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.filters import (
    Basis,
    ChargeFilters,
    Dimension,
    GroupBy,
    KnownAt,
    LedgerBasis,
    Text,
    demand_no,
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


@router.get(
    "/{customer_id}/{provider}/metrics",
    response_model=CostReading[CostPageLine | LineAsKnown],
    responses={200: STREAMED},
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


@router.get("/{customer_id}/{provider}/latest")
async def cost_latest(read: CostPage, basis: Basis = "effective") -> CostReading[CostPageLine]:
    """The newest charge of each resource and service in the period."""
    return read.priced(await read.listing(NEWEST, basis=basis), basis)


@router.get("/{customer_id}/{provider}/trends")
async def cost_trends(
    read: CostWhole, group_by: GroupBy = "day", basis: Basis = "effective"
) -> CostReading[CostTrend]:
    """Cost by hour, day, week or month, with the change from the one before."""
    return read.priced(await read.whole(cost.TRENDS, basis=basis, group_by=group_by), basis)


@router.get("/{customer_id}/{provider}/by-resource")
async def cost_by_resource(
    read: CostPage, service: Text = "", basis: Basis = "effective"
) -> CostReading[ResourceCost]:
    """Cost of each resource, dearest first, with its share of the total."""
    found = await read.ranking(cost.BY_RESOURCE, basis=basis, service=service)
    return read.priced(found, basis)


@router.get("/{customer_id}/{provider}/by-type")
async def cost_by_type(
    read: CostPage, dimension: Dimension = "service", basis: Basis = "effective"
) -> CostReading[TypeCost]:
    """Cost by service, category, region, account, SKU or kind of resource, dearest first."""
    return read.priced(await read.ranking(cost.BY_TYPE, basis=basis, dimension=dimension), basis)


@router.get("/{customer_id}/{provider}/total", response_model=CostReading[CostTotal | TotalAsKnown])
async def cost_total(read: CostWhole, known_at: KnownAt, basis: Basis = "effective") -> Any:
    """What the period cost, one row for each currency."""
    if known_at:
        found = await read.whole(cost.TOTAL_AS_KNOWN, basis=basis, known_at=known_at)
        return read.priced(found, basis)
    return read.priced(await read.whole(cost.TOTAL, basis=basis), basis)


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
