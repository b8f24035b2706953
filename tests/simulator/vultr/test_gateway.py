"""Keys, pages, limits and faults look like Vultr's."""

import http.client
import socket
import threading
import urllib.error
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.vultr.accounts import ACME, GLOBEX
from optiinfra_simulator.vultr.cloud import VultrCloud
from optiinfra_simulator.vultr.gateway import RateLimit
from optiinfra_simulator.vultr.things import Machine
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.vultr.conftest import NOON, Client


def test_a_wrong_key_is_refused_in_vultrs_words(client: Client) -> None:
    """The body that the API answers (libcloud's and others' recordings of it)."""
    told = client.get("instances", key="wrong")
    assert (told.status, told.body) == (401, {"error": "Invalid API token.", "status": 401})


def test_a_key_opens_its_own_account(client: Client) -> None:
    """Nothing of the other customer's is seen."""
    ours = {one["id"] for one in client.get("instances").body["instances"]}
    theirs = {one["id"] for one in client.get("instances", GLOBEX.email).body["instances"]}
    assert ours.isdisjoint(theirs)


def test_unknown_paths_and_things_are_not_found(client: Client) -> None:
    """With the same shape of error."""
    for path in ("nothing", "instances/none/bandwidth", "billing/invoices/1/items"):
        told = client.get(path)
        assert (told.status, told.body["status"]) == (404, 404)


def test_pages_hold_everything_once(client: Client, vultr: VultrCloud) -> None:
    """By cursors that are opaque and end in an empty one."""
    found = [one["id"] for one in client.all("snapshots", "snapshots")]
    assert len(found) == len(set(found))
    assert tuple(found) == vultr.resources(ACME.email, NOON)["vultr.storage.snapshot"]


@pytest.mark.parametrize("query", ["per_page=501", "per_page=0", "per_page=x", "cursor=%21%21"])
def test_pages_that_cannot_be_are_refused(query: str, client: Client) -> None:
    """500 is the largest page."""
    assert client.get(f"instances?{query}").status == 400


def test_requests_over_the_limit_are_throttled() -> None:
    """Thirty in any second; the next second has room again."""
    now = [0.0]
    limit = RateLimit(30, clock=lambda: now[0])
    assert [limit.exceeded() for _ in range(31)] == [False] * 30 + [True]
    now[0] = 1.0
    assert not limit.exceeded()
    assert not RateLimit(None).exceeded()


def test_the_limit_answers_429(clock: WorldClock) -> None:
    """As Vultr does beyond 30 requests a second and address."""
    with VultrCloud(World(clock=clock), rate_limit=1) as cloud:
        client = Client(cloud)
        assert {client.get("regions").status for _ in range(3)} == {200, 429}


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        (FaultKind.THROTTLE, 429, "Rate limit exceeded."),
        (FaultKind.ERROR_500, 500, "Internal server error."),
        (FaultKind.DENY, 401, "Unauthorized IP address: 127.0.0.1"),
        (FaultKind.EXPIRED, 401, "Invalid API token."),
    ],
)
def test_refusals_strike_as_often_as_told(
    kind: FaultKind, status: int, error: str, client: Client, vultr: VultrCloud
) -> None:
    """Once, on its route, with the account's IP access control among them."""
    vultr.faults.add(Fault(kind=kind, service="vultr", operation="instances", times=1))
    assert client.get("blocks").status == 200
    told = client.get("instances")
    assert (told.status, told.body) == (status, {"error": error, "status": status})
    assert client.get("instances").status == 200


def test_broken_answers_break_on_the_wire(client: Client, vultr: VultrCloud) -> None:
    """Half of the bytes, none at all, or bytes that are no JSON."""
    vultr.faults.add(Fault(kind=FaultKind.TRUNCATE, times=1))
    with pytest.raises(http.client.IncompleteRead):
        client.get("instances")
    vultr.faults.add(Fault(kind=FaultKind.RESET, times=1))
    with pytest.raises((ConnectionResetError, urllib.error.URLError)):
        client.get("instances")
    vultr.faults.add(Fault(kind=FaultKind.GARBAGE, times=1))
    with pytest.raises(ValueError, match="Expecting"):
        client.get("instances")


