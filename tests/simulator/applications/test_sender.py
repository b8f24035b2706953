"""Calls are posted with the ingest key, patiently, and a control request sends a window."""

import gzip
import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)
from pydantic import SecretStr

from optiinfra_core.errors import CredentialRejected, InvalidRequest, Transient
from optiinfra_core.windows import Window
from optiinfra_simulator.applications.sender import Sender
from optiinfra_simulator.applications.traffic import Traffic
from optiinfra_simulator.applications.wire.posts import Delivery
from optiinfra_simulator.installed import beside
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.transport import Server
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.applications.conftest import NOON

KEY = "oi_ingest_secret"
HOUR = Window(NOON, NOON + timedelta(hours=1))
EMPTY = Reply(200, (("Content-Type", "application/x-protobuf"),), b"")


@dataclass
class Door:
    """An API that takes everything, unless it was told what to answer first."""

    answers: list[Reply] = field(default_factory=list)
    taken: list[Mapping[str, Any]] = field(default_factory=list)

    def __call__(self, environ: Mapping[str, Any]) -> Reply:
        """Keep a request and answer it."""
        body = environ["wsgi.input"].read()
        packed = environ.get("HTTP_CONTENT_ENCODING") == "gzip"
        self.taken.append(
            {
                "path": environ["PATH_INFO"],
                "type": environ["CONTENT_TYPE"],
                "key": environ["HTTP_AUTHORIZATION"],
                "customer": environ.get("HTTP_X_OPTIINFRA_CUSTOMER"),
                "body": gzip.decompress(body) if packed else body,
            }
        )
        return self.answers.pop(0) if self.answers else EMPTY


@pytest.fixture
def door() -> Door:
    """A door that takes everything."""
    return Door()


@pytest.fixture
def url(door: Door) -> Iterator[str]:
    """Where it stands."""
    server = Server(0, door)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def _sender(url: str, waited: list[float] | None = None) -> Sender:
    pauses = waited if waited is not None else []
    return Sender(url=url, key=SecretStr(KEY), customer="acme", pause=pauses.append)


def test_calls_are_posted_to_their_doors(door: Door, url: str, traffic: Traffic) -> None:
    """With the key, the customer and the forms that each door reads."""
    calls = [
        call
        for name in ("docs.copilot", "ops.triage")
        for call in traffic.calls(name, HOUR)
    ]  # fmt: skip
    sent = _sender(url).send(calls, Delivery(batch=50))
    assert {one["path"] for one in door.taken} == {
        "/v1/traces", "/v1/logs", "/api/v2/applications/interactions",
    }  # fmt: skip
    assert {one["key"] for one in door.taken} == {f"Bearer {KEY}"}
    assert {one["customer"] for one in door.taken} == {"acme"}
    assert sent.requests == len(door.taken)
    assert sent.statuses == {200: sent.requests}
    lines = [one["body"] for one in door.taken if one["path"].endswith("interactions")]
    told = [json.loads(line) for body in lines for line in body.splitlines()]
    assert len(told) == sum(call.application.id == "ops.triage" for call in calls)


def test_a_busy_api_is_asked_again(door: Door, url: str, traffic: Traffic) -> None:
    """After what Retry-After says, at most five seconds, with the same bytes."""
    busy = (("Retry-After", "2"),)
    door.answers = [Reply(429, busy, b""), Reply(503, (("Retry-After", "60"),), b"")]
    waited: list[float] = []
    _sender(url, waited).send(traffic.calls("shop.search", HOUR))
    assert waited == [2.0, 5.0]
    assert door.taken[0]["body"] == door.taken[1]["body"] == door.taken[2]["body"]


