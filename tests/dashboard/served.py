"""The API on a real socket: uvicorn in a thread, so that tests can turn its clock."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import uvicorn
from fastapi import FastAPI
from typing_extensions import override

PATIENCE_SECONDS = 30.0


class Announcing(uvicorn.Server):
    """A server that tells when it can be asked."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell so."""
        await super().startup(sockets)
        self.ready.set()


class OverSocket(httpx.Client):
    """A client of the served application, which tests may look into."""

    def __init__(self, app: FastAPI, url: str) -> None:
        super().__init__(base_url=url, timeout=PATIENCE_SECONDS)
        self.app = app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the application, which answers there for the length of the block."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_config=None, access_log=False, ws="none", lifespan="on")
        server = Announcing(config)
        thread = Thread(target=server.run, kwargs={"sockets": [door]}, name="served-api")
        thread.start()
        try:
            assert server.ready.wait(PATIENCE_SECONDS), "the API did not start"
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE_SECONDS)
