"""HTTP in, one question out."""

from optiinfra_api.routers import (
    aliases,
    application_registry,
    collect,
    costs,
    credentials,
    customers,
    dashboard,
    events,
    explanations,
    exports,
    health,
    ingest,
    interaction_sources,
    judges,
    keys,
    labels,
    mcp,
    me,
    overview,
    performance,
    providers,
    quality,
    resources,
    usage,
)

# The aliases come before the reads: {customer_id} would match their paths too. So come the sources
# before the registry: {application_id} would match theirs.
ROUTERS = (
    aliases.router,
    overview.router,
    costs.router,
    explanations.router,
    exports.router,
    performance.router,
    resources.router,
    quality.router,
    usage.router,
    labels.router,
    judges.router,
    collect.router,
    credentials.router,
    customers.router,
    events.router,
    ingest.router,
    interaction_sources.router,
    application_registry.router,
    keys.router,
    me.router,
    providers.router,
    health.router,
    mcp.router,
    dashboard.router,
)

__all__ = ["ROUTERS"]