def test_an_api_that_stays_busy_is_given_up(door: Door, url: str, traffic: Traffic) -> None:
    """After five attempts, in the words of this project."""
    door.answers = [Reply(503, (), b"")] * 9
    with pytest.raises(Transient):
        _sender(url).send(traffic.calls("shop.search", HOUR))
    assert len(door.taken) == 5


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, CredentialRejected), (403, CredentialRejected), (413, InvalidRequest)],
)
def test_a_refusal_is_told_without_the_key(
    door: Door, url: str, traffic: Traffic, status: int, error: type[Exception]
) -> None:
    """Nobody asks twice, and the message holds no secret."""
    door.answers = [Reply(status, (), b"")]
    with pytest.raises(error) as refused:
        _sender(url).send(traffic.calls("shop.search", HOUR))
    assert len(door.taken) == 1
    assert KEY not in str(refused.value)
    assert KEY not in repr(_sender(url))


def test_an_api_that_is_not_there_is_transient(traffic: Traffic) -> None:
    """Nothing listens: five attempts, then the error says so."""
    with pytest.raises(Transient):
        _sender("http://127.0.0.1:9").send(traffic.calls("shop.search", HOUR))


def test_what_the_api_rejects_is_counted(door: Door, url: str, traffic: Traffic) -> None:
    """By partial success of either encoding, and by the receipt of the plain door."""
    partial = ExportTracePartialSuccess(rejected_spans=3, error_message="three are bad")
    binary = ExportTraceServiceResponse(partial_success=partial).SerializeToString()
    told = {"partialSuccess": {"rejectedSpans": "2", "errorMessage": "two are bad"}}
    receipt = {"stored": 1, "rejected": 4, "reasons": [{"records": 4, "reason": "no time"}]}
    json_type = (("Content-Type", "application/json"),)
    door.answers = [
        Reply(200, (("Content-Type", "application/x-protobuf"),), binary),
        Reply(200, json_type, json.dumps(told).encode()),
        Reply(200, json_type, json.dumps(receipt).encode()),
    ]
    sent = _sender(url).send(traffic.calls("support.assistant", HOUR), Delivery(batch=40))
    assert sent.rejected == 9
    assert sent.why == {"three are bad", "two are bad", "no time"}


@pytest.fixture
def server() -> Iterator[SimulatorServer]:
    """A simulator whose clock stands an hour after noon."""
    world = World(clock=WorldClock(HOUR.end))
    with SimulatorServer(world, beside=beside(world)) as served:
        yield served


def _control(server: SimulatorServer, path: str, document: object = None, method: str = "") -> Any:
    body = None if document is None else json.dumps(document).encode()
    asked = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/_simulator/{path}", body, method=method or None
    )
    with urllib.request.urlopen(asked) as answer:  # noqa: S310 - as above
        return json.load(answer)


def test_a_window_is_sent_on_request(server: SimulatorServer, door: Door, url: str) -> None:
    """The last minutes of one customer's applications; the answer does not hold the key."""
    asked = {"url": url, "key": KEY, "minutes": 60, "customer": "acme"}
    told = _control(server, "traffic", asked)
    expected = {
        name: server.traffic.truth(HOUR, name).calls
        for name in ("support.assistant", "shop.search")
    }
    assert told["calls"] == expected
    assert told["items"] == sum(expected.values())
    assert {one["customer"] for one in door.taken} == {"acme"}
    assert KEY not in json.dumps(told)


def test_two_customers_calls_go_out_in_their_own_names(
    server: SimulatorServer, door: Door, url: str
) -> None:
    """With a key for several customers each batch names one; another name can be given."""
    _control(server, "traffic", {"url": url, "key": KEY, "minutes": 5})
    assert {one["customer"] for one in door.taken} == {"acme", "globex"}
    door.taken.clear()
    _control(
        server,
        "traffic",
        {"url": url, "key": KEY, "minutes": 5, "applications": ["ops.triage"], "as_customer": ""},
    )
    assert {one["customer"] for one in door.taken} == {None}


