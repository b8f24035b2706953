"""Why cost rose or fell."""

from fastapi import APIRouter, Security

from optiinfra_api.dependencies.explaining import ExplainingOf
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.cost_change import CostChange

router = APIRouter(
    prefix="/api/v2/costs",
    tags=["costs"],
    responses={**RESPONSES},
    dependencies=[Security(allowed, scopes=["costs:read"])],
)


@router.get("/{customer_id}/{provider}/change")
async def cost_change(explaining: ExplainingOf) -> CostChange:
    """What the period cost and why that is more or less than in the one before, of equal length.

    By service, resource, account, region, SKU, charge category and provider, the largest change
    first, with what is new or gone, how much of a change is use and how much is price, and what
    providers restated. Without `end` the last whole day ends the period, by default 7 days.
    Narrow it with `service`, `region`, `account` or `resource_id` to look closer.
    """
    return await explaining.answer()
