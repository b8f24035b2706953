"""Start collection, and see how it goes."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response, Security

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.filters import SpentBy
from optiinfra_api.dependencies.ordering import IdempotencyKey, backfill, trigger
from optiinfra_api.dependencies.page import SmallPage
from optiinfra_api.dependencies.reading import TimesOf
from optiinfra_api.dependencies.sources import not_supported, sources_of, standing_of
from optiinfra_api.dependencies.spending import cost_of
from optiinfra_api.dependencies.tasks import HistoryFilters, TaskOf, history_page, status_of
from optiinfra_api.dependencies.tenant import Caller, allowed, known, observing, reached
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.collecting import (
    Backfill,
    BackfillPlan,
    Freshness,
    ResultOut,
    TaskOut,
    TaskStatus,
    Trigger,
)
from optiinfra_api.schemas.envelope import Listing
from optiinfra_api.schemas.spending import CollectionCost

router = APIRouter(
    prefix="/api/v1/collect",
    tags=["collect"],
    responses={**RESPONSES},
)
TRIGGER = Security(allowed, scopes=["collect:trigger"])
OBSERVE = Security(observing)

Customer = Annotated[str, Query(max_length=64, description="Slug or UUID.", examples=["acme"])]


@router.post("/trigger", status_code=202, dependencies=[TRIGGER])
async def trigger_collection(
    body: Trigger, key: Caller, doors: DoorsOf, idempotency_key: IdempotencyKey = None
) -> TaskOut:
    """Collect now; runs that are under way for the same days are joined, not doubled."""
    return await trigger(doors, key, body, idempotency_key)


@router.post("/backfill", status_code=202, dependencies=[TRIGGER])
async def backfill_collection(
    body: Backfill,
    response: Response,
    key: Caller,
    doors: DoorsOf,
    idempotency_key: IdempotencyKey = None,
) -> BackfillPlan:
    """Collect past days; a dry run says what is possible, how many calls and how many dollars."""
    response.status_code = 200 if body.dry_run else 202
    return await backfill(doors, key, body, idempotency_key)


@router.get("/status/{task_id}", dependencies=[OBSERVE])
async def collection_status(task: TaskOf, doors: DoorsOf) -> TaskStatus:
    """How a task stands, by data type, with links to its runs."""
    return await status_of(doors, task)


@router.get("/history", dependencies=[OBSERVE])
async def collection_history(
    customer_id: Customer, key: Caller, doors: DoorsOf, chosen: HistoryFilters, page: SmallPage
) -> Listing[ResultOut]:
    """What runs achieved for a customer, newest first, whoever started them."""
    customer = await reached(doors, key, customer_id)
    return await history_page(doors, customer.slug, chosen, page)


@router.get("/freshness", dependencies=[OBSERVE])
async def source_freshness(customer_id: Customer, key: Caller, doors: DoorsOf) -> Freshness:
    """For each provider, data type and account: last success, lag, next due, gaps, last error."""
    customer = await reached(doors, key, customer_id)
    now: datetime = doors.clock.now()
    found = await sources_of(doors, customer.slug, now)
    return Freshness(
        customer_id=customer.slug,
        checked_at=now,
        count=len(found),
        data=found,
        **standing_of(found, now),
        not_supported=not_supported(found, await doors.providers()),
    )


@router.get("/cost", dependencies=[OBSERVE])
async def collection_cost(  # noqa: PLR0913, PLR0917 - one parameter of the query for each
    customer_id: Customer,
    key: Caller,
    doors: DoorsOf,
    asked: TimesOf,
    provider: Annotated[str | None, Query(max_length=64)] = None,
    group_by: SpentBy = "day",
) -> CollectionCost:
    """What calls to providers took and cost, by default this month, and how budgets stand.

    Groups beyond the first 1,000 are left out; by day the earliest come first, else the dearest.
    """
    customer = await reached(doors, key, customer_id)
    if provider is not None:
        known(await doors.providers(), provider)
    return await cost_of(doors, customer.slug, provider, asked, group_by)
