"""Who asks: what the key that is sent may do, and for whom."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.tenant import Caller
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.tenants import Me, Reached
from optiinfra_core.tenancy.api_keys import SCOPES

router = APIRouter(prefix="/api/v1/me", tags=["keys"], responses={**RESPONSES})


@router.get("")
async def get_me(key: Caller, doors: DoorsOf) -> Me:
    """What the key of this request may do and which customers it reaches, by id."""
    found = await run_in_threadpool(doors.customers.list)
    return Me(
        key_id=str(key.id),
        name=key.name,
        scopes=[scope for scope in SCOPES if key.may(scope)],
        customers=[
            Reached(customer_id=each.slug, name=each.name)
            for each in found
            if key.reaches(each.slug)
        ],
        expires_at=key.expires_at,
    )
