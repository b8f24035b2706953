"""Full resource names: the same in bills, samples and inventory, so that they join."""

import re
from collections.abc import Mapping
from types import MappingProxyType

COMPUTE = "//compute.googleapis.com"
SQL = "//cloudsql.googleapis.com"
GKE = "//container.googleapis.com"
GLOBAL = "global"

# The collection before a resource's own name -> our kind of resource.
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "compute.googleapis.com/instances": "gcp.compute.instance",
        "compute.googleapis.com/disks": "gcp.compute.disk",
        "compute.googleapis.com/snapshots": "gcp.compute.snapshot",
        "compute.googleapis.com/addresses": "gcp.compute.address",
        "compute.googleapis.com/forwardingRules": "gcp.compute.forwarding_rule",
        "cloudsql.googleapis.com/instances": "gcp.sql.instance",
        "container.googleapis.com/clusters": "gcp.container.cluster",
    }
)
_NAME = re.compile(r"^//(?P<api>[\w.-]+)/(?:.*/)?(?P<collection>\w+)/[^/]+$")
_PROJECT = re.compile(r"/projects/(?P<project>[^/]+)/")


def instance(project: str, zone: str, number: str) -> str:
    """A virtual machine, by its numeric id."""
    return f"{COMPUTE}/projects/{project}/zones/{zone}/instances/{number}"


def located(project: str, place: str, collection: str, number: str) -> str:
    """A Compute resource at a place: ``zones/Z``, ``regions/R`` or ``global``."""
    return f"{COMPUTE}/projects/{project}/{place}/{collection}/{number}"


def database(project: str, name: str) -> str:
    """A Cloud SQL instance."""
    return f"{SQL}/projects/{project}/instances/{name}"


def cluster(project: str, location: str, name: str) -> str:
    """A GKE cluster."""
    return f"{GKE}/projects/{project}/locations/{location}/clusters/{name}"


def kind_of(name: str) -> str:
    """Our kind of the resource called ``name``; empty where the inventory has no such kind."""
    told = _NAME.match(name)
    return KINDS.get(f"{told['api']}/{told['collection']}", "") if told else ""


def global_name(name: str, project: str, number: str) -> str:
    """``name`` with the project's id where a bill names it by its number."""
    told = _PROJECT.search(name)
    if not told or not project or told["project"] != number:
        return name
    return name[: told.start("project")] + project + name[told.end("project") :]


def region_of(place: str) -> str:
    """The region of a place: ``zones/us-east1-b``, a zone, a region, or a URL of one; or global."""
    last = place.rstrip("/").rsplit("/", 1)[-1]
    zonal = re.fullmatch(r"([a-z]+-[a-z]+\d+)-[a-z]+", last)
    return zonal[1] if zonal else last or GLOBAL


def last_part(url: str) -> str:
    """The name at the end of a URL (``.../machineTypes/e2-small``)."""
    return url.rstrip("/").rsplit("/", 1)[-1]
