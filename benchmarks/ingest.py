"""How many calls a second do the doors store, against ClickHouse taking the same rows?

The real API in a process of its own, asked over a socket by several senders at once; then the same
rows, made beforehand, straight into the same table in batches of the same size by as many senders.
The order changes with every round; each way and round writes calls of its own.
"""

import argparse
import gzip
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from benchmarks.figures import cpu_seconds, load, show
from benchmarks.installation import ROOT, Installation, free_port, installed
from benchmarks.normalising import pair, span
from optiinfra_core.applications.interaction import Interaction, TextPolicy
from optiinfra_core.applications.otlp import spans, wire
from optiinfra_core.applications.privacy import KeptInteraction, Redactor, TextRules, kept
from optiinfra_core.database import Database
from optiinfra_core.tenancy.api_keys import ApiKeys, NewKey
from optiinfra_core.tenancy.applications import Applications
from optiinfra_core.tenancy.customers import Customers
from optiinfra_core.vault.keyring import KeyRing
from optiinfra_core.warehouse.client import Warehouse
from optiinfra_core.warehouse.interactions import InteractionWriter
from optiinfra_core.windows import SystemClock

CUSTOMER = "acme"
APPLICATION = "assistant"
SENDERS = 4
PLAIN = "/api/v2/applications/interactions"
TARGET = 1_000  # microseconds of the API's CPU for a call, protobuf with gzip, redacted
COUNT = "SELECT uniqExact(trace_id) AS calls FROM llm_interactions WHERE customer_id = {c:String}"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to send a batch."""

    name: str
    path: str
    headers: dict[str, str]
    pack: Callable[[ExportTraceServiceRequest], bytes]


def packed(request: ExportTraceServiceRequest) -> bytes:
    """As exporters send it with compression."""
    return gzip.compress(bytes(request.SerializeToString()), 6)


def in_hex(request: ExportTraceServiceRequest) -> bytes:
    """As OTLP's JSON, which has ids in hex and not in base64."""
    told = MessageToDict(request)
    [held] = told["resourceSpans"][0]["scopeSpans"]
    for each, own in zip(
        held["spans"], request.resource_spans[0].scope_spans[0].spans, strict=True
    ):
        each["traceId"], each["spanId"] = own.trace_id.hex(), own.span_id.hex()
    return orjson.dumps(told)


def lines(request: ExportTraceServiceRequest) -> bytes:
    """The calls of a request as plain JSON, one on a line."""
    return b"\n".join(orjson.dumps(_plain(call)) for call in calls(request))


def _plain(call: Interaction) -> dict[str, object]:
    return {
        "trace_id": call.trace_id,
        "span_id": call.span_id,
        "application_id": call.application,
        "timestamp": call.started_at.isoformat(),
        "latency_ms": call.latency_ms,
        "provider": call.provider,
        "model": call.model,
        "llm_vendor": call.llm_vendor,
        "messages": [
            {"role": part.message.role, "content": part.message.text} for part in call.input
        ],
        "response": call.output[0].message.text,
        "usage": {"input_tokens": call.input_tokens, "output_tokens": call.output_tokens},
        "user": call.user,
        "conversation_id": call.conversation_id,
    }


JSON = {"Content-Type": "application/json"}
GZIP = {"Content-Encoding": "gzip"}
WAYS = (
    Way("protobuf + gzip", "/v1/traces", {"Content-Type": wire.PROTOBUF, **GZIP}, packed),
    Way("OTLP/JSON", "/v1/traces", JSON, in_hex),
    Way("plain JSON lines", PLAIN, {"Content-Type": "application/x-ndjson"}, lines),
)


def requests(first: int, count: int, size: int) -> Iterator[ExportTraceServiceRequest]:
    """``count`` calls from number ``first`` on, ``size`` to a request, all of this hour."""
    resource = Resource(
        attributes=[pair("service.name", APPLICATION), pair("cloud.provider", "aws")]
    )
    now = int(SystemClock().now().timestamp() * 1e9)
    for start in range(first, first + count, size):
        made = [span(at) for at in range(start, min(start + size, first + count))]
        for each in made:
            each.start_time_unix_nano, each.end_time_unix_nano = now, now + 900_000_000
        held = ResourceSpans(resource=resource, scope_spans=[ScopeSpans(spans=made)])
        yield ExportTraceServiceRequest(resource_spans=[held])


def calls(request: ExportTraceServiceRequest) -> list[Interaction]:
    """What the traces door makes of a request."""
    body = bytes(request.SerializeToString())
    found = spans.interactions(wire.decode_traces(body, wire.PROTOBUF))
    return [each for each in found if isinstance(each, Interaction)]


