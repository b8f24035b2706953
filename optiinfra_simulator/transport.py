"""HTTP/1.1 with connections that stay open, one thread each; an answer leaves in one piece.

werkzeug's server closes after every answer, which costs a client 10 ms and a connection per call.
"""

import io
import socket
import ssl
import struct
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

from typing_extensions import override

from optiinfra_simulator.reply import Reply

Application = Callable[[Mapping[str, Any]], Reply]

# Zero seconds of patience with what is not sent yet: the close becomes a reset.
_NO_LINGER = struct.pack("ii", 1, 0)


class Handler(BaseHTTPRequestHandler):
    """Turns a request into a WSGI environment and the application's reply into bytes."""

    protocol_version = "HTTP/1.1"
    # Without it every answer on a kept connection may wait 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    server: "Server"

    def _serve(self) -> None:
        environ = self._environ()
        try:
            reply = self.server.application(environ)
        except ConnectionResetError:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            self.close_connection = True
            return
        self._send(reply)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - http.server's names

    def _environ(self) -> Mapping[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.rfile.read(length) if length else b""),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = f"HTTP_{name.upper().replace('-', '_')}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        named = {name.lower() for name, _ in reply.headers}
        for name, value in reply.headers:
            self.send_header(name, value)
        if "content-length" not in named:
            self.send_header("Content-Length", str(len(reply.body)))
        self._headers_buffer: list[bytes]
        head = b"".join(self._headers_buffer) + b"\r\n"
        self._headers_buffer = []
        self.wfile.write(head if self.command == "HEAD" else head + reply.body)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Requests are counted in the ledger instead."""


class Server(ThreadingHTTPServer):
    """Serves an application on 127.0.0.1, over TLS where it is given a context."""

    daemon_threads = True
    # A thousand clients may connect at once in a bench.
    request_queue_size = 128

    def __init__(
        self, port: int, application: Application, tls: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.application = application
        self._tls = tls
        self._thread: Thread | None = None

    def start(self, name: str) -> None:
        """Serve in a thread of that name until ``stop``."""
        self._thread = Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.02}, name=name, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End serving, if it ever began, and give the port back."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
        self.server_close()

    @override
    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; hands are shaken in its own thread, with its first bytes."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    @override
    def shutdown_request(self, request: Any) -> None:
        """Close without a farewell, so that a reset is a reset."""
        self.close_request(request)

    @override
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error here; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError | ssl.SSLError):
            super().handle_error(request, client_address)
