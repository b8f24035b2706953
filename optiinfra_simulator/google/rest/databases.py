"""Cloud SQL Admin v1: the instances of a project."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from optiinfra_simulator.google.rest.paging import page
from optiinfra_simulator.google.rest.requests import Call, Operation
from optiinfra_simulator.google.world.projects import project
from optiinfra_simulator.google.world.things import Database

_MOST = 1000


def instances(call: Call) -> Mapping[str, Any]:
    """A page of instances; ``items`` is left out where there are none, as Google does."""
    found = sorted(call.state.fleets[call.project].of(Database, call.now), key=lambda one: one.name)
    size = call.number("maxResults", call.state.limits.listed, _MOST)
    token = call.request.query.get("pageToken")
    shown, following = page(found, lambda one: one.name, token, size)
    document: dict[str, Any] = {"kind": "sql#instancesList"}
    if shown:
        document["items"] = [_instance(one) for one in shown]
    return document | ({"nextPageToken": following} if following else {})


def _instance(one: Database) -> Mapping[str, Any]:
    number = project(one.account).number
    born = one.life.born.astimezone(UTC)
    return {
        "kind": "sql#instance",
        "state": "RUNNABLE",
        "databaseVersion": one.version,
        "settings": {
            "kind": "sql#settings",
            "tier": one.tier,
            "edition": "ENTERPRISE",
            "availabilityType": "ZONAL",
            "pricingPlan": "PER_USE",
            "activationPolicy": "ALWAYS",
            "dataDiskType": "PD_SSD",
            "dataDiskSizeGb": str(one.gib),
            "storageAutoResize": True,
            "settingsVersion": "4",
            "userLabels": dict(one.tags),
            "locationPreference": {"kind": "sql#locationPreference", "zone": one.zone},
            "ipConfiguration": {"ipv4Enabled": True, "sslMode": "ENCRYPTED_ONLY"},
            "backupConfiguration": {
                "kind": "sql#backupConfiguration",
                "enabled": True,
                "startTime": "03:00",
            },
        },
        "etag": f"{number[:12]}etag",
        "ipAddresses": [{"type": "PRIMARY", "ipAddress": "34.122.0.9"}],
        "instanceType": "CLOUD_SQL_INSTANCE",
        "project": one.account,
        "backendType": "SECOND_GEN",
        "selfLink": (
            f"https://sqladmin.googleapis.com/sql/v1/projects/{one.account}/instances/{one.name}"
        ),
        "connectionName": f"{one.account}:{one.region}:{one.name}",
        "name": one.name,
        "region": one.region,
        "gceZone": one.zone,
        "createTime": born.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "serviceAccountEmailAddress": f"p{number}-sql@gcp-sa-cloud-sql.iam.gserviceaccount.com",
    }


def unreachable(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The list while the region of its first instance cannot be reached."""
    items = list(document.get("items", ()))
    if not items:
        return document
    region = items[0]["region"]
    warning = {
        "code": "REGION_UNREACHABLE",
        "message": f"The region {region} could not be reached.",
        "region": region,
    }
    return {
        **document,
        "items": [one for one in items if one["region"] != region],
        "warnings": [warning],
    }


def _operation() -> Operation:
    return Operation("sqladmin", "instances.list", "cloudsql.instances.list", instances, "items")


# Both paths answer: v1 as documented, and the older one that some clients still use.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/v1/projects/{project}/instances"): _operation(),
    ("GET", "/sql/v1/projects/{project}/instances"): _operation(),
    ("GET", "/sql/v1beta4/projects/{project}/instances"): _operation(),
}
