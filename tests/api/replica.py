"""The API over a real socket: a second replica of a furnished installation."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from optiinfra_api.app import create_app
from optiinfra_api.dependencies.doors import Doors
from optiinfra_api.server import Server
from tests.api.house import House

PATIENCE = 20.0


@dataclass(frozen=True)
class Replica:
    """A served application and its address."""

    url: str
    app: FastAPI
    server: Server
    serving: threading.Thread

    @property
    def doors(self) -> Doors:
        """What it holds open."""
        doors: Doors = self.app.state.doors
        return doors

    def get(self, path: str, **asked: Any) -> httpx.Response:
        """A GET over the socket."""
        return httpx.get(self.url + path, timeout=PATIENCE, **asked)

    def stop(self) -> None:
        """End it, as a signal would; fail when that takes too long."""
        self.server.should_exit = True
        self.serving.join(PATIENCE)
        assert not self.serving.is_alive()

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
        server = Server(app)
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        running = Replica(f"http://127.0.0.1:{port}", app, server, serving)
        try:
            running.until(lambda: server.started)
            yield running
        finally:
            running.stop()
