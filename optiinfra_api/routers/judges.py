"""The judges: their cards, what they cost against caps, and the alarms they raised."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Security

from optiinfra_api.dependencies.application_reading import (
    ApplicationName,
    CallsWhole,
    SeriesFilters,
)
from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.filters import Text
from optiinfra_api.dependencies.judge_costs import alarms_in, caps_in, cleared
from optiinfra_api.dependencies.judges import judges_of
from optiinfra_api.dependencies.tenant import Providers, Tenant, allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Reading
from optiinfra_api.schemas.judges import AlarmOut, JudgeCap, JudgeCardRow

router = APIRouter(
    prefix="/api/v2/applications/{customer_id}/{provider}",
    tags=["applications"],
    responses={**RESPONSES},
)
READ = Security(allowed, scopes=["applications:read"])
WRITE = Security(allowed, scopes=["applications:write"])

OpenOnly = Annotated[bool, Query(alias="open", description="Only those that still stand.")]


@router.get("/judges", dependencies=[READ])
async def judge_cards(read: CallsWhole, filters: SeriesFilters) -> Reading[JudgeCardRow]:
    """How far each judge, model and rubric can be trusted, and what it took."""
    return read.answer(await judges_of(read, filters))


@router.get("/cost", dependencies=[READ])
async def judging_cost(read: CallsWhole, application: ApplicationName = "") -> Reading[JudgeCap]:
    """What judging has cost today and this month, against its caps."""
    return read.answer(await caps_in(read, application))


@router.get("/alarms", dependencies=[READ])
async def quality_alarms(
    read: CallsWhole,
    application: ApplicationName = "",
    metric_name: Text = "",
    open_only: OpenOnly = False,  # noqa: FBT002 - a parameter of the query
) -> Reading[AlarmOut]:
    """Series that got worse than their baselines, and what changed with them."""
    asked = {"application": application, "metric_name": metric_name, "open_only": open_only}
    return read.answer(await alarms_in(read, asked))


@router.post("/alarms/{alarm_id}/clear", dependencies=[WRITE])
async def clear_alarm(
    customer: Tenant,
    providers: Providers,  # noqa: ARG001 - an unknown one is told
    alarm_id: UUID,
    doors: DoorsOf,
) -> AlarmOut:
    """End an alarm; it is not raised again from the calls it stood on."""
    return await cleared(doors, customer, alarm_id)
