"""Callers of HTTP that cost next to nothing themselves: bare sockets, prepared requests.

With a full client, sixteen callers took as much of the two cores as what they measured.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

OK = b" 200 "


class Line:
    """One kept-alive connection to an HTTP server."""

    def __init__(self, host: str, port: int, headers: Mapping[str, str]) -> None:
        self._address = host, port
        told = {"Host": f"{host}:{port}", **headers}
        self._headers = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, body: str | None = None) -> bytes:
        """The body of the answer to GET, or to POST where there is a ``body``.

        Raises:
            RuntimeError: the answer is not 200.
        """
        sent = (body or "").encode()
        verb = "GET" if body is None else "POST"
        first = f"{verb} {path} HTTP/1.1\r\nContent-Length: {len(sent)}"
        request = f"{first}\r\n{self._headers}\r\n".encode() + sent
        try:
            head, answer = await self._exchange(request)
        except (asyncio.IncompleteReadError, ConnectionError):
            # A connection that was idle for some seconds is closed by the server.
            self._streams = None
            head, answer = await self._exchange(request)
        if OK not in head[:16]:
            raise RuntimeError(f"{path[:200]}: {head[:60]!r} {answer[:500]!r}")
        return answer

    async def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address, limit=2**20)
        reader, writer = self._streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        return head, await received(head, reader)

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            await self._streams[1].wait_closed()


async def received(head: bytes, reader: asyncio.StreamReader) -> bytes:
    """The body that follows ``head``, counted or in chunks."""
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return await reader.readexactly(int(value))
    parts = []
    while size := int(await reader.readline(), 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a crowd took: milliseconds of each answer."""

    milliseconds: list[float]
    seconds: float

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return len(self.milliseconds) / self.seconds


Turn = Callable[[Line, int], Awaitable[object]]


async def warm(lines: list[Line], turn: Turn) -> None:
    """The first answers of each caller, two and one more than the caller before has.

    They open connections and turn to a second page, for which others are read ahead. Callers that
    went on together from there would all turn to the end of what was read at the same moment.
    """

    async def begin(number: int, line: Line) -> None:
        for _ in range(2 + number):
            await turn(line, number)

    await asyncio.gather(*(begin(number, line) for number, line in enumerate(lines)))


async def crowd(lines: list[Line], turn: Turn, seconds: float) -> Asked:
    """Every caller asks, waits for the answer and asks again, for so many seconds.

    ``turn`` is given the line and the caller's number.
    """
    began = time.perf_counter()
    taken: list[float] = []

    async def call(number: int, line: Line) -> None:
        while (since := time.perf_counter()) < began + seconds or len(taken) < len(lines):
            await turn(line, number)
            taken.append((time.perf_counter() - since) * 1000)

    await asyncio.gather(*(call(number, line) for number, line in enumerate(lines)))
    return Asked(taken, time.perf_counter() - began)
