"""Whether the API lives, is ready, and how it does."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response, Security

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_api.dependencies.figures import exposition
from optiinfra_api.dependencies.readiness import readiness
from optiinfra_api.dependencies.tenant import allowed
from optiinfra_api.problems import RESPONSES
from optiinfra_api.schemas.health import Alive, Ready

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez() -> Alive:
    """The process answers; says nothing about the servers behind it."""
    return Alive()


@router.get("/readyz", responses={503: RESPONSES[503]})
async def readyz(doors: DoorsOf) -> Ready:
    """Postgres, ClickHouse, both schemas and the key ring: 200 if all are well, 503 otherwise."""
    return await doors.recent_readiness.get("", lambda: readiness(doors))


@router.get(
    "/metrics",
    dependencies=[Security(allowed, scopes=["metrics:read"])],
    response_class=Response,
    responses={**RESPONSES, 200: {"content": {"text/plain": {}}}},
)
async def metrics(text: Annotated[bytes, Depends(exposition)]) -> Response:
    """Figures for Prometheus: requests by route, and the freshness of what the key may see."""
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
