"""One read of the API inside of this process, as the caller that was let in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from optiinfra_core.tenancy.api_keys import ApiKey

# Names no host: nothing leaves the process.
BASE = "http://inside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks the API, through the same routes, dependencies and figures as over a socket."""

    app: ASGIApp
    key: ApiKey
    request_id: str

    async def get(self, path: str, query: Mapping[str, Any]) -> tuple[int, Any]:
        """Status and decoded body of a GET; a problem is an answer too."""
        request = httpx.Request(
            "GET", BASE + path, params=query, headers={"X-Request-ID": self.request_id}
        )
        transport = httpx.ASGITransport(app=self._admitted, raise_app_exceptions=False)
        response = await transport.handle_async_request(request)
        return response.status_code, orjson.loads(await response.aread())

    async def _admitted(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application, told that the key was looked at and counted already."""
        await self.app({**scope, "state": {"admitted": self.key}}, receive, send)
