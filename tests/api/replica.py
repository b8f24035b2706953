"""The API over a real socket: a second replica of a furnished installation."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from optiinfra_api.app import create_app
from optiinfra_api.dependencies.doors import Doors
from tests.api.house import House

PATIENCE = 20.0


@dataclass(frozen=True)
class Replica:
    """A served application and its address."""

    url: str
    app: FastAPI

    @property
    def doors(self) -> Doors:
        """What it holds open."""
        doors: Doors = self.app.state.doors
        return doors

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """A GET over the socket."""
        return httpx.get(self.url + path, timeout=PATIENCE, **asked)

    def until(self, condition: Callable[[], bool]) -> None:
        """Return once ``condition`` holds; fail when that takes too long."""
        bell, deadline = threading.Event(), time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline
            bell.wait(0.02)


@contextmanager
def replica(house: House, **settings: Any) -> Iterator[Replica]:
    """A replica with the installation's servers and clock; settings may differ."""
    chosen = house.settings.model_copy(update={"events_alive_seconds": 0.2, **settings})
    app = create_app(chosen, house.servers, house.clock)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5)
        server = uvicorn.Server(config)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        running = Replica(f"http://127.0.0.1:{port}", app)
        try:
            running.until(lambda: server.started)
            yield running
        finally:
            server.should_exit = True
            serving.join(PATIENCE)
