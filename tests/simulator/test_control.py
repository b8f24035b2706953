"""The control routes tell what is true and who may enter, and move the clock."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from optiinfra_core.windows import Window
from optiinfra_simulator import truth
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON


def _ask(server: SimulatorServer, path: str, document: object = None, method: str = "GET") -> Any:
    """The answer of a control route."""
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(  # noqa: S310 - our own server
        f"{server.url}/_simulator/{path}", body, method=method
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        return json.load(answer)


def test_accounts_give_credentials_that_open_them(
    server: SimulatorServer, clients: Clients
) -> None:
    """Both demo customers can be entered with nothing but what the route tells."""
    accounts = {one["customer"]: one for one in _ask(server, "accounts")}
    assert accounts.keys() == {"acme", "globex"}
    for one in accounts.values():
        given = one["credential"]
        assert given["endpoint_url"] == server.url
        keys = (given["access_key_id"], given["secret_access_key"], None)
        sts = clients.with_keys(keys, "sts")
        if "role_arn" in given:
            session = sts.assume_role(
                RoleArn=given["role_arn"],
                RoleSessionName="test",
                ExternalId=given["external_id"],
            )
            assert session["AssumedRoleUser"]["Arn"].split(":")[4] == one["account_id"]
        else:
            assert sts.get_caller_identity()["Account"] == one["account_id"]
    export = accounts["globex"]["credential"]["cost_export"]
    assert export["bucket"] == "globex-billing-exports"


def test_truth_over_http_is_the_truth(server: SimulatorServer, world: World) -> None:
    """Costs as exact text, resources and points as computed in the process."""
    found = _ask(
        server,
        f"truth?account={ACME.id}&start=2026-11-10&end=2026-11-12&as_of=2026-11-11T12:00:00Z",
    )
    as_of = datetime(2026, 11, 11, 12, tzinfo=UTC)
    start, end = datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC)
    days = (start.date(), end.date())
    assert Decimal(found["cost"]["total"]) == truth.cost_total(world, ACME.id, *days, as_of)
    assert set(found["cost"]["by_day"]) == {"2026-11-10", "2026-11-11"}
    by_service = {name: Decimal(text) for name, text in found["cost"]["by_service"].items()}
    assert by_service == truth.cost_by_service(world, ACME.id, *days, as_of)
    expected = truth.resources(world, ACME.id, as_of)
    assert {kind: tuple(ids) for kind, ids in found["resources_by_kind"].items()} == expected
    assert len(found["resources"]) == sum(map(len, expected.values()))
    watched = server.gateway.cloud.watched.get(ACME.id, set())
    by_resource = truth.collectable_by_resource(world, ACME.id, Window(start, end), as_of, watched)
    assert found["performance"] == {
        "points": sum(by_resource.values()),
        "by_resource": dict(by_resource),
    }


def test_the_clock_is_set_and_advanced(server: SimulatorServer) -> None:
    """A standing clock stands where it is put."""
    assert _ask(server, "clock") == {"now": "2026-11-20T12:03:00Z", "standing": True}
    moved = _ask(server, "clock", {"advance_seconds": 60}, "POST")
    assert moved["now"] == "2026-11-20T12:04:00Z"
    moved = _ask(server, "clock", {"now": "2026-12-01T00:00:00Z"}, "POST")
    assert moved["now"] == _ask(server, "health")["now"] == "2026-12-01T00:00:00Z"


def test_a_running_clock_goes_on_from_where_it_is_set() -> None:
    """After a jump it keeps the pace of the clock it is based on."""
    base = WorldClock(NOON)
    clock = WorldClock(base=base)
    clock.set(NOON + timedelta(days=3))
    base.advance(timedelta(minutes=5))
    assert clock.now() == NOON + timedelta(days=3, minutes=5)


def test_calls_are_counted_by_operation(server: SimulatorServer, clients: Clients) -> None:
    """The ledger knows service, operation, region and account, and can be emptied."""
    ec2 = clients.user(GLOBEX.id, "ec2", "eu-west-1")
    ec2.describe_regions()
    ec2.describe_regions()
    found = _ask(server, "calls")
    assert found["by_operation"] == {"ec2.DescribeRegions": 2}
    assert found["calls"] == [
        {
            "service": "ec2",
            "operation": "DescribeRegions",
            "region": "eu-west-1",
            "account": GLOBEX.id,
            "count": 2,
        }
    ]
    assert _ask(server, "calls", method="DELETE")["total"] == 0


@pytest.mark.parametrize(
    ("path", "method", "document", "status"),
    [
        ("nowhere", "GET", None, 404),
        ("truth?account=0&start=2026-11-10&end=2026-11-12", "GET", None, 404),
        (f"truth?account={ACME.id}&start=soon&end=2026-11-12", "GET", None, 400),
        ("clock", "POST", {}, 400),
        ("clock", "POST", {"now": "2026-12-01T00:00:00"}, 400),
        ("faults", "POST", [], 400),
    ],
)
def test_wrong_questions_get_an_error_with_a_remedy(
    server: SimulatorServer, path: str, method: str, document: object, status: int
) -> None:
    """404 for what does not exist, 400 for what cannot be meant."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        _ask(server, path, document, method)
    assert refused.value.code == status
    assert json.load(refused.value)["remedy"]
    refused.value.close()


def test_the_command_serves_until_it_is_told_to_end() -> None:
    """One line says where; SIGTERM ends it with status 0; the clock stands where it was told."""
    command = (
        sys.executable, "-m", "optiinfra_simulator", "serve",
        "--seed", "3", "--now", "2026-11-20T12:03:00Z", "--instances", "20",
    )  # fmt: skip
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = line.removeprefix("simulator ready at ").strip()
        with urllib.request.urlopen(f"{url}/_simulator/health") as answer:  # noqa: S310 - our own server
            health = json.load(answer)
        process.terminate()
        assert process.wait(10) == 0
    assert health == {"status": "ok", "now": "2026-11-20T12:03:00Z", "seed": 3}
