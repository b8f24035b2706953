"""The listings of what a project owns; their sources are the REST references of each API."""

from optiinfra_pipelines.providers.gcp.client import operations
from optiinfra_pipelines.providers.gcp.client.operations import Operation
from optiinfra_pipelines.providers.gcp.client.rest import Listing

# returnPartialSuccess: a zone that is down is named instead of failing the whole listing.
_PAGES = {"maxResults": "500", "returnPartialSuccess": "true"}


def _aggregated(operation: Operation, noun: str) -> Listing:
    return Listing(
        operation=operation,
        path=f"/compute/v1/projects/{{project}}/aggregated/{noun}",
        items=noun,
        aggregated=True,
        params=_PAGES,
    )


INSTANCES = _aggregated(operations.INSTANCES, "instances")
DISKS = _aggregated(operations.DISKS, "disks")
ADDRESSES = _aggregated(operations.ADDRESSES, "addresses")
FORWARDING_RULES = _aggregated(operations.FORWARDING_RULES, "forwardingRules")
MACHINE_TYPES = _aggregated(operations.MACHINE_TYPES, "machineTypes")
SNAPSHOTS = Listing(
    operation=operations.SNAPSHOTS,
    path="/compute/v1/projects/{project}/global/snapshots",
    items="items",
    params=_PAGES,
)
DATABASES = Listing(
    operation=operations.DATABASES,
    path="/v1/projects/{project}/instances",
    items="items",
    params={"maxResults": "500"},
)
# Not paged: GKE answers with every cluster, and names the zones it could not ask.
CLUSTERS = Listing(
    operation=operations.CLUSTERS,
    path="/v1/projects/{project}/locations/-/clusters",
    items="clusters",
    missing="missingZones",
)
