"""The doors of the API as its own process: over a socket, with many senders, and a silent log."""

import gzip
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import orjson

from optiinfra_core.applications.interaction import Message, Part
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.windows import SystemClock
from tests.api import exports
from tests.api.house import House
from tests.api.test_process import ROOT, environment, free_port, lines_until
from tests.core.warehouse.calls import call

CANARY = "canary-in-a-prompt"
COUNT = "SELECT uniqExact(trace_id) AS calls FROM llm_interactions WHERE customer_id = {c:String}"


def test_many_senders_over_a_socket_and_no_prompt_in_the_log(house: House) -> None:
    """Eight senders at once, each batch twice: every call once, and nothing of it is told."""
    Customers(house.database).add("sockets", "Sockets")
    house.key("sockets", ("applications:write",), ("sockets",))
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "optiinfra_api"],
        env=environment(house, OPTIINFRA_API_PORT=str(port)),
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        log = lines_until(process, "running on")
        send_all(house, f"http://127.0.0.1:{port}")
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert house.warehouse.select(COUNT, {"c": "sockets"}) == [{"calls": 160}]
    told = "".join(log) + rest
    assert told.count('"/v1/traces"') >= 16
    assert CANARY not in told
    assert "Traceback" not in told


def send_all(house: House, address: str) -> None:
    """Sixteen batches of ten calls and their repetition, by eight connections; and a broken one."""
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/x-protobuf"}
    now = SystemClock().now()  # the process has the machine's clock
    told = {
        "user": CANARY,
        "conversation_id": CANARY,
        "input": (Part("span", 0, Message("user", CANARY)),),
        "started_at": now,
        "ended_at": now,
    }
    bodies = [
        gzip.compress(
            exports.protobuf(
                exports.traces(call(number, **told) for number in range(first, first + 10))
            )
        )
        for first in range(0, 160, 10)
    ]
    with httpx.Client(base_url=address, headers=house.auth("sockets"), timeout=60) as client:

        def send(body: bytes) -> int:
            return client.post("/v1/traces", content=body, headers=headers).status_code

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(send, bodies * 2)) == {200}
        broken = orjson.dumps({"application_id": CANARY, "timestamp": CANARY})[:-1]
        plain = {"Content-Type": "application/json"}
        path = "/api/v2/applications/interactions"
        assert client.post(path, content=broken, headers=plain).status_code == 400
