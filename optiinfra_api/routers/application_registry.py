"""Applications: which there are, what may be done with their texts, whom to forget."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Security
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.registry import change, forget, shown
from optiinfra_api.dependencies.tenant import Caller, Tenant, actor, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.application_registry import (
    ApplicationChanges,
    ApplicationOut,
    ErasureOut,
    Person,
)
from optiinfra_api.schemas.envelope import Listing

router = APIRouter(
    prefix="/api/v2/applications/{customer_id}", tags=["applications"], responses={**RESPONSES}
)
READ = Security(allowed, scopes=["applications:read"])
WRITE = Security(allowed, scopes=["applications:write"])

ApplicationId = Annotated[
    str, Path(description="As its calls name it.", max_length=128, examples=["support.assistant"])
]


@router.get("", dependencies=[READ])
async def list_applications(
    customer: Tenant,
    doors: DoorsOf,
    provider: Annotated[str, Query(max_length=64, description="Those of one cloud.")] = "",
) -> Listing[ApplicationOut]:
    """The applications that sent calls or were spoken of, with the rules that hold for each."""
    found = await run_in_threadpool(doors.applications.list, customer.slug, provider)
    return Listing(count=len(found), data=[shown(each, doors.settings) for each in found])


@router.get("/{application_id}", dependencies=[READ])
async def get_application(
    customer: Tenant, application_id: ApplicationId, doors: DoorsOf
) -> ApplicationOut:
    """One application."""
    found = await run_in_threadpool(doors.applications.get, customer.slug, application_id)
    return shown(found, doors.settings)


@router.patch("/{application_id}", dependencies=[WRITE])
async def change_application(
    customer: Tenant,
    application_id: ApplicationId,
    body: ApplicationChanges,
    key: Caller,
    doors: DoorsOf,
) -> ApplicationOut:
    """Say what is kept of its texts, for how long, and what judging it may cost.

    Also before it sends anything. Texts that are stored follow a stricter policy or fewer days
    before this answers: what may no longer lie is taken out, also a full text that should now be
    redacted. Who changed what is in the audit log.
    """
    return await change(doors, customer.slug, application_id, body, actor(key))


@router.post("/erasures", dependencies=[WRITE])
async def erase_person(customer: Tenant, body: Person, key: Caller, doors: DoorsOf) -> ErasureOut:
    """Forget a person: every call of theirs, with its texts, scores, samples and labels.

    Their calls are not taken any more, whichever half comes again. Asking again is harmless.
    """
    return await forget(doors, customer.slug, body, actor(key))
