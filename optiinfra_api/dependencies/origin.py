"""Whether a request comes from where this server is meant to be used: DNS rebinding ends here."""

from urllib.parse import urlsplit

from fastapi import Request
from starlette.exceptions import HTTPException

from optiinfra_api.dependencies.doors import DoorsOf
from optiinfra_core.endpoints import LOOPBACK

FORBIDDEN = 403
MISDIRECTED = 421


async def demand_own_site(request: Request, doors: DoorsOf) -> None:
    """Return if the Origin, where one is sent, is allowed, and the Host is one of this server's.

    An origin is allowed by ``cors_origins``; pages of this machine are where the API listens on it
    only. The Host is looked at there too, and wherever ``mcp_hosts`` names any.

    Raises:
        HTTPException: 403 for the origin, 421 for the host.
    """
    settings = doors.settings
    local = settings.api_host in LOOPBACK
    origin = request.headers.get("origin")
    if (
        origin is not None
        and origin not in settings.cors_origins
        and not (local and host_of(origin) in LOOPBACK)
    ):
        raise HTTPException(FORBIDDEN, "this Origin is not among OPTIINFRA_CORS_ORIGINS")
    hosts = {*settings.mcp_hosts, *(LOOPBACK if local else ())}
    asked = host_of(f"//{request.headers.get('host', '')}")
    if hosts and asked not in hosts:
        raise HTTPException(MISDIRECTED, "this Host is not among OPTIINFRA_MCP_HOSTS")


def host_of(address: str) -> str:
    """The name in an address, without its port; empty where there is none."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
