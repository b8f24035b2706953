"""Cloud accounts to collect from: sealed when they come in, verified, rotated, shredded."""

from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import Doors, DoorsOf
from optiinfra_api.dependencies.sealing import credential_of
from optiinfra_api.dependencies.tenant import Caller, actor, allowed, known, reached
from optiinfra_api.dependencies.verifying import shown, verified
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.credentials import (
    AuditEntryOut,
    CredentialChanges,
    CredentialOut,
    NewCredential,
    RotatedCredential,
)
from optiinfra_api.schemas.envelope import Listing
from optiinfra_core.tenancy.api_keys import ApiKey
from optiinfra_core.vault.records import CredentialRecord

router = APIRouter(
    prefix="/api/v1/credentials",
    tags=["credentials"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["credentials:write"])],
)


async def record_of(credential_id: UUID, key: Caller, doors: DoorsOf) -> CredentialRecord:
    """The credential in the path, if the key reaches its customer."""
    record = await run_in_threadpool(doors.vault.get, credential_id)
    await reached(doors, key, record.customer_id, f"there is no credential {credential_id}")
    return record


Record = Annotated[CredentialRecord, Depends(record_of)]


@router.post("", status_code=201)
async def add_credential(body: NewCredential, key: Caller, doors: DoorsOf) -> CredentialOut:
    """Seal a credential and verify it with a free read-only call.

    It is kept whatever the verification says: `status` is verified, rejected, or unverified with
    a remedy where Dagster did not answer within ten seconds.
    """
    customer = await reached(doors, key, body.customer_id)
    provider = known(await doors.providers(), body.provider)
    credential = credential_of(provider, body.credential)
    record = await run_in_threadpool(
        doors.vault.add, customer.slug, provider.slug, credential, body.label, actor(key)
    )
    if body.budget_usd is not None:
        record = await limited(doors, record, body.budget_usd, key)
    return await verified(doors, record)


async def limited(
    doors: Doors, record: CredentialRecord, budget_usd: Decimal | None, key: ApiKey
) -> CredentialRecord:
    """The credential with this budget."""
    return await run_in_threadpool(
        doors.vault.set_budget, record.id, budget_usd, actor(key), customer=record.customer_id
    )


@router.get("")
async def list_credentials(
    key: Caller,
    doors: DoorsOf,
    customer_id: Annotated[str, Query(max_length=64, description="Slug or UUID.")],
    provider: Annotated[str | None, Query(max_length=64)] = None,
) -> Listing[CredentialOut]:
    """The credentials of a customer; deleted ones are left out."""
    customer = await reached(doors, key, customer_id)
    found = await run_in_threadpool(doors.vault.list, customer.slug, provider)
    return Listing(count=len(found), data=[shown(each) for each in found])


@router.get("/{credential_id}")
async def get_credential(record: Record) -> CredentialOut:
    """One credential; a deleted one is still told, with that status."""
    return shown(record)


@router.patch("/{credential_id}")
async def change_credential(
    record: Record, body: CredentialChanges, key: Caller, doors: DoorsOf
) -> CredentialOut:
    """Set what calls for its account may cost a month; it counts from the next tick on."""
    return shown(await limited(doors, record, body.budget_usd, key))


@router.delete("/{credential_id}", status_code=204)
async def delete_credential(record: Record, key: Caller, doors: DoorsOf) -> None:
    """Destroy the sealed secret and its key; the record and its audit log stay."""
    await run_in_threadpool(doors.vault.delete, record.id, actor(key), customer=record.customer_id)


@router.post("/{credential_id}/verify")
async def verify_credential(record: Record, doors: DoorsOf) -> CredentialOut:
    """Look again whether it opens its account and which permissions are missing."""
    return await verified(doors, record)


@router.post("/{credential_id}/rotate")
async def rotate_credential(
    record: Record, body: RotatedCredential, key: Caller, doors: DoorsOf
) -> CredentialOut:
    """Put new fields in place and verify them; the last verified secret is kept until then."""
    provider = known(await doors.providers(), record.provider)
    credential = credential_of(provider, body.credential)
    rotated = await run_in_threadpool(doors.vault.rotate, record.id, credential, actor(key))
    return await verified(doors, rotated)


@router.get("/{credential_id}/audit")
async def audit_credential(record: Record, doors: DoorsOf) -> Listing[AuditEntryOut]:
    """Everything that was done to it, oldest first, also after its deletion."""
    entries = await run_in_threadpool(doors.vault.audit, record.id, customer=record.customer_id)
    found = [AuditEntryOut.model_validate(each) for each in entries]
    return Listing(count=len(found), data=found)
