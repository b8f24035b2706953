"""API keys: made, listed and revoked by an administrator."""

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.granting import grantable, key_of, within
from optiinfra_api.dependencies.tenant import Administrator, actor
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Listing
from optiinfra_api.schemas.tenants import CreatedKey, KeyOut, NewKeyIn

router = APIRouter(prefix="/api/v1/keys", tags=["keys"], responses={**RESPONSES})


@router.get("")
async def list_keys(key: Administrator, doors: DoorsOf) -> Listing[KeyOut]:
    """The keys that reach no further than this one, revoked and expired ones too."""
    found = await run_in_threadpool(doors.api_keys.list)
    mine = [KeyOut.model_validate(each) for each in found if within(each.customers, key)]
    return Listing(count=len(mine), data=mine)


@router.post("", status_code=201)
async def create_key(body: NewKeyIn, key: Administrator, doors: DoorsOf) -> CreatedKey:
    """Make a key; its token is in this answer and never again. It reaches no further than yours."""
    new = grantable(body, key)
    created, token = await run_in_threadpool(doors.api_keys.create, new, actor=actor(key))
    shown = KeyOut.model_validate(created).model_dump()
    return CreatedKey(**shown, token=token.get_secret_value())


@router.delete("/{key_id}", status_code=204)
async def revoke_key(key_id: str, key: Administrator, doors: DoorsOf) -> None:
    """Revoke a key: refused at once here, within 30 seconds by other replicas."""
    revoked = await key_of(doors, key_id, key)
    await run_in_threadpool(doors.api_keys.revoke, revoked.id, actor=actor(key))
    doors.authenticator.forget(revoked.id)