@pytest.mark.parametrize(
    "changed",
    [
        {"url": ""}, {"key": None}, {"minutes": "many"}, {"start": "2026-11-18T14:00:00Z"},
        {"customer": "nobody"}, {"applications": ["no.such"]}, {"delivery": {"batch": -1}},
    ],
    ids=lambda changed: next(iter(changed)),
)  # fmt: skip
def test_what_cannot_be_sent_is_an_error_without_the_key(
    server: SimulatorServer, url: str, changed: dict[str, object]
) -> None:
    """400 or 404 with a remedy."""
    asked = {"url": url, "key": KEY, "minutes": 1, "applications": ["ops.triage"], **changed}
    if "customer" in changed:
        del asked["applications"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        _control(server, "traffic", asked)
    text = refused.value.read().decode()
    refused.value.close()
    assert refused.value.code in (400, 404)
    assert json.loads(text)["remedy"]
    assert KEY not in text


def test_truth_of_applications_is_told(server: SimulatorServer) -> None:
    """Counts and rates of a window, and of each call by its id."""
    span = f"start={HOUR.start:%Y-%m-%dT%H:%M:%SZ}&end={HOUR.end:%Y-%m-%dT%H:%M:%SZ}"
    told = _control(server, f"truth?application=docs.copilot&{span}")
    truth = server.traffic.truth(HOUR, "docs.copilot")
    assert told["calls"] == truth.calls
    assert told["metrics"]["faithfulness"]["defective"] == truth.metrics["faithfulness"].defective
    each = _control(server, f"truth?application=docs.copilot&{span}&each=true")["by_call"]
    assert len(each) == truth.calls
    found = sum(call["defects"].get("faithfulness", False) for call in each.values())
    assert found == truth.metrics["faithfulness"].defective
    listed = {one["application"]: one["customer"] for one in _control(server, "applications")}
    assert listed["ops.triage"] == "globex"


def test_regressions_are_planted_and_undone_on_request(server: SimulatorServer) -> None:
    """What is planted is listed and shows in the calls."""
    _control(server, "regressions", method="DELETE")
    before = server.traffic.truth(HOUR, "docs.copilot")
    bad = {"application": "docs.copilot", "at": HOUR.start.isoformat(), "rates": {"off_topic": 0.9}}
    assert _control(server, "regressions", bad)[0]["application"] == "docs.copilot"
    after = server.traffic.truth(HOUR, "docs.copilot")
    assert after.by_version != before.by_version
    assert after.metrics["quality"].defective > 10 * before.metrics["quality"].defective
    assert _control(server, "regressions", method="DELETE") == []
    assert server.traffic.truth(HOUR, "docs.copilot") == before


def test_the_judge_is_reached_and_troubled_by_control(server: SimulatorServer) -> None:
    """Where it is, a script and a share of mishaps, and the count of its calls."""
    told = _control(server, "judge")
    assert told["models"][0] == "openai/gpt-oss-20b"
    request = urllib.request.Request(f"{told['base_url']}/openai/v1/models")  # noqa: S310 - ours
    request.add_header("Authorization", f"Bearer {told['api_key']}")
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        assert answer.status == 200
    assert _control(server, "calls?cloud=groq")["by_operation"] == {"groq.models.list": 1}
    assert _control(server, "faults?cloud=groq", {"script": ["throttle", "ok"]}) == {"scripted": 2}
    mixed = {"kinds": ["error500", "truncated"], "share": 0.1}
    number = _control(server, "faults?cloud=groq", mixed)["id"]
    listed = _control(server, "faults?cloud=groq")
    assert [one["kinds"] for one in listed] == [["error500", "truncated"], ["throttle"], ["ok"]]
    left = _control(server, f"faults?cloud=groq&id={number}", method="DELETE")
    assert [one["kinds"] for one in left] == [["throttle"], ["ok"]]
    assert _control(server, "faults?cloud=groq", method="DELETE") == []
    assert _control(server, "faults") == []
