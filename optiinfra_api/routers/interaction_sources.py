"""Sources of calls: customers' own ClickHouse databases that the pipelines read from."""

from collections.abc import Iterable
from uuid import UUID

from fastapi import APIRouter, Security
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.tenant import Caller, Tenant, actor, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Listing
from optiinfra_api.schemas.interaction_sources import NewSource, SourceOut
from optiinfra_api.schemas.problem import ErrorOut
from optiinfra_core.collecting.interaction_source import DATASET, SLUG
from optiinfra_core.collecting.state import SourceState
from optiinfra_core.errors import NotFound
from optiinfra_core.vault.records import CredentialRecord

router = APIRouter(
    prefix="/api/v2/applications/{customer_id}/sources",
    tags=["applications"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["credentials:write"])],
)


@router.post("", status_code=201)
async def add_source(customer: Tenant, body: NewSource, key: Caller, doors: DoorsOf) -> SourceOut:
    """Seal a source. Nothing is asked of it now: the next pull tries it and says how that went.

    Calls are read from `backfill_days` before now on, and after that as they come.
    """
    record = await run_in_threadpool(
        doors.vault.add, customer.slug, SLUG, body.source, body.label, actor(key)
    )
    return shown(record, ())


@router.get("")
async def list_sources(customer: Tenant, doors: DoorsOf) -> Listing[SourceOut]:
    """The customer's sources, how far each was read, and why the last pull of it failed."""
    found = await run_in_threadpool(doors.vault.list, customer.slug, SLUG)
    states = await run_in_threadpool(doors.states.list, customer.slug, SLUG, DATASET)
    return Listing(count=len(found), data=[shown(each, states) for each in found])


@router.delete("/{source_id}", status_code=204)
async def delete_source(customer: Tenant, source_id: UUID, key: Caller, doors: DoorsOf) -> None:
    """Destroy the sealed password; calls that were read stay."""
    record = await run_in_threadpool(doors.vault.get, source_id, customer=customer.slug)
    if record.provider != SLUG:
        raise NotFound(f"there is no source {source_id}")
    await run_in_threadpool(doors.vault.delete, source_id, actor(key), customer=customer.slug)


def shown(record: CredentialRecord, states: Iterable[SourceState]) -> SourceOut:
    """The source as the API shows it."""
    state = next((each for each in states if each.account_id == str(record.id)), None)
    failed = state is not None and state.last_error_code is not None
    return SourceOut(
        id=record.id,
        label=record.label,
        status=record.status,
        configuration=dict(record.configuration),
        created_at=record.created_at,
        watermark=state.watermark if state else None,
        last_attempt_at=state.last_attempt_at if state else None,
        last_success_at=state.last_success_at if state else None,
        last_error=ErrorOut(
            code=state.last_error_code or "",
            detail=state.last_error_detail or "",
            remedy=state.last_error_remedy or "",
        )
        if state and failed
        else None,
    )
