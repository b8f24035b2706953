"""What an account owns in a region: a table of listings, each fetched page by page."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optiinfra_core.errors import PermissionMissing
from optiinfra_pipelines.providers.aws.client.calls import TOKENS, Paging, Request
from optiinfra_pipelines.providers.aws.client.connection import Aws

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A request that lists things; ``inner`` is the list inside each item, where AWS nests them."""

    request: Request
    paging: Paging = TOKENS
    inner: str = ""


def _listing(
    service: str,
    operation: str,
    answer: str,
    *,
    paging: Paging = TOKENS,
    inner: str = "",
    **params: object,
) -> Listing:
    request = Request(service=service, operation=operation, answer=answer, params=params)
    return Listing(request=request, paging=paging, inner=inner)


_MARKERS = Paging(token_in="Marker", token_out="NextMarker")  # noqa: S106 - names of fields

# Page sizes are the largest each API takes: fewer calls, and EC2 throttles unpaged ones first.
INSTANCES = _listing("ec2", "DescribeInstances", "Reservations", inner="Instances", MaxResults=1000)
VOLUMES = _listing("ec2", "DescribeVolumes", "Volumes", MaxResults=500)
SNAPSHOTS = _listing("ec2", "DescribeSnapshots", "Snapshots", MaxResults=1000, OwnerIds=["self"])
ADDRESSES = _listing("ec2", "DescribeAddresses", "Addresses")
LOAD_BALANCERS = _listing(
    "elbv2", "DescribeLoadBalancers", "LoadBalancers", paging=_MARKERS, PageSize=400
)
CLASSIC_LOAD_BALANCERS = _listing(
    "elb", "DescribeLoadBalancers", "LoadBalancerDescriptions", paging=_MARKERS, PageSize=400
)
DATABASES = _listing(
    "rds",
    "DescribeDBInstances",
    "DBInstances",
    paging=Paging(token_in="Marker", token_out="Marker"),  # noqa: S106 - names of fields
    MaxRecords=100,
)
FUNCTIONS = _listing("lambda", "ListFunctions", "Functions", paging=_MARKERS, MaxItems=50)
CLUSTER_NAMES = _listing(
    "eks",
    "ListClusters",
    "clusters",
    paging=Paging(token_in="nextToken", token_out="nextToken"),  # noqa: S106 - names of fields
    maxResults=100,
)
CLUSTER = Request(service="eks", operation="DescribeCluster", answer="cluster")
INSTANCE_TYPES = _listing("ec2", "DescribeInstanceTypes", "InstanceTypes", MaxResults=100)


def everything(aws: Aws, listing: Listing, region: str) -> Iterator[Payload]:
    """Each item of a listing in a region, from every page."""
    for page in aws.calls.pages(listing.request, region, listing.paging):
        for item in page[listing.request.answer]:
            if listing.inner:
                yield from item.get(listing.inner, ())
            else:
                yield item


def clusters(aws: Aws, region: str) -> Iterator[Payload]:
    """Each EKS cluster of a region; the listing has only names."""
    for page in aws.calls.pages(CLUSTER_NAMES.request, region, CLUSTER_NAMES.paging):
        for name in page["clusters"]:
            yield aws.calls.ask(CLUSTER.with_params(name=name), region)["cluster"]


@dataclass(frozen=True, slots=True)
class Size:
    """What an instance type has, as AWS describes it."""

    vcpus: float
    memory_gib: float


# An instance type is the same in every region and account, so one process asks for each once.
_sizes: dict[str, Size] = {}
_sizing = threading.Lock()


def sizes(aws: Aws, region: str, names: frozenset[str]) -> Mapping[str, Size]:
    """Sizes of instance types, as far as AWS tells them: a type it does not list has none.

    A credential without ec2:DescribeInstanceTypes gets no sizes rather than no inventory.
    """
    with _sizing:
        missing = sorted(names - _sizes.keys())
    for start in range(0, len(missing), 100):
        batch = [{"Name": "instance-type", "Values": missing[start : start + 100]}]
        request = INSTANCE_TYPES.request.with_params(Filters=batch)
        try:
            found = [
                described
                for page in aws.calls.pages(request, region, INSTANCE_TYPES.paging)
                for described in page["InstanceTypes"]
            ]
        except PermissionMissing:
            break
        with _sizing:
            _sizes.update({str(one["InstanceType"]): _size(one) for one in found})
    with _sizing:
        return {name: _sizes[name] for name in names if name in _sizes}


def _size(described: Payload) -> Size:
    return Size(
        vcpus=float(described["VCpuInfo"]["DefaultVCpus"]),
        memory_gib=float(described["MemoryInfo"]["SizeInMiB"]) / 1024,
    )
