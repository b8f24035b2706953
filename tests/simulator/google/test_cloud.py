"""The simulated Google Cloud as one of the clouds: accounts, ports, credentials, truth."""

import json
import socket
from datetime import timedelta

import pytest

from optiinfra_core.errors import NotFound
from optiinfra_core.windows import Window
from optiinfra_simulator.clouds import SimulatedCloud
from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.world.projects import ACME, GLOBEX
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.google.clients import CPU, Clients, series
from tests.simulator.google.conftest import NOON


def _free() -> int:
    """A port that nobody listens on."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


def test_both_customers_hold_a_project(cloud: SimulatedCloud) -> None:
    """Acme and Globex, by the ids that their credentials open."""
    held = {one.account_id: one.customer for one in cloud.holders()}
    assert held == {ACME.id: "acme", GLOBEX.id: "globex"}
    for account, kind in ((ACME.id, "detailed"), (GLOBEX.id, "focus")):
        told = cloud.credential(account)
        key = json.loads(told["service_account_key"])
        assert key["project_id"] == account
        assert key["token_uri"] == f"{told['endpoint_url']}/token"
        assert told["billing_export"]["kind"] == kind
    with pytest.raises(NotFound):
        cloud.credential("nobody-1")


def test_ports_are_taken_at_once_and_given_back() -> None:
    """A restart on the same two ports works, whether it was ever entered or not."""
    ports = (_free(), _free())
    world = World(clock=WorldClock(NOON), instances=1)
    for entered in (False, True, True):
        cloud = GoogleCloud(world, ports)
        assert cloud.url.endswith(f":{ports[0]}")
        assert cloud.monitoring_endpoint == f"grpc://127.0.0.1:{ports[1]}"
        if not entered:
            cloud.close()
            continue
        with cloud:
            clients = Clients(cloud, ACME.id)
            assert clients.get("/v1/services").status_code == 200
            clients.close()


def test_truth_knows_services_resources_and_points(cloud: GoogleCloud, globex: Clients) -> None:
    """Days and services agree; points are counted of what was asked for, by full name."""
    start, end = NOON.date() - timedelta(days=9), NOON.date() + timedelta(days=1)
    by_day = cloud.cost_by_day(GLOBEX.id, start, end, NOON)
    by_service = cloud.cost_by_service(GLOBEX.id, start, end, NOON)
    assert sum(by_day.values()) == sum(by_service.values()) > 0
    span = Window(NOON - timedelta(hours=2), NOON)
    assert not cloud.points(GLOBEX.id, span, NOON)
    with globex.monitoring() as client:
        request = series(GLOBEX.id, span.start, span.end)
        assert list(client.list_time_series(request=request, metadata=globex.authorization()))
    counted = cloud.points(GLOBEX.id, span, NOON)
    assert set(counted) <= set(cloud.resources(GLOBEX.id, NOON)["gcp.compute.instance"]) | {
        name for name in counted if "/instances/" in name
    }
    assert max(counted.values()) <= 24
    assert cloud.state.watched == {GLOBEX.id: {CPU}}


def test_an_empty_world_owns_and_costs_nothing() -> None:
    """Without machines there is nothing at all, and no tax on it."""
    cloud = GoogleCloud(World(clock=WorldClock(NOON), instances=0))
    try:
        assert not any(cloud.resources(ACME.id, NOON).values())
        start, end = NOON.date() - timedelta(days=40), NOON.date()
        assert not cloud.cost_by_day(ACME.id, start, end, NOON)
    finally:
        cloud.close()
