"""What a small project owns, as the listings of each API write it."""

from collections.abc import Mapping
from typing import Any

from tests.providers.gcp.wire import EMPTY_SCOPE, GoogleDouble

BASE = "https://www.googleapis.com/compute/v1/projects/acme-prod-314159"
CREATED = "2026-11-01T00:00:00.000-07:00"

INSTANCE: Mapping[str, Any] = {
    "id": "123",
    "name": "web-1",
    "status": "RUNNING",
    "zone": f"{BASE}/zones/us-central1-a",
    "machineType": f"{BASE}/zones/us-central1-a/machineTypes/n1-standard-4",
    "creationTimestamp": CREATED,
    "labels": {"team": "web"},
    "metadata": {"items": [{"key": "startup-script", "value": "canary-secret-of-the-script"}]},
    "disks": [{"source": f"{BASE}/zones/us-central1-a/disks/web-1"}],
    "networkInterfaces": [{"network": f"{BASE}/global/networks/default"}],
    "serviceAccounts": [{"email": "x@developer.gserviceaccount.com"}],
}
DISK: Mapping[str, Any] = {
    "id": "77",
    "name": "web-1",
    "status": "READY",
    "sizeGb": "50",
    "zone": f"{BASE}/zones/us-central1-a",
    "type": f"{BASE}/zones/us-central1-a/diskTypes/pd-ssd",
    "users": [f"{BASE}/zones/us-central1-a/instances/web-1"],
    "creationTimestamp": CREATED,
}
ADDRESS: Mapping[str, Any] = {
    "id": "88",
    "name": "front",
    "status": "IN_USE",
    "address": "203.0.113.9",
    "addressType": "EXTERNAL",
    "networkTier": "PREMIUM",
    "region": f"{BASE}/regions/us-central1",
    "creationTimestamp": CREATED,
}
RULE: Mapping[str, Any] = {
    "id": "99",
    "name": "https",
    "IPAddress": "203.0.113.10",
    "loadBalancingScheme": "EXTERNAL",
    "creationTimestamp": CREATED,
}
SNAPSHOT: Mapping[str, Any] = {
    "id": "66",
    "name": "nightly",
    "status": "READY",
    "storageBytes": "1073741824",
    "diskSizeGb": "50",
    "creationTimestamp": CREATED,
}
DATABASE: Mapping[str, Any] = {
    "name": "orders",
    "state": "RUNNABLE",
    "region": "us-central1",
    "databaseVersion": "POSTGRES_16",
    "createTime": "2026-11-01T07:00:00.000Z",
    "settings": {
        "tier": "db-custom-2-7680",
        "dataDiskSizeGb": "100",
        "userLabels": {"team": "web"},
        "availabilityType": "ZONAL",
    },
}
CLUSTER: Mapping[str, Any] = {
    "name": "jobs",
    "location": "us-central1-a",
    "status": "RUNNING",
    "createTime": "2026-11-01T07:00:00+00:00",
    "masterAuth": {"clientKey": "canary-secret-of-the-cluster"},
}
SECRETS = ("canary-secret-of-the-script", "canary-secret-of-the-cluster")


def aggregated(noun: str, **scopes: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """An aggregated list; scopes are written ``zones__us_east1_b``."""
    held = {_scope(name): {noun: list(items)} for name, items in scopes.items()}
    return {"items": {"zones/europe-west1-b": EMPTY_SCOPE, **held}}


def _scope(name: str) -> str:
    kind, _, place = name.partition("__")
    return f"{kind}/{place.replace('_', '-')}" if place else kind


def furnish(cloud: GoogleDouble) -> None:
    """Give the project one of each."""
    cloud.on("/aggregated/instances", aggregated("instances", zones__us_central1_a=[INSTANCE]))
    cloud.on("/aggregated/disks", aggregated("disks", zones__us_central1_a=[DISK]))
    cloud.on("/aggregated/addresses", aggregated("addresses", regions__us_central1=[ADDRESS]))
    cloud.on("/aggregated/forwardingRules", {"items": {"global": {"forwardingRules": [RULE]}}})
    cloud.on("/global/snapshots", {"items": [SNAPSHOT]})
    cloud.on("/v1/projects/acme-prod-314159/instances", {"items": [DATABASE]})
    cloud.on("/locations/-/clusters", {"clusters": [CLUSTER]})
