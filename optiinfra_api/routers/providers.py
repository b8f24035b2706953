"""The clouds that are installed: what they supply and what their credentials are made of."""

from fastapi import APIRouter

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.tenant import Caller, known
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.envelope import Listing
from optiinfra_core.collecting.catalogue import ProviderInfo

router = APIRouter(prefix="/api/v1/providers", tags=["providers"], responses={**RESPONSES})


@router.get("")
async def list_providers(
    doors: DoorsOf,
    key: Caller,  # noqa: ARG001 - any key will do
) -> Listing[ProviderInfo]:
    """The installed providers."""
    found = list((await doors.providers()).values())
    return Listing(count=len(found), data=found)


@router.get("/{provider}")
async def get_provider(
    provider: str,
    doors: DoorsOf,
    key: Caller,  # noqa: ARG001 - any key will do
) -> ProviderInfo:
    """One provider: its data types with their lag and price, and its credential's fields."""
    return known(await doors.providers(), provider)
