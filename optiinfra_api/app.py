"""Puts the API together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version

from fastapi import Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from optiinfra_api import described, problems
from optiinfra_api.dependencies.doors import open_doors
from optiinfra_api.dependencies.parameters import demand_known, known_parameters
from optiinfra_api.dependencies.unchanged import install as install_unchanged
from optiinfra_api.deprecated import Deprecations
from optiinfra_api.gateway import DagsterGateway, GraphQLGateway
from optiinfra_api.mcp.server import manager_of
from optiinfra_api.middleware import BodyLimit, Figures, Surroundings
from optiinfra_api.routers import ROUTERS
from optiinfra_core.embedded.servers import resolve
from optiinfra_core.endpoints import Servers
from optiinfra_core.settings import Settings
from optiinfra_core.windows import Clock, SystemClock

DESCRIPTION = """What your clouds cost, how hard they work and what you own.

Send an API key as `Authorization: Bearer oi_...`. Every read says how fresh and how complete it
is. Errors are problem+json (RFC 9457) and carry a remedy.
"""
# What a page of another origin may send.
ALLOWED = ("Authorization", "X-API-Key", "Idempotency-Key", "If-None-Match", "Last-Event-ID")
# What a page of another origin may read of an answer.
EXPOSED = (
    "ETag", "X-Request-ID", "Retry-After", "RateLimit", "RateLimit-Policy", "Deprecation",
    "Sunset", "Link",
)  # fmt: skip
TAGS = [
    {"name": "overview", "description": "All clouds of a customer at once."},
    {"name": "costs", "description": "What was charged, to the cent."},
    {"name": "performance", "description": "How hard resources work."},
    {"name": "resources", "description": "What exists, existed and changed."},
    {"name": "applications", "description": "Calls of language models: sent in, judged, read."},
    {"name": "collect", "description": "Start collection and see how it goes."},
    {"name": "events", "description": "What happens, as it happens."},
    {"name": "credentials", "description": "Cloud accounts; secrets go in and never come out."},
    {"name": "customers", "description": "Tenants."},
    {"name": "keys", "description": "API keys."},
    {"name": "providers", "description": "The clouds that are installed."},
    {"name": "health", "description": "Whether the API lives and is ready."},
]


def create_app(
    settings: Settings,
    servers: Servers | None = None,
    clock: Clock | None = None,
    dagster: DagsterGateway | None = None,
) -> FastAPI:
    """The application. Its servers are found and its key ring is read when it starts.

    Raises:
        ConfigurationError: at start-up, where there is no key ring.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        found = servers if servers is not None else await run_in_threadpool(resolve, settings)
        gateway = dagster or GraphQLGateway(settings)
        doors = open_doors(settings, found, clock or SystemClock(), gateway)
        app.state.doors = doors
        app.state.mcp = manager_of(app)
        try:
            async with app.state.mcp.run():
                yield
        finally:
            await doors.close()

    app = FastAPI(
        title="OptiInfra",
        version=installed_version(),
        description=DESCRIPTION,
        openapi_tags=TAGS,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        # The reference is a page of ours (routers/reference.py): those here load from elsewhere.
        docs_url=None,
        redoc_url=None,
        # Sync dependencies would each wait for a thread: all of ours are async.
        dependencies=[Depends(demand_known)],
    )
    app.state.figures = Figures()
    problems.install(app)
    install_unchanged(app)
    for router in ROUTERS:
        app.include_router(router)
    description = app.openapi()  # made once and kept by the application
    problems.describe(description)
    described.complete(description, ROUTERS)
    app.state.parameters = known_parameters(description)
    surround(app, settings)
    return app


def surround(app: FastAPI, settings: Settings) -> None:
    """Add what every request passes; the one added last is the outermost."""
    app.add_middleware(BodyLimit)
    app.add_middleware(Deprecations)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
        )
    app.add_middleware(Surroundings, figures=app.state.figures)


def operation_id(route: APIRoute) -> str:
    """Stable names for generated clients: those of the handlers."""
    return route.name


def installed_version() -> str:
    """The version of this distribution; a bare checkout has none."""
    try:
        return version("optiinfra")
    except PackageNotFoundError:
        return "0+checkout"
