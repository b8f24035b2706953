"""A source's address leads where it says: not into our own network, not in clear, not elsewhere."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest
from pydantic import SecretStr
from typing_extensions import override

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.collecting.interaction_source import ClickHouseSource
from optiinfra_core.errors import InvalidRequest, Permanent, Transient
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.pulling.client import connected, permitted


def gate(clock: FixedClock, *, private: bool) -> Gate:
    """The gate of an installation that allows private addresses, or does not."""
    return Gate(ledger=CallLog(), clock=clock, private_endpoints=private)


def source(port: int) -> ClickHouseSource:
    """A source on this machine."""
    return ClickHouseSource(
        url=f"http://127.0.0.1:{port}", password=SecretStr("not-a-password"), layout="otel_traces"
    )


class Recording(BaseHTTPRequestHandler):
    """Remembers what it was asked; answers with a redirect where it has a target."""

    asked: ClassVar[list[str]] = []
    target: ClassVar[str] = ""

    def do_POST(self) -> None:
        """Answer anything."""
        self.asked.append(self.path)
        self.send_response(307 if self.target else 200)
        if self.target:
            self.send_header("Location", self.target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST  # noqa: N815 - the base class's name

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def inner() -> Iterator[HTTPServer]:
    """A server inside our network that must not be asked."""
    with _serving(type("Inner", (Recording,), {"asked": []})) as server:
        yield server


@pytest.fixture
def outer(inner: HTTPServer) -> Iterator[HTTPServer]:
    """Somebody's server that sends whoever asks to the inner one."""
    target = f"http://127.0.0.1:{inner.server_port}/latest/meta-data"
    with _serving(type("Outer", (Recording,), {"asked": [], "target": target})) as server:
        yield server


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_redirect_is_not_followed(
    clock: FixedClock, outer: HTTPServer, inner: HTTPServer
) -> None:
    """The server behind it is never asked, whatever the outer one says."""
    with (
        pytest.raises(Permanent, match="redirect"),
        connected(source(outer.server_port), gate(clock, private=True)),
    ):
        pass
    assert outer.RequestHandlerClass.asked  # type: ignore[attr-defined]
    assert inner.RequestHandlerClass.asked == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8123", "https://10.0.0.7:8443", "http://[::1]:8123", "http://localhost"],
)
def test_a_private_address_needs_the_installations_word(clock: FixedClock, url: str) -> None:
    """A customer cannot reach what only this machine can."""
    with pytest.raises(InvalidRequest, match="does not allow"):
        permitted(url, gate(clock, private=False))
    assert permitted(url, gate(clock, private=True))


def test_the_metadata_service_is_never_reached(clock: FixedClock) -> None:
    """Not even where private addresses are allowed."""
    with pytest.raises(InvalidRequest):
        permitted("http://169.254.169.254", gate(clock, private=True))


def test_a_public_address_needs_https(clock: FixedClock) -> None:
    """Texts and the password would travel in clear."""
    with pytest.raises(InvalidRequest, match="without https"):
        permitted("http://8.8.8.8:8123", gate(clock, private=False))
    public = "https://8.8.8.8:8443"
    assert permitted(public, gate(clock, private=False)) == public


def test_a_private_address_without_a_port_means_clickhouses(clock: FixedClock) -> None:
    """Not that of a web server."""
    found = permitted("http://127.0.0.1", gate(clock, private=True))
    assert found == "http://127.0.0.1:8123"


def test_a_server_that_is_away_is_a_fault_that_passes(clock: FixedClock) -> None:
    """The next pull tries again."""
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        port = closed.server_port
    with (
        pytest.raises(Transient),
        connected(source(port), gate(clock, private=True)),
    ):
        pass
