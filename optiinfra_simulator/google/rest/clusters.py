"""Kubernetes Engine v1: the clusters of a project in all locations (``-``) or in one."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from optiinfra_simulator.google.rest.requests import Call, Operation
from optiinfra_simulator.google.world.places import ZONES
from optiinfra_simulator.google.world.things import Cluster
from optiinfra_simulator.world import dice


def clusters(call: Call) -> Mapping[str, Any]:
    """The clusters; the list is not paged."""
    wanted = call.parts["location"]
    found = [
        one
        for one in call.state.fleets[call.project].of(Cluster, call.now)
        if wanted in ("-", one.zone or one.region)
    ]
    return {"clusters": [_cluster(one) for one in found]} if found else {}


def _cluster(one: Cluster) -> Mapping[str, Any]:
    place = one.zone or one.region
    kind = "zones" if one.zone else "locations"
    zones = [one.zone] if one.zone else list(ZONES[one.region])
    link = f"https://container.googleapis.com/v1/projects/{one.account}/{kind}/{place}"
    return {
        "name": one.name,
        "nodeConfig": {"machineType": "e2-standard-2", "diskSizeGb": 100, "imageType": "COS"},
        "masterAuth": {"clusterCaCertificate": "bm90IGEgY2VydGlmaWNhdGU="},
        "loggingService": "logging.googleapis.com/kubernetes",
        "monitoringService": "monitoring.googleapis.com/kubernetes",
        "network": "default",
        "clusterIpv4Cidr": "10.4.0.0/14",
        "nodePools": [
            {
                "name": "default-pool",
                "config": {"machineType": "e2-standard-2", "diskSizeGb": 100},
                "initialNodeCount": one.nodes,
                "version": one.version,
                "status": "RUNNING",
                "locations": zones,
            }
        ],
        "locations": zones,
        "resourceLabels": dict(one.tags),
        "selfLink": f"{link}/clusters/{one.name}",
        "zone": place,
        "endpoint": "35.224.0.17",
        "initialClusterVersion": one.version,
        "currentMasterVersion": one.version,
        "currentNodeVersion": one.version,
        "createTime": one.life.born.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00"),
        "status": "RUNNING",
        "currentNodeCount": one.nodes,
        "location": place,
        "autopilot": {},
        "id": dice.hexadecimal(64, one.billing_id),
    }


def unreachable(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The list without the location of its first cluster, which is named as missing."""
    found = list(document.get("clusters", ()))
    if not found:
        return document
    place = found[0]["location"]
    rest = [one for one in found if one["location"] != place]
    return {**({"clusters": rest} if rest else {}), "missingZones": [place]}


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/v1/projects/{project}/locations/{location}/clusters"): Operation(
        "container", "projects.locations.clusters.list", "container.clusters.list", clusters,
        items="clusters",
    ),
}  # fmt: skip
