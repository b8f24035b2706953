"""The inventory: what is kept of a payload, what is not, and what a hole in a listing means."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, PartFailure, PermissionMissing, Transient
from optiinfra_core.metrics import ResourceRow
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.gcp.client import Gcp
from optiinfra_pipelines.providers.gcp.client import sizes as sizing
from optiinfra_pipelines.providers.gcp.machine_types import Size, size_of
from optiinfra_pipelines.providers.gcp.resource import KINDS, ResourceCollector
from tests.providers.gcp import inventories
from tests.providers.gcp.bigquery import refusal
from tests.providers.gcp.conftest import Connect
from tests.providers.gcp.inventories import BASE, DATABASE, INSTANCE, aggregated
from tests.providers.gcp.wire import PROJECT, GoogleDouble, parameters

START = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
SPAN = Window(START, START + timedelta(minutes=15))


def collected(gcp: Gcp, parts: frozenset[str] | None = None) -> list[ResourceRow]:
    """The rows of a snapshot."""
    items = ResourceCollector().collect(gcp, SPAN, parts)
    return [one for one in items if isinstance(one, ResourceRow)]


def failed(gcp: Gcp) -> list[PartFailure]:
    """The parts that a snapshot lacks."""
    items = ResourceCollector().collect(gcp, SPAN)
    return [one for one in items if isinstance(one, PartFailure)]


def test_one_of_everything(cloud: GoogleDouble, connect: Connect) -> None:
    """Names are full resource names; one call for each kind."""
    inventories.furnish(cloud)
    gcp = connect()
    rows = {row.resource_type: row for row in collected(gcp)}
    where = f"//compute.googleapis.com/projects/{PROJECT}"
    assert {kind: row.resource_id for kind, row in rows.items()} == {
        "gcp.compute.instance": f"{where}/zones/us-central1-a/instances/123",
        "gcp.compute.disk": f"{where}/zones/us-central1-a/disks/77",
        "gcp.compute.snapshot": f"{where}/global/snapshots/66",
        "gcp.compute.address": f"{where}/regions/us-central1/addresses/88",
        "gcp.compute.forwarding_rule": f"{where}/global/forwardingRules/99",
        "gcp.sql.instance": f"//cloudsql.googleapis.com/projects/{PROJECT}/instances/orders",
        "gcp.container.cluster": f"//container.googleapis.com/projects/{PROJECT}"
        "/locations/us-central1-a/clusters/jobs",
    }
    machine, disk, database = (
        rows[kind] for kind in ("gcp.compute.instance", "gcp.compute.disk", "gcp.sql.instance")
    )
    assert (machine.vcpus, machine.memory_gib, machine.state) == (4, 15, "running")
    assert machine.created_at == datetime(2026, 11, 1, 7, tzinfo=UTC)
    assert machine.tags == {"team": "web"}
    assert (disk.storage_gib, disk.sku, disk.state) == (50, "pd-ssd", "in-use")
    assert (database.vcpus, database.memory_gib, database.storage_gib) == (2, 7.5, 100)
    assert rows["gcp.compute.snapshot"].storage_gib == 1
    assert {row.region for row in rows.values()} == {"us-central1", "global"}
    assert len([c for c in gcp.gate.ledger.calls if c.operation != "oauth2.token"]) == len(KINDS)
    assert sum(call.usd for call in gcp.gate.ledger.calls) == 0


def test_what_is_not_named_is_not_kept(cloud: GoogleDouble, connect: Connect) -> None:
    """Start-up scripts, keys of clusters and service accounts stay at Google."""
    inventories.furnish(cloud)
    told = "".join(repr(row) for row in collected(connect()))
    assert not any(secret in told for secret in inventories.SECRETS)
    assert "developer.gserviceaccount.com" not in told


def test_a_stopped_machine_and_database_are_stopped(cloud: GoogleDouble, connect: Connect) -> None:
    """Google's TERMINATED can be started again; a database that is never to run is stopped."""
    inventories.furnish(cloud)
    stopped = {**INSTANCE, "status": "TERMINATED"}
    cloud.on("/aggregated/instances", aggregated("instances", zones__us_central1_a=[stopped]))
    never = {**DATABASE, "settings": {**DATABASE["settings"], "activationPolicy": "NEVER"}}
    cloud.on(f"/v1/projects/{PROJECT}/instances", {"items": [never]})
    states = {row.resource_type: row.state for row in collected(connect())}
    assert states["gcp.compute.instance"] == states["gcp.sql.instance"] == "stopped"


HOLES: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "a zone that is down": (
        "/aggregated/instances",
        {"items": {"zones/us-east1-b": {"warning": {"code": "UNREACHABLE", "message": "down"}}}},
        "us-east1",
    ),
    "a scope among the unreachables": (
        "/aggregated/disks",
        {"items": {}, "unreachables": ["projects/p/zones/europe-west1-c"]},
        "europe-west1",
    ),
    "a zone that GKE misses": (
        "/locations/-/clusters",
        {"clusters": [], "missingZones": ["us-west1-a"]},
        "us-west1",
    ),
    "a region that Cloud SQL cannot reach": (
        f"/v1/projects/{PROJECT}/instances",
        {"warnings": [{"code": "REGION_UNREACHABLE", "region": "us-west2", "message": "down"}]},
        "us-west2",
    ),
}


