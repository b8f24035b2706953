"""Resource Manager: subscriptions, permissions, machines and sizes, page by page."""

from typing import Any

import httpx
import pytest

from optiinfra_simulator.azure.accounts import ACME
from optiinfra_simulator.azure.calls import Limits
from optiinfra_simulator.azure.cloud import AzureCloud
from optiinfra_simulator.azure.prices import SIZES
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.world import World
from tests.simulator.azure.clients import Clients
from tests.simulator.azure.conftest import NOW

SCOPE = f"/subscriptions/{ACME.id}"
COMPUTE = f"{SCOPE}/providers/Microsoft.Compute"


@pytest.fixture
def cloud(clock: WorldClock, authority: Any) -> Any:
    """The simulated Azure with short pages."""
    limits = Limits(listed=4, skus=4)
    with AzureCloud(World(clock=clock), state=authority, limits=limits) as served:
        yield served


@pytest.fixture
def wire(clients: Clients) -> httpx.Client:
    """Plain HTTP with the collector's token."""
    return clients.wire()


def everything(wire: httpx.Client, link: str | None) -> list[dict[str, Any]]:
    """The items of every page."""
    found: list[dict[str, Any]] = []
    while link:
        answer = wire.get(link)
        assert answer.status_code == 200
        found += answer.json()["value"]
        link = answer.json().get("nextLink")
    return found


def test_a_subscription_is_told_and_listed(wire: httpx.Client) -> None:
    """The list has those in which the principal has a role; paths are compared without case."""
    (listed,) = everything(wire, "/subscriptions?api-version=2022-12-01")
    one = wire.get(f"{SCOPE.upper()}?api-version=2022-12-01").json()
    assert one == listed
    assert (one["subscriptionId"], one["tenantId"]) == (ACME.id, ACME.tenant)
    assert one["state"] == "Enabled"


def test_machines_are_listed_whether_they_run_or_not(wire: httpx.Client, cloud: AzureCloud) -> None:
    """Three pages hold the true machines; Resource Manager writes groups in capitals."""
    found = everything(wire, f"{COMPUTE}/virtualMachines?api-version=2024-07-01")
    truth = cloud.resources(ACME.id, NOW)["azure.compute.virtualmachine"]
    assert sorted(one["id"].lower() for one in found) == list(truth)
    assert all("/resourceGroups/RG-" in one["id"] for one in found)
    assert cloud.calls.count("compute", "ListVirtualMachines") == 3


def test_sizes_of_a_location_say_cores_memory_and_gpus(
    wire: httpx.Client, cloud: AzureCloud
) -> None:
    """The filter is kept from page to page; values are text, as in the specification."""
    path = f"{COMPUTE}/skus?api-version=2021-07-01&$filter=location%20eq%20'westeurope'"
    found = everything(wire, path)
    assert {tuple(one["locations"]) for one in found} == {("westeurope",)}
    assert {one["name"] for one in found} == set(SIZES)
    gpu = next(one for one in found if one["name"] == "Standard_NC4as_T4_v3")
    told = {one["name"]: one["value"] for one in gpu["capabilities"]}
    assert (told["vCPUs"], told["MemoryGB"], told["GPUs"]) == ("4", "28", "1")
    everywhere = everything(wire, f"{COMPUTE}/skus?api-version=2021-07-01")
    assert len(everywhere) == 3 * len(SIZES)


def test_a_page_that_was_never_given_is_refused(wire: httpx.Client) -> None:
    """A token of nobody's is a bad request."""
    answer = wire.get(f"{COMPUTE}/virtualMachines?api-version=1&$skiptoken=%21%21")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadRequest")


def test_a_number_that_is_none_is_refused(wire: httpx.Client) -> None:
    """A parameter that should be a number and is not is a bad request, not a broken server."""
    query = {"query": "Resources", "options": {"$top": "many"}}
    answer = wire.post("/providers/Microsoft.ResourceGraph/resources?api-version=1", json=query)
    assert answer.status_code == 400
    assert "'many'" in answer.json()["error"]["message"]


def test_what_is_not_simulated_is_not_found(wire: httpx.Client) -> None:
    """An operation that is not simulated is refused rather than answered with emptiness."""
    answer = wire.get(f"{SCOPE}/providers/Microsoft.KeyVault/vaults?api-version=1")
    assert answer.status_code == 404


def test_the_credential_is_all_a_customer_needs(cloud: AzureCloud) -> None:
    """It names tenant, application, secret, subscription, endpoints, and where costs are."""
    given = cloud.credential(ACME.id)
    assert given["endpoints"]["metrics"] == f"{cloud.url}/metrics/{{region}}"
    assert given["cost_export"]["account_url"] == f"{cloud.url}/acmecostexports"
    assert given["tls_ca"].startswith("-----BEGIN CERTIFICATE-----")
    assert [one.account_id for one in cloud.holders()] == [
        ACME.id,
        "a0000000-0000-4000-8000-000000000002",
    ]
    assert "cost_export" not in cloud.credential(cloud.holders()[1].account_id)
