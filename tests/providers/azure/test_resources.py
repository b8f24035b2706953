"""Resource Graph's objects -> rows: every kind, whitelisted, with sizes where they are told."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from optiinfra_core.errors import PartFailure
from optiinfra_core.metrics import ResourceRow
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.azure.client.actions import LISTED
from optiinfra_pipelines.providers.azure.client.inventory import question
from optiinfra_pipelines.providers.azure.identifiers import KINDS
from optiinfra_pipelines.providers.azure.resource import ResourceCollector
from optiinfra_pipelines.providers.azure.resource_rows import READINGS
from tests.providers.azure.conftest import Connect
from tests.providers.azure.estate import ADMIN, MACHINE, OWNED, SKUS, arm, listed
from tests.providers.azure.wire import AzureDouble, graph, refused, told

START = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
SPAN = Window(START, START + QUARTER_HOUR)


def collected(
    cloud: AzureDouble, connect: Connect, *owned: Mapping[str, Any], **fields: Any
) -> list[Any]:
    """What the collector makes of a subscription that owns these."""
    cloud.on("graph", graph([dict(one) for one in owned]))
    if "skus" not in cloud.script:
        cloud.on("skus", told(SKUS))
    return list(ResourceCollector().collect(connect(**fields), SPAN))


def attributes(row: ResourceRow) -> dict[str, Any]:
    """The further fields of a row."""
    found: dict[str, Any] = json.loads(row.attributes)
    return found


def test_every_kind_becomes_a_row_of_its_own(cloud: AzureDouble, connect: Connect) -> None:
    """All by one question, and one for the sizes of machines in each location."""
    rows = collected(cloud, connect, *OWNED)
    assert {row.resource_type for row in rows} == set(KINDS.values())
    assert set(KINDS) == set(READINGS) == set(LISTED)
    assert {row.ts for row in rows} == {START}
    assert list(cloud.kinds()) == ["graph", "skus"]


def test_a_machine_says_what_it_is_and_not_who_runs_it(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Power state, size, cores and memory; keys, names of users and start scripts stay out."""
    (row,) = collected(cloud, connect, MACHINE)
    assert (row.state, row.sku, row.vcpus, row.memory_gib) == (
        "running", "Standard_D2s_v5", 2.0, 8.0,
    )  # fmt: skip
    assert row.resource_id == arm("microsoft.compute/virtualmachines", "web-1").lower()
    assert (row.resource_name, row.tags) == ("Web-1", {"env": "prod"})
    assert row.created_at == datetime(2026, 10, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert attributes(row)["disks"] == sorted(
        arm("Microsoft.Compute/disks", name).lower() for name in ("Data", "Web-1_OsDisk")
    )
    assert ADMIN not in repr(row)


@pytest.mark.parametrize(
    ("power", "state"),
    [
        ({"code": "PowerState/deallocated"}, "deallocated"),
        ({"code": "PowerState/stopped"}, "stopped"),
        (None, "unknown"),
    ],
)
def test_a_machine_without_a_power_state_is_not_called_running(
    power: dict[str, str] | None, state: str, cloud: AzureDouble, connect: Connect
) -> None:
    """What Azure does not tell is unknown."""
    view = {"extended": {"instanceView": {"powerState": power}}}
    machine = {**MACHINE, "properties": {**MACHINE["properties"], **view}}
    (row,) = collected(cloud, connect, machine)
    assert row.state == state


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("azure.compute.disk", {"state": "attached", "sku": "Premium_LRS", "storage_gib": 128.0}),
        ("azure.compute.snapshot", {"state": "succeeded", "storage_gib": 128.0}),
        ("azure.network.publicipaddress", {"state": "available", "sku": "Standard"}),
        ("azure.network.loadbalancer", {"state": "succeeded", "sku": "Standard"}),
        ("azure.sql.database", {"state": "online", "sku": "GP_Gen5_4", "vcpus": 4.0,
                          "storage_gib": 32.0}),
        ("azure.containerservice.managedcluster", {"state": "running", "region": "westeurope",
                                             "sku": "Standard"}),
    ],
)  # fmt: skip
def test_each_kind_says_what_costs_money(
    kind: str, expected: dict[str, Any], cloud: AzureDouble, connect: Connect
) -> None:
    """State, plan and size."""
    (row,) = [row for row in collected(cloud, connect, *OWNED) if row.resource_type == kind]
    assert {name: getattr(row, name) for name in expected} == expected


