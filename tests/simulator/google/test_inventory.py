"""Inventory over REST: every thing once, in its scope, in pages, in Google's shapes."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from google.cloud import billing_v1
from google.cloud.billing_v1.services.cloud_catalog.transports import CloudCatalogRestTransport

from optiinfra_simulator.google.cloud import GoogleCloud
from optiinfra_simulator.google.world.projects import ACME
from optiinfra_simulator.google.world.skus import COMPUTE, SERVICES, SKUS
from optiinfra_simulator.world.clock import WorldClock
from tests.simulator.google.clients import Clients
from tests.simulator.google.conftest import NOON

NOUNS = {
    "instances": "gcp.compute.instance",
    "disks": "gcp.compute.disk",
    "addresses": "gcp.compute.address",
    "forwardingRules": "gcp.compute.forwarding_rule",
}


def everything(clients: Clients, noun: str, size: int) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every item of an aggregated list with its scope, page by page."""
    token = ""
    while True:
        page = clients.listed(noun, maxResults=size, pageToken=token).json()
        for scope, held in page["items"].items():
            assert ("warning" in held) is (noun not in held)
            for item in held.get(noun, ()):
                yield scope, item
        token = page.get("nextPageToken", "")
        if not token:
            return


@pytest.mark.parametrize("size", [3, 500])
@pytest.mark.parametrize("noun", NOUNS)
def test_aggregated_lists_hold_what_exists(
    cloud: GoogleCloud, acme: Clients, noun: str, size: int
) -> None:
    """Every thing comes once, whatever the size of pages, under the scope its link names."""
    found = list(everything(acme, noun, size))
    names = [
        f"//compute.googleapis.com/projects/{ACME.id}/{scope}/{noun}/{item['id']}"
        for scope, item in found
    ]
    assert sorted(names) == list(cloud.resources(ACME.id, NOON)[NOUNS[noun]])
    for scope, item in found:
        assert f"/{scope}/" in item["selfLink"]
        assert item["id"].isdigit()


def test_empty_scopes_say_so(acme: Clients) -> None:
    """A zone without anything on the page carries NO_RESULTS_ON_PAGE and its own name."""
    items = acme.listed("instances").json()["items"]
    empty = items["zones/asia-east1-a"]["warning"]
    assert empty["code"] == "NO_RESULTS_ON_PAGE"
    assert empty["data"] == [{"key": "scope", "value": "zones/asia-east1-a"}]


def test_snapshots_databases_and_clusters_are_listed(cloud: GoogleCloud, acme: Clients) -> None:
    """Their names make the identifiers that truth tells."""
    truth = cloud.resources(ACME.id, NOON)
    path = f"projects/{ACME.id}"
    snapshots = acme.get(f"/compute/v1/{path}/global/snapshots").json()["items"]
    assert sorted(
        f"//compute.googleapis.com/{path}/global/snapshots/{one['id']}" for one in snapshots
    ) == list(truth["gcp.compute.snapshot"])
    databases = acme.get(f"/v1/{path}/instances").json()["items"]
    assert sorted(
        f"//cloudsql.googleapis.com/{path}/instances/{one['name']}" for one in databases
    ) == list(truth["gcp.sql.instance"])
    clusters = acme.get(f"/v1/{path}/locations/-/clusters").json()["clusters"]
    assert sorted(
        f"//container.googleapis.com/{path}/locations/{one['location']}/clusters/{one['name']}"
        for one in clusters
    ) == list(truth["gcp.container.cluster"])


def test_machines_stop_out_of_hours_and_have_gpus(cloud: GoogleCloud, acme: Clients) -> None:
    """On a Sunday the office machine is TERMINATED; GPUs show as accelerators or in the type."""
    clock = cloud.state.world.clock
    assert isinstance(clock, WorldClock)
    clock.set(datetime(2026, 11, 15, 12, tzinfo=UTC))
    machines = [item for _, item in everything(acme, "instances", 500)]
    states = Counter(machine["status"] for machine in machines)
    assert states["TERMINATED"] == 1
    assert states["RUNNING"] >= 6
    assert any("guestAccelerators" in machine for machine in machines)
    regions = {machine["zone"].rpartition("/")[2].rpartition("-")[0] for machine in machines}
    assert regions == {"us-central1", "us-east1", "europe-west1"}


def test_machine_types_tell_sizes(acme: Clients) -> None:
    """Types are listed in each zone with cores and memory."""
    found = {item["name"]: item for _, item in everything(acme, "machineTypes", 500)}
    assert (found["n1-standard-1"]["guestCpus"], found["n1-standard-1"]["memoryMb"]) == (1, 3840)
    assert found["g2-standard-4"]["accelerators"][0]["guestAcceleratorCount"] == 1


def test_a_token_that_nobody_gave_is_refused(acme: Clients) -> None:
    """400 invalid, as Compute Engine answers."""
    answer = acme.listed("instances", pageToken="x")
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "invalid"


def test_billing_accounts_and_projects_are_known(acme: Clients) -> None:
    """The account in dollars, the project with its number, and what ties them."""
    (account,) = acme.get("/v1/billingAccounts").json()["billingAccounts"]
    assert account["name"] == f"billingAccounts/{ACME.billing_account}"
    assert account["currencyCode"] == "USD"
    info = acme.get(f"/v1/projects/{ACME.id}/billingInfo").json()
    assert info["billingAccountName"] == account["name"]
    assert acme.get(f"/v3/projects/{ACME.id}").json()["name"] == f"projects/{ACME.number}"
    assert acme.get("/v1/billingAccounts/000000-000000-000000").status_code == 403


def test_google_s_catalog_client_reads_the_prices(cloud: GoogleCloud, acme: Clients) -> None:
    """Units and nanos are the world's prices, in the messages of google-cloud-billing."""
    transport = CloudCatalogRestTransport(
        host=cloud.url.removeprefix("http://"), url_scheme="http", credentials=acme.credentials
    )
    client = billing_v1.CloudCatalogClient(transport=transport)
    services = {one.service_id: one.display_name for one in client.list_services()}
    assert services == {one.id: one.title for one in SERVICES}
    listed = list(client.list_skus(request={"parent": f"services/{COMPUTE.id}", "page_size": 5}))
    prices = {}
    for sku in listed:
        rate = sku.pricing_info[0].pricing_expression.tiered_rates[0].unit_price
        prices[sku.sku_id] = Decimal(rate.units) + Decimal(rate.nanos) / 10**9
    assert prices == {one.id: one.price for one in SKUS.values() if one.service.id == COMPUTE.id}
    transport.close()
