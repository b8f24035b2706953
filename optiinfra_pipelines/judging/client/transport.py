"""The HTTP client under the SDK: our time-outs, no redirects, and paths where the server has them.

Loaded with the first request only: it imports httpx.
"""

import httpx
from typing_extensions import override

from optiinfra_pipelines.judging.client.dialects import SDK_PREFIX

CONNECT_SECONDS = 5.0


class Prefixed(httpx.HTTPTransport):
    """Sends what the SDK addresses to ``/openai/v1/...`` to ``prefix`` instead."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    @override
    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode("ascii")
        if path.startswith(SDK_PREFIX):
            moved = self._prefix + path.removeprefix(SDK_PREFIX)
            request.url = request.url.copy_with(raw_path=moved.encode("ascii"))
        return super().handle_request(request)


def http_client(prefix: str, read_seconds: float) -> httpx.Client:
    """A client that follows no redirect: one could lead the key and the texts elsewhere."""
    # A proxy of the environment is honoured by httpx's own transports alone.
    transport = None if prefix == SDK_PREFIX else Prefixed(prefix)
    return httpx.Client(
        transport=transport,
        follow_redirects=False,
        timeout=httpx.Timeout(read_seconds, connect=min(CONNECT_SECONDS, read_seconds)),
    )
