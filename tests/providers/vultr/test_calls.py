"""What becomes of throttles, torn connections, half answers and refused keys, call by call."""

from typing import Any

import pytest

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import (
    CredentialRejected,
    Malformed,
    NotFound,
    OptiInfraError,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.testing.http_double import Fate, Reply, Reset, Stall
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.vultr.client import Vultr
from optiinfra_pipelines.providers.vultr.client.calls import Calls
from optiinfra_pipelines.providers.vultr.client.inventory import BLOCKS, INSTANCES, listed
from optiinfra_pipelines.providers.vultr.client.pace import Pace, pace_of
from optiinfra_pipelines.providers.vultr.client.wire import Wire
from optiinfra_pipelines.providers.vultr.resource import ResourceCollector
from tests.providers.vultr.conftest import NOW, SECRET, Connect, Sleeper
from tests.providers.vultr.wire import VultrDouble, refused

ONE: dict[str, Any] = {"blocks": [{"id": "b-1", "region": "ewr"}]}
SPAN = Window(NOW.replace(minute=15), NOW.replace(minute=15) + QUARTER_HOUR)


def ledger(vultr: Vultr) -> list[tuple[int, bool, str]]:
    """Status, throttled and error of each recorded call."""
    log = vultr.gate.ledger
    assert isinstance(log, CallLog)
    assert log.usd == 0
    return [(call.status, call.throttled, call.error) for call in log.calls]


@pytest.mark.parametrize(
    "case",
    [
        (refused(429, "Slow down", retry_after="7"), (429, True, "HTTP 429"), 7.0),
        (refused(429, "Slow down"), (429, True, "HTTP 429"), 0.5),
        (refused(429, "Slow down", retry_after="soon"), (429, True, "HTTP 429"), 0.5),
        (refused(500, "Internal"), (500, False, "HTTP 500"), 0.5),
        (Reply(status=502, body=b"<html>bad gateway</html>"), (502, False, "HTTP 502"), 0.5),
        (Reset(), (0, False, "ReadError"), 0.5),
        (Reply(body=b'{"blocks": []}', keep=5), (0, False, "RemoteProtocolError"), 0.5),
    ],
    ids=["429 with Retry-After", "429", "429 odd", "500", "proxy", "reset", "cut short"],
)
def test_a_passing_fault_costs_one_more_call_and_one_wait(
    case: tuple[Fate, tuple[int, bool, str], float],
    cloud: VultrDouble,
    connect: Connect,
    sleeper: Sleeper,
) -> None:
    """What Vultr asks for is waited, else half a second; both attempts stand in the ledger."""
    fate, noted, wait = case
    cloud.on("blocks", fate, ONE)
    vultr = connect()
    assert [one["id"] for one in listed(vultr, BLOCKS)] == ["b-1"]
    assert ledger(vultr) == [noted, (200, False, "")]
    assert sleeper.waits == [wait]


@pytest.mark.parametrize(
    ("fate", "kind"), [(refused(429, "no"), Throttled), (refused(503, "no"), Transient)]
)
def test_a_lasting_fault_ends_after_five_calls(
    fate: Fate, kind: type[OptiInfraError], cloud: VultrDouble, connect: Connect, sleeper: Sleeper
) -> None:
    """Waits double from half a second."""
    cloud.on("blocks", fate)
    with pytest.raises(kind):
        list(listed(connect(), BLOCKS))
    assert cloud.count("blocks") == 5
    assert sleeper.waits == [0.5, 1.0, 2.0, 4.0]


def test_a_wait_beyond_the_deadline_is_not_waited(
    cloud: VultrDouble, connect: Connect, sleeper: Sleeper
) -> None:
    """The error says how long Vultr wants; the run is due again after that."""
    cloud.on("blocks", refused(429, "no", retry_after="600"))
    with pytest.raises(Throttled) as error:
        list(listed(connect(), BLOCKS))
    assert error.value.retry_after == 600.0
    assert (cloud.count("blocks"), sleeper.waits) == (1, [])


def test_an_answer_that_never_comes_ends_with_the_deadline(
    cloud: VultrDouble, connect: Connect
) -> None:
    """A hang is a fault that passes; it is not waited for longer than the gate allows."""
    cloud.on("blocks", Stall())
    vultr = connect(gate={"deadline_seconds": 0.2})
    with pytest.raises(Transient, match="ReadTimeout"):
        list(listed(vultr, BLOCKS))
    assert ledger(vultr) == [(0, False, "ReadTimeout")]


@pytest.mark.parametrize("body", [b'{"blocks": [{"id"', b"<html>", b"", b"[]", b"{}", b"null"])
def test_half_an_answer_is_malformed_not_empty(
    body: bytes, cloud: VultrDouble, connect: Connect
) -> None:
    """JSON that breaks off or is something else is a failure, and asking again would not help."""
    cloud.on("blocks", Reply(body=body))
    vultr = connect()
    with pytest.raises(Malformed):
        list(listed(vultr, BLOCKS))
    assert ledger(vultr) == [(200, False, "")]


@pytest.mark.parametrize(
    ("fate", "kind", "remedy"),
    [
        (refused(401, "Invalid API token."), CredentialRejected, "Create a new key"),
        (refused(401, "Unauthorized IP address: 192.0.2.7"), CredentialRejected, "access control"),
        (refused(403, "Unauthorized IP address: 192.0.2.7"), CredentialRejected, "access control"),
        (refused(403, "Forbidden"), PermissionMissing, "Allow subscriptions_view"),
        (refused(404, "Invalid block."), NotFound, ""),
        (refused(400, "Invalid per_page."), Permanent, ""),
        (Reply(status=302, headers={"location": "http://127.0.0.1:1/"}), Permanent, ""),
    ],
)
def test_each_refusal_is_named_by_its_recovery(
    fate: Fate, kind: type[OptiInfraError], remedy: str, cloud: VultrDouble, connect: Connect
) -> None:
    """One call each: a refusal repeats, and a redirect is not followed."""
    cloud.on("blocks", fate)
    with pytest.raises(OptiInfraError) as error:
        list(listed(connect(), BLOCKS))
    assert type(error.value) is kind
    assert remedy in error.value.remedy
    assert "/v2/blocks" in error.value.detail
    assert cloud.count("blocks") == 1


def test_pages_are_followed_by_their_cursors(cloud: VultrDouble, connect: Connect) -> None:
    """The largest page is asked for, and each page after the first by its cursor."""
    next_one = {"meta": {"total": 2, "links": {"next": "bmV4dA==", "prev": ""}}}
    cloud.on("blocks", {**ONE, **next_one}, {"blocks": [{"id": "b-2"}], "meta": {"total": 2}})
    assert [one["id"] for one in listed(connect(), BLOCKS)] == ["b-1", "b-2"]
    assert [asked.query for asked in cloud.seen] == [
        {"per_page": "500"},
        {"per_page": "500", "cursor": "bmV4dA=="},
    ]


def test_an_empty_page_is_not_the_end_and_a_circle_is(cloud: VultrDouble, connect: Connect) -> None:
    """A page may be empty with more to come; a cursor that comes again would page for ever."""
    more = {"blocks": [], "meta": {"links": {"next": "again"}}}
    cloud.on("blocks", more)
    with pytest.raises(Malformed, match="same cursor twice"):
        list(listed(connect(), BLOCKS))
    assert cloud.count("blocks") == 2


def test_a_key_that_ends_between_pages_fails_the_account(
    cloud: VultrDouble, connect: Connect
) -> None:
    """The first page does not count as the whole."""
    first = {"instances": [], "meta": {"links": {"next": "more"}}}
    cloud.on("instances", first, refused(401, "Invalid API token."))
    with pytest.raises(CredentialRejected):
        list(ResourceCollector().collect(connect(), SPAN))


def test_a_listing_that_fails_for_a_time_fails_the_snapshot(
    cloud: VultrDouble, connect: Connect
) -> None:
    """It holds things of every region, so that no region is whole without it."""
    cloud.on("databases", refused(503, "maintenance"))
    with pytest.raises(Transient):
        list(ResourceCollector().collect(connect(), SPAN))


def test_a_listing_that_is_not_allowed_leaves_the_others(
    cloud: VultrDouble, connect: Connect
) -> None:
    """What may be read is collected; the failure names the listing and the ACL."""
    cloud.on("load-balancers", refused(403, "Forbidden"))
    cloud.on("blocks", ONE)
    row, failure = ResourceCollector().collect(connect(), SPAN)
    assert getattr(row, "resource_id", "") == "b-1"
    assert (getattr(failure, "part", ""), getattr(failure, "code", "")) == (
        "load-balancers",
        "permission-missing",
    )


def test_a_listing_asked_for_again_waits_for_the_next_snapshot(
    cloud: VultrDouble, connect: Connect
) -> None:
    """Its rows are of regions that the retry does not replace, so none is brought."""
    cloud.on("blocks", ONE)
    (failure,) = ResourceCollector().collect(connect(), SPAN, frozenset({"load-balancers"}))
    assert (getattr(failure, "part", ""), getattr(failure, "code", "")) == (
        "load-balancers",
        "not-ready",
    )


def test_an_answer_larger_than_any_should_be_is_not_read_to_its_end(
    endpoint: str, cloud: VultrDouble, connect: Connect
) -> None:
    """The size of an answer is bounded whatever a server sends."""
    cloud.on("blocks", Reply(body=b"x" * 20_000))
    gate = connect().gate
    wire = Wire(gate, largest=10_000)
    calls = Calls(gate, wire, endpoint, SECRET, Pace())
    with pytest.raises(Malformed, match="larger than 10000 bytes"):
        list(calls.everything(BLOCKS))
    wire.close()


def test_no_secret_stands_in_what_is_raised_or_recorded(
    cloud: VultrDouble, connect: Connect
) -> None:
    """Even if Vultr repeats the key in its message."""
    cloud.on("instances", refused(400, f"api_key={SECRET}"))
    vultr = connect()
    with pytest.raises(Permanent) as error:
        list(listed(vultr, INSTANCES))
    log = vultr.gate.ledger
    assert isinstance(log, CallLog)
    assert SECRET not in f"{error.value!r}{error.value.told}{log.calls!r}{vultr.credential!r}"
    assert cloud.seen[0].incoming.headers["authorization"] == f"Bearer {SECRET}"


def test_no_more_than_the_allowed_requests_begin_in_a_second() -> None:
    """Those within the limit begin at once, each further one a second after the one before."""
    now = [100.0]
    pace = Pace(most=3, clock=lambda: now[0])
    assert [pace.wait() for _ in range(7)] == [0, 0, 0, 1.0, 1.0, 1.0, 2.0]
    now[0] = 103.5
    assert pace.wait() == 0


def test_the_pace_is_kept_by_the_gates_waits(
    endpoint: str, cloud: VultrDouble, connect: Connect, sleeper: Sleeper
) -> None:
    """A request over the limit waits before it is sent; keys of one process share the limit."""
    cloud.on("blocks", ONE)
    gate = connect().gate
    wire = Wire(gate)
    calls = Calls(gate, wire, endpoint, SECRET, Pace(most=2, clock=lambda: 0.0))
    for _ in range(5):
        list(calls.everything(BLOCKS))
    assert sleeper.waits == [1.0, 1.0, 2.0]
    assert pace_of("https://api.vultr.com") is pace_of("https://api.vultr.com")
    wire.close()