@contextmanager
def api(installation: Installation) -> Iterator[tuple[str, int]]:
    """Address and process id of an API process of the installation, once it answers."""
    port = free_port()
    with (installation.folder / "api.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "optiinfra_api"],
            env=installation.environment(
                OPTIINFRA_ENVIRONMENT="bench",
                OPTIINFRA_API_PORT=str(port),
                OPTIINFRA_RATE_LIMIT_PER_MINUTE="1000000",
            ),
            stderr=log,
            cwd=ROOT,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/livez")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address, process.pid
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class Bench:
    """An installation with a customer, an API before it, and a key."""

    address: str
    pid: int
    token: str
    warehouse: Warehouse
    redactor: Redactor
    rules: TextRules
    batch: int

    def by_http(self, way: Way, made: Sequence[ExportTraceServiceRequest]) -> float:
        """Seconds until all senders have their last answer."""
        bodies = [way.pack(each) for each in made]
        headers = {"Authorization": f"Bearer {self.token}", **way.headers}
        held = threading.local()

        def send(body: bytes) -> None:
            if not hasattr(held, "client"):
                held.client = httpx.Client(base_url=self.address, headers=headers, timeout=120)
            held.client.post(way.path, content=body).raise_for_status()

        return together(send, bodies)

    def directly(self, made: Sequence[ExportTraceServiceRequest]) -> float:
        """Seconds until ClickHouse has the same rows, which are there already."""
        today = SystemClock().now().date()
        batches: list[list[KeptInteraction]] = [
            [kept(call, self.rules, self.redactor, today) for call in calls(each)] for each in made
        ]
        writer = InteractionWriter(self.warehouse)
        return together(lambda rows: writer.write(CUSTOMER, rows), batches)


def together(send: Callable[..., object], batches: Sequence[object]) -> float:
    """Seconds that ``SENDERS`` threads take for all batches."""
    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, batches))
    return time.perf_counter() - began


def rounds(bench: Bench, count: int, turns: int) -> list[dict[str, object]]:
    """Every way in turns with ClickHouse; the medians of the rounds."""
    taken: dict[str, list[float]] = {way.name: [] for way in WAYS}
    direct: list[float] = []
    cpu: dict[str, list[float]] = {way.name: [] for way in WAYS}
    began, first = load(), 0
    for turn in range(turns + 1):
        for way in sorted(WAYS, key=lambda way: way.name, reverse=bool(turn % 2)):
            made = list(requests(first, count, bench.batch))
            before = cpu_seconds(bench.pid)
            seconds = bench.by_http(way, made)
            if turn:  # the first round warms up
                taken[way.name].append(seconds)
                cpu[way.name].append(cpu_seconds(bench.pid) - before)
            first += count
        seconds = bench.directly(list(requests(first, count, bench.batch)))
        direct += [seconds] if turn else []
        first += count
    [found] = bench.warehouse.select(COUNT, {"c": CUSTOMER})
    assert found["calls"] == first, (found["calls"], first)
    raw = count / median(direct)
    return [
        {
            "texts": bench.rules.policy,
            "way": way.name,
            "calls": count,
            "batch": bench.batch,
            "load": began,
            "calls_s": round(count / median(taken[way.name])),
            "api_cpu_us_a_call": round(1e6 * median(cpu[way.name]) / count),
            "clickhouse_calls_s": round(raw),
            "ratio": round(raw * median(taken[way.name]) / count, 2),
        }
        for way in WAYS
    ]


def measure(chosen: argparse.Namespace) -> list[dict[str, object]]:
    """Both with texts redacted, which is the default, and kept in full."""
    found: list[dict[str, object]] = []
    for policy in chosen.policies:
        with (
            installed(chosen.folder) as installation,
            Warehouse(installation.servers.clickhouse) as warehouse,
        ):
            ring = KeyRing.load(installation.settings)
            token = prepared(installation, ring, policy)
            with api(installation) as (address, pid):
                bench = Bench(
                    address=address,
                    pid=pid,
                    token=token,
                    warehouse=warehouse,
                    redactor=Redactor(ring.pepper, CUSTOMER),
                    rules=TextRules(policy, 30, send_to_judge=True),
                    batch=chosen.batch,
                )
                found += rounds(bench, chosen.calls, chosen.rounds)
    return found


def prepared(installation: Installation, ring: KeyRing, policy: TextPolicy) -> str:
    """A customer with an application of this policy; the token of a key that may send."""
    database, clock = Database(installation.servers.postgres), SystemClock()
    Customers(database).add(CUSTOMER, CUSTOMER)
    Applications(database).patch(
        CUSTOMER, APPLICATION, {"text_policy": policy}, actor="bench", at=clock.now()
    )
    keys = ApiKeys(database, ring.pepper, installation.settings.environment, clock)
    scopes = ("applications:write",)
    _, token = keys.create(NewKey(name="bench", scopes=scopes, customers=(CUSTOMER,)))
    database.close()
    return token.get_secret_value()


def main() -> int:
    """Exit code 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4_000, help="calls of each way and round")
    parser.add_argument("--batch", type=int, default=500, help="calls of a request")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--policies", nargs="+", default=["redacted", "full"])
    parser.add_argument("--folder", type=Path, help="where to keep the data meanwhile")
    results = measure(parser.parse_args())
    show("ingest", results)
    first = results[0]
    return 0 if int(str(first["api_cpu_us_a_call"])) <= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