def test_a_hang_ends_with_the_simulator(clock: WorldClock) -> None:
    """It does not keep the process: what hangs is answered when the simulator stops."""
    with VultrCloud(World(clock=clock)) as cloud:
        cloud.faults.add(Fault(kind=FaultKind.HANG, seconds=60))
        key = cloud.credential(ACME.email)["api_key"]
        held = socket.create_connection(("127.0.0.1", cloud.port), timeout=10)
        head = (
            f"GET /v2/regions HTTP/1.1\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        )
        held.sendall(head.encode())
        arrived = threading.Event()
        while not cloud.calls.count("vultr"):
            arrived.wait(0.005)
    with held:
        answer = b"".join(iter(lambda: held.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_pages_can_go_wrong(client: Client, vultr: VultrCloud) -> None:
    """Empty with more to come, or followed by themselves for ever."""
    number = vultr.faults.add(Fault(kind=FaultKind.EMPTY_PAGE))
    told = client.get("instances").body
    assert (told["instances"], bool(told["meta"]["links"]["next"])) == ([], True)
    vultr.faults.clear(number)
    vultr.faults.add(Fault(kind=FaultKind.CYCLIC_TOKEN))
    told = client.get("instances").body
    again = client.get(f"instances?cursor={told['meta']['links']['next'].replace('=', '%3D')}").body
    assert again == told


def test_requests_are_counted_by_operation_and_account(client: Client, vultr: VultrCloud) -> None:
    """Identifiers are no part of an operation's name."""
    machine = client.get("instances").body["instances"][0]["id"]
    client.get(f"instances/{machine}/bandwidth")
    client.query("query", query="up")
    assert vultr.calls.count("vultr", "instances/{id}/bandwidth") == 1
    assert vultr.calls.count("vultr") == 2
    assert vultr.calls.count("prometheus", "query") == 1


def test_the_fleet_has_everything_and_grows(clock: WorldClock) -> None:
    """Machines of every kind at the size that is asked for, stopped and GPU ones among them."""
    cloud = VultrCloud(World(clock=clock, instances=100))
    fleet = cloud.estate(GLOBEX.email).fleet
    machines = fleet.of(Machine, NOON)
    night = datetime(2026, 11, 20, 2, 0, tzinfo=NOON.tzinfo)
    assert 90 <= len(machines) <= 100
    assert {machine.plan.gpu for machine in machines} >= {"NVIDIA_A16", "NVIDIA_L40S", ""}
    assert any(not machine.life.runs(night) for machine in machines)
    assert all(cloud.resources(GLOBEX.email, NOON).values())
    cloud.close()


def test_identifiers_are_uuids_and_always_the_same(vultr: VultrCloud) -> None:
    """Two worlds of one seed have the same things; another account has others."""
    again = VultrCloud(World(clock=WorldClock(NOON + timedelta(0))))
    told = vultr.resources(ACME.email, NOON)
    assert told == again.resources(ACME.email, NOON)
    assert all(UUID(one).version == 4 for ids in told.values() for one in ids)
    again.close()


def test_stopped_machines_exist_and_are_charged(
    vultr: VultrCloud, client: Client, clock: WorldClock
) -> None:
    """Vultr reserves what a stopped server had, and bills it."""
    clock.set(datetime(2026, 11, 20, 2, 3, tzinfo=NOON.tzinfo))
    stopped = [
        one for one in client.get("instances").body["instances"] if one["power_status"] == "stopped"
    ]
    assert stopped
    lines = client.get("billing/pending-charges").body["pending_charges"]
    address = stopped[0]["label"] or stopped[0]["main_ip"]
    (line,) = [one for one in lines if one["description"].startswith(address)]
    assert line["units"] == 19 * 24 + 2