@pytest.mark.parametrize("hole", HOLES)
def test_a_place_that_was_not_reached_is_a_failed_region(
    hole: str, cloud: GoogleDouble, connect: Connect
) -> None:
    """Not an empty one: what an earlier snapshot had of it stays."""
    ending, answer, region = HOLES[hole]
    cloud.on(ending, answer)
    gcp = connect()
    [failure] = failed(gcp)
    assert (failure.part, failure.retryable) == (region, True)
    items = ResourceCollector().collect(gcp, SPAN, frozenset({"another"}))
    assert list(items) == []


def test_scopes_without_results_are_no_failures(connect: Connect) -> None:
    """NO_RESULTS_ON_PAGE is how an empty zone looks."""
    assert failed(connect()) == []


def test_an_api_that_is_off_has_nothing_to_list(cloud: GoogleDouble, connect: Connect) -> None:
    """A project without Cloud SQL has an inventory all the same."""
    inventories.furnish(cloud)
    cloud.on(f"/v1/projects/{PROJECT}/instances", refusal(403, "accessNotConfigured"))
    kinds = {row.resource_type for row in collected(connect())}
    assert kinds == {row for row in kinds if row != "gcp.sql.instance"}
    assert "gcp.container.cluster" in kinds


@pytest.mark.parametrize(
    ("fate", "error"),
    [
        (refusal(403, "forbidden", "The caller does not have permission"), PermissionMissing),
        (refusal(503, "backendError"), Transient),
    ],
    ids=["denied", "down"],
)
def test_a_listing_that_fails_whole_fails_the_snapshot(
    fate: Any, error: type[Exception], cloud: GoogleDouble, connect: Connect
) -> None:
    """It spans all regions, so that none would be whole without it."""
    inventories.furnish(cloud)
    cloud.on("/locations/-/clusters", fate)
    with pytest.raises(error):
        collected(connect())


def test_a_payload_that_is_not_as_documented_is_complained_about(
    cloud: GoogleDouble, connect: Connect
) -> None:
    """Its fields are named, its values are not."""
    cloud.on("/aggregated/instances", aggregated("instances", zones__us_central1_a=[{"name": "x"}]))
    with pytest.raises(Malformed) as told:
        collected(connect())
    assert told.value.sample == "fields: name"


def test_every_page_is_asked_with_the_largest_size(cloud: GoogleDouble, connect: Connect) -> None:
    """500 a page, and partial success, so that a zone cannot fail the rest."""
    first = {**aggregated("instances", zones__us_central1_a=[INSTANCE]), "nextPageToken": "two"}
    second = aggregated("instances", zones__us_central1_a=[{**INSTANCE, "id": "124"}])
    cloud.on("/aggregated/instances", first, second)
    assert len(collected(connect())) == 2
    told = [parameters(one) for one in cloud.seen if "/aggregated/instances" in one.path]
    assert {one["maxResults"] for one in told} == {"500"}
    assert {one["returnPartialSuccess"] for one in told} == {"true"}
    assert [one.get("pageToken") for one in told] == [None, "two"]


def test_further_projects_are_listed_too(cloud: GoogleDouble, connect: Connect) -> None:
    """Their machines carry their project's name."""
    inventories.furnish(cloud)
    rows = collected(connect(projects=("acme-lab-000001",)))
    machines = [row.resource_id for row in rows if row.resource_type == "gcp.compute.instance"]
    assert sorted(one.split("/")[4] for one in machines) == ["acme-lab-000001", PROJECT]


def test_only_the_regions_asked_for_are_brought(cloud: GoogleDouble, connect: Connect) -> None:
    """By parts, and by the credential."""
    inventories.furnish(cloud)
    assert {row.region for row in collected(connect(), frozenset({"global"}))} == {"global"}
    assert {row.region for row in collected(connect(locations=("us-central1",)))} == {"us-central1"}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("e2-micro", Size(2, 1)),
        ("n1-standard-4", Size(4, 15)),
        ("n1-highcpu-16", Size(16, 14.4)),
        ("n2d-highmem-8", Size(8, 64)),
        ("custom-4-5120", Size(4, 5)),
        ("n2-custom-8-16384-ext", Size(8, 16)),
        ("db-custom-2-7680", Size(2, 7.5)),
        ("db-n1-standard-2", Size(2, 7.5)),
        ("db-perf-optimized-N-8", Size(8, 64)),
        ("a2-highgpu-1g", None),
        ("", None),
    ],
)
def test_names_of_machine_types_tell_their_size(name: str, size: Size | None) -> None:
    """As far as they do; no size is guessed."""
    assert size_of(name) == size


def test_types_whose_names_tell_nothing_are_asked_for_once(
    cloud: GoogleDouble, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By name, not all 60,000 of them, and once for a process."""
    monkeypatch.setattr(sizing, "_sizes", {})
    gpu = {**INSTANCE, "machineType": f"{BASE}/zones/us-central1-a/machineTypes/a2-highgpu-1g"}
    cloud.on("/aggregated/instances", aggregated("instances", zones__us_central1_a=[gpu]))
    kind = {"name": "a2-highgpu-1g", "guestCpus": 12, "memoryMb": 87040}
    cloud.on("/aggregated/machineTypes", aggregated("machineTypes", zones__us_central1_a=[kind]))
    gcp = connect()
    [row], [again] = collected(gcp), collected(gcp)
    assert (row.vcpus, row.memory_gib) == (again.vcpus, again.memory_gib) == (12, 85)
    assert cloud.count("/aggregated/machineTypes") == 1
    [asked] = [parameters(one) for one in cloud.seen if "machineTypes" in one.path]
    assert asked["filter"] == '(name = "a2-highgpu-1g")'
    assert json.loads(row.attributes)["zone"] == "us-central1-a"
