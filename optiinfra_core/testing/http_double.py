"""An HTTP server on loopback that answers, stalls, tears or cuts as a test tells it to."""

import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from typing_extensions import override

# A stalled answer ends with the test; this is how long a forgotten one may last.
LONGEST_STALL = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent back; ``keep`` sends only so many bytes of the body and then closes."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is torn without an answer."""


@dataclass(frozen=True, slots=True)
class Stall:
    """Nothing is answered until the server closes."""


Fate = Reply | Reset | Stall


class HttpDouble:
    """A real server on a real socket; ``respond`` decides each request's fate, in its thread."""

    def __init__(self, respond: Callable[[Incoming], Fate]) -> None:
        self._closing = threading.Event()
        self.seen: list[Incoming] = []
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                incoming = Incoming(
                    method=self.command,
                    path=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
                double.seen.append(incoming)
                double._meet(self, respond(incoming))

            # http.server looks these names up.
            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _any  # noqa: N815

            @override
            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet: tests read ``seen``."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _meet(self, handler: BaseHTTPRequestHandler, fate: Fate) -> None:
        if isinstance(fate, Stall):
            self._closing.wait(LONGEST_STALL)
            handler.close_connection = True
        elif isinstance(fate, Reset):
            # Linger of zero seconds makes close() send RST instead of FIN.
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.connection.close()
            handler.close_connection = True
        else:
            _send(handler, fate)


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(reply.body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(reply.body[: reply.keep])
    handler.close_connection = reply.keep is not None
