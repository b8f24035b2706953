"""What an account owns: the listings of API v2."""

from collections.abc import Iterator

from optiinfra_pipelines.providers.vultr.client.calls import Operation, Payload
from optiinfra_pipelines.providers.vultr.client.connection import Vultr

INSTANCES = Operation(path="instances", key="instances")
BARE_METALS = Operation(path="bare-metals", key="bare_metals")
BLOCKS = Operation(path="blocks", key="blocks")
SNAPSHOTS = Operation(path="snapshots", key="snapshots")
RESERVED_ADDRESSES = Operation(path="reserved-ips", key="reserved_ips")
LOAD_BALANCERS = Operation(path="load-balancers", key="load_balancers")
CLUSTERS = Operation(path="kubernetes/clusters", key="vke_clusters")
DATABASES = Operation(path="databases", key="databases")
OBJECT_STORAGE = Operation(path="object-storage", key="object_storages")
# The only listing without pages (govultr: its answer has no meta).
INFERENCE = Operation(path="inference", key="subscriptions")
PLANS = Operation(path="plans", key="plans", acl="")
METAL_PLANS = Operation(path="plans-metal", key="plans_metal", acl="")


def listed(vultr: Vultr, listing: Operation) -> Iterator[Payload]:
    """Each item of a listing."""
    return vultr.calls.everything(listing)
