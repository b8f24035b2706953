"""HTTP in, one question out."""

from optiinfra_api.routers import (
    aliases,
    application_registry,
    collect,
    costs,
    credentials,
    customers,
    exports,
    health,
    ingest,
    keys,
    performance,
    providers,
    quality,
    resources,
    usage,
)

# The aliases come before the reads: {customer_id} would match their paths too.
ROUTERS = (
    aliases.router,
    costs.router,
    exports.router,
    performance.router,
    resources.router,
    quality.router,
    usage.router,
    collect.router,
    credentials.router,
    customers.router,
    ingest.router,
    application_registry.router,
    keys.router,
    providers.router,
    health.router,
)

__all__ = ["ROUTERS"]
