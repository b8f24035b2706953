"""uvicorn that ends with followers: their streams would keep it from ending."""

import gc
import socket

import uvicorn
from fastapi import FastAPI
from typing_extensions import override

from optiinfra_api.dependencies.doors import Doors
from optiinfra_core.warehouse.client import preload

# Longer than any answer but a stream takes; what is left then is cut off.
GRACE_SECONDS = 30


class Server(uvicorn.Server):
    """Serves ``app``; when told to end it first tells those who follow events."""

    def __init__(self, app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> None:
        self._app = app
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            # Our own access line has the route and the request id; uvicorn's has the query string.
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        super().__init__(config)

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the doors, and exempt what was loaded until then from the collection of garbage.

        Going through 200,000 objects that stay for good held all answers up for 150 ms, every few
        seconds; https://docs.python.org/3/library/gc.html#gc.freeze.
        """
        preload()
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the streams, then wait for the other answers."""
        doors: Doors | None = getattr(self._app.state, "doors", None)
        if doors is not None:
            await doors.events.close()
        await super().shutdown(sockets)
