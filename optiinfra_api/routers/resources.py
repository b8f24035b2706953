"""What exists, existed and changed."""

from typing import Any

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.filters import TAGGED, ChangeFilters, InventoryFilters
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.reading import MomentRows, MomentWhole, SnapshotRows, Streamed
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import STREAMED, Reading
from optiinfra_core.warehouse.questions import resource
from optiinfra_core.warehouse.questions.resource import (
    InventoryItem,
    ResourceChange,
    ResourceGroup,
)

router = APIRouter(
    prefix="/api/v2/resources",
    tags=["resources"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["resources:read"])],
)

ITEMS = Keyset(
    resource.INVENTORY,
    {
        "after_resource": "resource_id",
        "after_provider": "provider",
        "after_account": "account_id",
        "after_region": "region",
    },
)
CHANGES = Keyset(
    resource.CHANGES,
    {
        "after_at": "at",
        "after_provider": "provider",
        "after_account": "account_id",
        "after_region": "region",
        "after_resource": "resource_id",
        "after_change": "change",
        "after_field": "field",
    },
)


@router.get(
    "/{customer_id}/{provider}/inventory",
    response_model=Reading[InventoryItem],
    responses={200: STREAMED},
    openapi_extra=TAGGED,
)
async def resource_inventory(read: MomentRows, filters: InventoryFilters, stream: Streamed) -> Any:
    """What existed at a moment, from the last committed snapshot before it."""
    return await read.rows(ITEMS, stream, more={}, **filters)


@router.get(
    "/{customer_id}/{provider}/changes",
    response_model=Reading[ResourceChange],
    responses={200: STREAMED},
)
async def resource_changes(read: SnapshotRows, filters: ChangeFilters, stream: Streamed) -> Any:
    """What was created, removed or changed in the period, in order."""
    return await read.rows(CHANGES, stream, more={}, **filters)


@router.get("/{customer_id}/{provider}/summary", openapi_extra=TAGGED)
async def resource_summary(read: MomentWhole, filters: InventoryFilters) -> Reading[ResourceGroup]:
    """How many resources of each kind, state and region existed at a moment, and how old."""
    return read.answer(await read.whole(resource.SUMMARY, **filters))
