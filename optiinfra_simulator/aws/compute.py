"""AWS EC2: instances, volumes, snapshots, addresses, regions and instance types."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from optiinfra_core.windows import Window
from optiinfra_simulator.aws import compute_shapes
from optiinfra_simulator.aws.calls import Call, Handler, page, within
from optiinfra_simulator.aws.compute_filters import matching, named
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.world.prices import INSTANCE_TYPES, REGIONS
from optiinfra_simulator.world.things import Address, Instance, Snapshot, Volume

# A terminated instance stays visible for a while, "usually about an hour".
_AFTERLIFE = timedelta(minutes=45)
_CLOSED_REGIONS = ("ap-east-1", "me-south-1")


def _size(call: Call, most: int, default: int) -> int:
    """The page size; EC2 takes 5 to 1000 and gives fewer where its own limit is lower."""
    asked = call.number("MaxResults", default)
    refusal = AwsError(
        "InvalidParameterValue",
        f"Value ( {asked} ) for parameter maxResults is invalid. "
        "Expecting a value between 5 and 1000.",
    )
    return min(within(asked, 5, 1_000, refusal), most)


def _answer(name: str, shown: list[Mapping[str, Any]], token: str | None) -> Mapping[str, Any]:
    return {name: shown} | ({"NextToken": token} if token else {})


def describe_instances(call: Call) -> Mapping[str, Any]:
    """Instances, each in a reservation of its own; 5 to 1000 in a page."""
    if call.parameters.get("InstanceIds") and call.parameters.get("MaxResults"):
        raise AwsError(
            "InvalidParameterCombination",
            "The parameter instancesSet cannot be used with the parameter maxResults",
        )
    span = Window(call.now - _AFTERLIFE, call.now + timedelta(microseconds=1))
    fleet = call.cloud.world.fleet(call.account)
    everything = list(fleet.things(span))
    instances = sorted(
        (one for one in everything if isinstance(one, Instance) and one.region == call.region),
        key=lambda one: one.id,
    )
    disks = {one.instance: one for one in everything if isinstance(one, Volume)}
    public = {one.instance: one.ip for one in everything if isinstance(one, Address)}

    def shape(one: Instance) -> Mapping[str, Any]:
        return compute_shapes.instance(one, disks.get(one.id), public.get(one.id), call.now)

    wanted = named(call, "InstanceIds", instances, "InvalidInstanceID.NotFound")
    limit = call.cloud.limits.instances
    shown, token = page(
        matching(call, wanted, shape), call.parameters.get("NextToken"), _size(call, limit, limit)
    )
    reservations = [compute_shapes.reservation(one, shape(one)) for one in shown]
    return _answer("Reservations", reservations, token)


def describe_volumes(call: Call) -> Mapping[str, Any]:
    """Volumes, at most 500 in a page."""
    volumes = named(call, "VolumeIds", call.things(Volume), "InvalidVolume.NotFound")
    kept = matching(call, volumes, compute_shapes.volume)
    limit = call.cloud.limits.disks
    shown, token = page(kept, call.parameters.get("NextToken"), _size(call, limit, limit))
    return _answer("Volumes", [compute_shapes.volume(one) for one in shown], token)


def describe_snapshots(call: Call) -> Mapping[str, Any]:
    """The account's own snapshots, at most 1000 in a page; it sees nobody else's."""
    snapshots = named(call, "SnapshotIds", call.things(Snapshot), "InvalidSnapshot.NotFound")
    kept = matching(call, snapshots, compute_shapes.snapshot)
    limit = call.cloud.limits.instances
    shown, token = page(kept, call.parameters.get("NextToken"), _size(call, limit, limit))
    return _answer("Snapshots", [compute_shapes.snapshot(one) for one in shown], token)


def describe_addresses(call: Call) -> Mapping[str, Any]:
    """Public addresses, all in one answer: EC2 does not page them."""
    addresses = named(call, "AllocationIds", call.things(Address), "InvalidAllocationID.NotFound")
    kept = matching(call, addresses, compute_shapes.address)
    return {"Addresses": [compute_shapes.address(one) for one in kept]}


def describe_regions(call: Call) -> Mapping[str, Any]:
    """The regions of the world; with AllRegions also some that the account has not opened."""
    wanted = set(call.parameters.get("RegionNames") or ())
    found = [_region(name, "opt-in-not-required") for name in REGIONS]
    if call.parameters.get("AllRegions"):
        found += [_region(name, "not-opted-in") for name in _CLOSED_REGIONS]
    return {"Regions": [one for one in found if not wanted or one["RegionName"] in wanted]}


def _region(name: str, status: str) -> Mapping[str, str]:
    return {
        "Endpoint": f"ec2.{name}.amazonaws.com",
        "RegionName": name,
        "OptInStatus": status,
    }


def describe_instance_types(call: Call) -> Mapping[str, Any]:
    """Sizes of instance types, at most 100 in a page."""
    wanted = list(call.parameters.get("InstanceTypes") or ())
    unknown = [name for name in wanted if name not in INSTANCE_TYPES]
    if unknown:
        raise AwsError(
            "InvalidInstanceType",
            f"The following supplied instance types do not exist: [{', '.join(unknown)}]",
        )
    names = sorted(wanted or INSTANCE_TYPES)
    refusal = AwsError("InvalidParameterValue", "maxResults must be between 5 and 100.")
    size = within(call.number("MaxResults", 100), 5, 100, refusal)
    token = call.parameters.get("NextToken")
    first = sum(1 for name in names if token and name <= token)
    shown = names[first : first + size]
    following = shown[-1] if first + size < len(names) else None
    return _answer("InstanceTypes", [compute_shapes.instance_type(one) for one in shown], following)


HANDLERS: Mapping[str, Handler] = {
    "DescribeInstances": describe_instances,
    "DescribeVolumes": describe_volumes,
    "DescribeSnapshots": describe_snapshots,
    "DescribeAddresses": describe_addresses,
    "DescribeRegions": describe_regions,
    "DescribeInstanceTypes": describe_instance_types,
}

# Of these the world has none, so moto's own empty or default answers are true.
LEFT_TO_MOTO = frozenset(
    {
        "DescribeAccountAttributes",
        "DescribeAvailabilityZones",
        "DescribeInternetGateways",
        "DescribeNatGateways",
        "DescribeReservedInstances",
        "DescribeRouteTables",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
    }
)
