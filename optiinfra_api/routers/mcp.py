"""Agents: the reads of this API as tools of the Model Context Protocol."""

from fastapi import APIRouter, Depends, Request, Response
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from optiinfra_api.dependencies.origin import demand_own_site
from optiinfra_api.dependencies.tenant import Caller

router = APIRouter(tags=["mcp"])


class Handed(Response):
    """An answer that the protocol's own SDK writes."""

    def __init__(self, manager: StreamableHTTPSessionManager) -> None:
        super().__init__()
        self.manager = manager

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        await self.manager.handle_request(scope, receive, send)


# Described by the protocol itself (tools/list). No GET: this server sends nothing unasked.
@router.post("/mcp", include_in_schema=False, dependencies=[Depends(demand_own_site)])
async def mcp(request: Request, key: Caller) -> Response:
    """One message of the protocol, from a key or token that is good and within its rate."""
    request.state.key = key
    return Handed(request.app.state.mcp)
