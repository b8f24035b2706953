"""Collection of one data type under the paths of its reads; the same as /api/v1/collect."""

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.ordering import IdempotencyKey, trigger
from optiinfra_api.dependencies.page import SmallPage
from optiinfra_api.dependencies.tasks import TaskOf, history_page, status_of
from optiinfra_api.dependencies.tenant import Caller, Tenant, allowed, observing
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.collecting import ResultOut, TaskOut, TaskStatus, TriggerOf
from optiinfra_api.schemas.envelope import Listing
from optiinfra_core.applications.dataset import APPLICATION
from optiinfra_core.collecting.tasks import HistoryFilter
from optiinfra_core.metrics import COST, PERFORMANCE, RESOURCE

router = APIRouter(prefix="/api/v2", responses={**RESPONSES})
TRIGGER = Security(allowed, scopes=["collect:trigger"])
OBSERVE = Security(observing)


@router.post("/costs/trigger-collection", status_code=202, tags=["costs"], dependencies=[TRIGGER])
async def trigger_cost_collection(
    body: TriggerOf, key: Caller, doors: DoorsOf, idempotency_key: IdempotencyKey = None
) -> TaskOut:
    """Collect costs now."""
    return await trigger(doors, key, body.of(COST.name), idempotency_key)


@router.post(
    "/performance/trigger-collection",
    status_code=202,
    tags=["performance"],
    dependencies=[TRIGGER],
)
async def trigger_performance_collection(
    body: TriggerOf, key: Caller, doors: DoorsOf, idempotency_key: IdempotencyKey = None
) -> TaskOut:
    """Collect samples now."""
    return await trigger(doors, key, body.of(PERFORMANCE.name), idempotency_key)


@router.post(
    "/resources/trigger-collection", status_code=202, tags=["resources"], dependencies=[TRIGGER]
)
async def trigger_resource_collection(
    body: TriggerOf, key: Caller, doors: DoorsOf, idempotency_key: IdempotencyKey = None
) -> TaskOut:
    """Take a snapshot of what exists now."""
    return await trigger(doors, key, body.of(RESOURCE.name), idempotency_key)


@router.post(
    "/applications/trigger-collection",
    status_code=202,
    tags=["applications"],
    dependencies=[TRIGGER],
)
async def trigger_judging(
    body: TriggerOf, key: Caller, doors: DoorsOf, idempotency_key: IdempotencyKey = None
) -> TaskOut:
    """Judge what the customer's applications at the provider sent; no credential is needed."""
    return await trigger(doors, key, body.of(APPLICATION.name), idempotency_key)


@router.get("/costs/collection-status/{task_id}", tags=["costs"], dependencies=[OBSERVE])
async def cost_collection_status(task: TaskOf, doors: DoorsOf) -> TaskStatus:
    """How a task stands."""
    return await status_of(doors, task)


@router.get("/costs/{customer_id}/collection-history", tags=["costs"], dependencies=[OBSERVE])
async def cost_collection_history(
    customer: Tenant, doors: DoorsOf, page: SmallPage
) -> Listing[ResultOut]:
    """What runs achieved for a customer's costs, newest first."""
    chosen = HistoryFilter(data_type=COST.name)
    return await history_page(doors, customer.slug, chosen, page)
