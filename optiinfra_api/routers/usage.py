"""What calls of applications take: summary, models, usage over time."""

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.application_reading import (
    CallFilters,
    CallsPage,
    CallsWhole,
    GroupByPeriod,
    ScoreFilters,
)
from optiinfra_api.dependencies.page import Keyset
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.dependencies.usage import models_of, summary_of
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Reading
from optiinfra_api.schemas.usage import ApplicationSummary, ModelUsage
from optiinfra_core.warehouse.questions.application_usage import USAGE, UsageTrend

router = APIRouter(
    prefix="/api/v2/applications",
    tags=["applications"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["applications:read"])],
)


PERIODS = Keyset(USAGE, {"after_period": "period", "after_application": "application_id"})


@router.get("/{customer_id}/{provider}/summary")
async def application_summary(
    read: CallsWhole, filters: ScoreFilters
) -> Reading[ApplicationSummary]:
    """Each application: all its calls, what judges said of the sample, and how that drifts."""
    return read.answer(await summary_of(read, filters))


@router.get("/{customer_id}/{provider}/models")
async def application_models(read: CallsWhole, filters: CallFilters) -> Reading[ModelUsage]:
    """The calls of each application to each model: errors, times, tokens, cost."""
    return read.answer(await models_of(read, filters))


@router.get("/{customer_id}/{provider}/usage")
async def application_usage(
    read: CallsPage, filters: CallFilters, group_by: GroupByPeriod = "day"
) -> Reading[UsageTrend]:
    """Calls, tokens and cost of each application by hour, day, week or month."""
    return read.answer(await read.listing(PERIODS, group_by=group_by, **filters))
