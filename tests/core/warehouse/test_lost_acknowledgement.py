"""The network may lose an answer: the write that was not acknowledged can be made again."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from threading import Thread

import pytest

from optiinfra_core.collecting.gate import Call
from optiinfra_core.endpoints import ClickHouseEndpoint
from optiinfra_core.errors import Transient
from optiinfra_core.metrics import COST
from optiinfra_core.warehouse.calls import record_calls
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.questions.calls import BY_DAY
from optiinfra_core.windows import DAY
from tests.core.warehouse.scene import TODAY, Scene, charge, day_span


class CuttingWire:
    """Forwards HTTP to a server, and loses the answer to the request that holds ``words``."""

    def __init__(self, host: str, port: int, words: bytes) -> None:
        self._server = (host, port)
        self._words = words
        self.cut = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        """Serve whoever connects, until closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                thread = Thread(target=self._serve, args=(client,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, client: socket.socket) -> None:
        """Pass on requests and answers, but for the one that is cut."""
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            while request := _whole(client):
                server.sendall(request)
                if self._words in request and not self.cut:
                    server.recv(65536)
                    self.cut += 1
                    return
                client.sendall(_whole(server))


def _whole(peer: socket.socket) -> bytes:
    """One HTTP message, by its length or its last chunk; empty at the end of the stream."""
    message = b""
    while b"\r\n\r\n" not in message:
        more = peer.recv(65536)
        if not more:
            return b""
        message += more
    head, _, body = message.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"length:" in line]
    while (len(body) < int(lengths[0])) if lengths else not body.endswith(b"0\r\n\r\n"):
        body += peer.recv(65536)
    return head + b"\r\n\r\n" + body


@contextmanager
def losing(scene: Scene, words: str) -> Iterator[tuple[Scene, CuttingWire]]:
    """The scene behind a wire that loses one answer."""
    endpoint = scene.warehouse.endpoint
    wire = CuttingWire(endpoint.host, endpoint.port, words.encode())
    through: ClickHouseEndpoint = replace(endpoint, url=f"http://127.0.0.1:{wire.port}")
    try:
        with Warehouse(through) as warehouse:
            yield Scene(warehouse, scene.customer, scene.clock), wire
    finally:
        wire.close()


@pytest.mark.parametrize("words", ["INTO+cost_metrics", "INTO+cost_restatements"])
def test_a_write_whose_answer_was_lost_can_be_repeated(scene: Scene, words: str) -> None:
    """The caller sees a passing fault, tries again, and nothing is there twice."""
    scene.costs(charge("1", resource_id="a"), charge("2", resource_id="b"))
    batch = scene.batch(COST, day_span(TODAY))
    rows = [charge("3", resource_id="a"), charge("4", resource_id="c")]
    with losing(scene, words) as (cut_off, wire):
        with pytest.raises(Transient):
            cut_off.write(batch, rows)
        assert wire.cut == 1
        cut_off.write(batch, rows)
    stored = scene.stored("cost_metrics", "resource_id", "billed_cost")
    assert stored == [("a", Decimal(3)), ("c", Decimal(4))]
    changes = scene.stored("cost_restatements", "resource_id", "delta_billed_cost")
    assert changes == [("a", Decimal(2)), ("b", Decimal(-2)), ("c", Decimal(4))]


def test_a_commit_whose_answer_was_lost_is_there_once(scene: Scene) -> None:
    """The driver itself repeats plain inserts: the window still has one record.

    The commit is the only request of a write that the driver makes of rows.
    """
    with losing(scene, ") FORMAT Native\n") as (cut_off, wire):
        written = cut_off.write(scene.batch(COST, day_span(TODAY)), [charge("3")])
        assert wire.cut == 1
    assert scene.stored("collection_windows", "version", "rows") == [(written.version, 1)]


def test_calls_whose_answer_was_lost_are_counted_once(scene: Scene) -> None:
    """The ledger of calls has no key; a token keeps the repetition out."""
    call = Call(
        at=scene.clock.now(), operation="GetCostAndUsage", region="us-east-1", units=1,
        usd=Decimal("0.01"), milliseconds=120, status=200, throttled=False,
    )  # fmt: skip
    with losing(scene, ") FORMAT Native\n") as (cut_off, wire):
        record_calls(cut_off.warehouse, scene.customer, "aws", COST, "1", "run-1", [call])
        assert wire.cut == 1
    assert scene.ask(BY_DAY, start=call.at, end=call.at + DAY)[0].calls == 1
