"""The dashboard's files, under a policy that lets the page load from here and nowhere else."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from optiinfra_api.dashboard.files import INDEX, File, shipped
from optiinfra_api.dependencies.unchanged import Unchanged, demand_change
from optiinfra_core.errors import NotFound

HOME = "/dashboard/"
METHODS = ["GET", "HEAD"]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.api_route("/", methods=METHODS)
@router.api_route("/dashboard", methods=METHODS)
async def dashboard_home() -> Response:
    """Where the dashboard is."""
    return RedirectResponse(HOME)


@router.api_route("/dashboard/{path:path}", methods=METHODS)
async def dashboard_file(path: str, request: Request) -> Response:
    """One file of the dashboard; nothing in it is secret, so it takes no key."""
    file = (await run_in_threadpool(shipped)).get(path or INDEX)
    if file is None:
        raise NotFound(
            f"the dashboard has no file {path[:200]!r}", remedy=f"The dashboard is at {HOME}."
        )
    return sent(file, request)


def sent(file: File, request: Request) -> Response:
    """The file, or that it is unchanged."""
    try:
        demand_change(request.headers, file.tag)
    except Unchanged:
        return Response(status_code=304, headers=headers_of(file))
    return answer(file, compressed="gzip" in request.headers.get("accept-encoding", ""))


def answer(file: File, *, compressed: bool) -> Response:
    """The file as a response."""
    encoding = {"Content-Encoding": "gzip"} if compressed else {}
    return Response(
        file.compressed if compressed else file.content,
        media_type=file.media_type,
        headers={**headers_of(file), **encoding},
    )


def headers_of(file: File) -> Mapping[str, str]:
    """What a browser is told about the file besides its type."""
    return {
        "Cache-Control": file.cache_control,
        "Content-Security-Policy": POLICY,
        "ETag": file.tag,
        "Vary": "Accept-Encoding",
    }