def test_the_database_that_comes_with_a_server_is_left_out(
    cloud: AzureDouble, connect: Connect
) -> None:
    """``master`` costs nothing and nobody made it."""
    assert not [row for row in collected(cloud, connect, *OWNED) if row.resource_name == "master"]


def test_a_database_in_dtu_has_no_cores(cloud: AzureDouble, connect: Connect) -> None:
    """Its capacity counts units of another kind."""
    database = listed(
        "Microsoft.Sql/servers/databases", "s", "d", sku={"name": "Standard", "capacity": 50},
        properties={"status": "Online"},
    )  # fmt: skip
    (row,) = collected(cloud, connect, database)
    assert (row.vcpus, attributes(row)["capacity"]) == (None, 50)


def test_without_the_list_of_sizes_machines_have_none(cloud: AzureDouble, connect: Connect) -> None:
    """A credential without that permission gets its inventory, less cores and memory."""
    cloud.on("skus", refused("AuthorizationFailed", 403))
    (row,) = collected(cloud, connect, MACHINE)
    assert (row.vcpus, row.memory_gib) == (None, None)


def test_a_failing_list_of_sizes_is_the_locations_failure(
    cloud: AzureDouble, connect: Connect
) -> None:
    """Machines without sizes now and with sizes later would read as a change of theirs."""
    cloud.on("skus", refused("InternalServerError", 500))
    *rows, failure = collected(cloud, connect, *OWNED)
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.retryable) == ("eastus", True)
    assert {row.resource_type for row in rows} == set(KINDS.values()) - {
        "azure.compute.virtualmachine"
    }


def test_a_payload_that_is_not_as_documented_fails_its_location(
    cloud: AzureDouble, connect: Connect
) -> None:
    """One strange resource does not hide the others; its values are not repeated."""
    strange = listed("Microsoft.Compute/disks", "Odd", properties={"diskSizeGB": ADMIN})
    found = collected(cloud, connect, strange, MACHINE)
    assert [one.resource_name for one in found if isinstance(one, ResourceRow)] == ["Web-1"]
    (failure,) = [one for one in found if isinstance(one, PartFailure)]
    assert (failure.part, failure.code) == ("eastus", "malformed")


def test_pages_are_joined_and_ordered(cloud: AzureDouble, connect: Connect) -> None:
    """The token of a page is asked for with the same question, in order of id."""
    cloud.on("graph", graph([dict(MACHINE)], "next"), graph([dict(OWNED[3])]))
    cloud.on("skus", told(SKUS))
    rows = list(ResourceCollector().collect(connect(), SPAN))
    first, second = (call.body for call in cloud.of("graph"))
    assert len(rows) == 2
    assert "$skipToken" not in first["options"]
    assert second["options"]["$skipToken"] == "next"
    assert first["query"] == second["query"]
    assert first["query"].endswith("| order by id asc")
    assert first["options"]["resultFormat"] == "objectArray"


def test_a_credential_may_limit_the_locations(cloud: AzureDouble, connect: Connect) -> None:
    """Azure leaves the others out; what is written there cannot become part of the question."""
    collected(cloud, connect, locations=("East US", "westeurope"))
    (call,) = cloud.of("graph")
    assert "where location in~ ('eastus', 'westeurope')" in call.body["query"]
    text = question(("a/b",), frozenset({"x') | project secrets //"}))
    assert "('xprojectsecrets')" in text


def test_parts_limit_what_is_replaced(cloud: AzureDouble, connect: Connect) -> None:
    """A location that failed before is collected again by itself."""
    cloud.on("graph", graph([dict(one) for one in OWNED]))
    rows = list(ResourceCollector().collect(connect(), SPAN, frozenset({"westeurope"})))
    assert [getattr(row, "resource_name", None) for row in rows] == ["Aks"]
    assert cloud.of("skus") == []
