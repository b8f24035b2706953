"""The reference of the API at /docs, from files of ours under the dashboard's policy."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dashboard.files import INDEX, shipped
from optiinfra_api.routers.dashboard import METHODS, sent
from optiinfra_core.errors import NotFound

PACKAGE = "optiinfra_api.reference"
HOME = "/docs/"

router = APIRouter(include_in_schema=False)


@router.api_route("/docs", methods=METHODS)
async def reference_home() -> Response:
    """Where the reference is."""
    return RedirectResponse(HOME)


@router.api_route("/docs/{path:path}", methods=METHODS)
async def reference_file(path: str, request: Request) -> Response:
    """One file of the reference; nothing in it is secret, so it takes no key."""
    file = (await run_in_threadpool(shipped, PACKAGE)).get(path or INDEX)
    if file is None:
        raise NotFound(
            f"the reference has no file {path[:200]!r}", remedy=f"The reference is at {HOME}."
        )
    return sent(file, request)
