"""All clouds of a customer at once: what the first page of a dashboard shows."""

from fastapi import APIRouter

from optiinfra_api.dependencies.overview import overview_of
from optiinfra_api.dependencies.overview_sight import SightOf
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.overview import Overview

router = APIRouter(prefix="/api/v2/overview", tags=["overview"], responses={**RESPONSES})


@router.get("/{customer_id}")
async def overview(sight: SightOf) -> Overview:
    """Cost of the period and of the one before, utilisation, resources and applications.

    Any key that reads something may ask; parts that its scopes do not open are null and named in
    `withheld`. Costs are of the whole period, utilisation of its last day, resources of its last
    snapshot, applications of its last seven days.
    """
    return await overview_of(sight)
