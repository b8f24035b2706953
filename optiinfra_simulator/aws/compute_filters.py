"""EC2's ways to ask for less: identifiers and filters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from optiinfra_simulator.aws.calls import Call
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.world.things import Thing

K = TypeVar("K", bound=Thing)
Shape = Mapping[str, Any]

# Filter name -> where the value stands in the answer.
_PATHS: Mapping[str, str] = {
    "instance-id": "InstanceId",
    "instance-state-name": "State.Name",
    "instance-type": "InstanceType",
    "availability-zone": "AvailabilityZone",
    "vpc-id": "VpcId",
    "subnet-id": "SubnetId",
    "status": "State",
    "volume-id": "VolumeId",
    "volume-type": "VolumeType",
    "attachment.instance-id": "Attachments.InstanceId",
    "snapshot-id": "SnapshotId",
    "owner-id": "OwnerId",
    "allocation-id": "AllocationId",
    "public-ip": "PublicIp",
    "domain": "Domain",
}


def named(call: Call, parameter: str, things: list[K], missing: str) -> list[K]:
    """The things whose identifiers the call lists; all where it lists none.

    Raises:
        AwsError: one of them does not exist for this account and region.
    """
    wanted = list(call.parameters.get(parameter) or ())
    if not wanted:
        return things
    held = {thing.id: thing for thing in things}
    absent = [identifier for identifier in wanted if identifier not in held]
    if absent:
        raise AwsError(missing, f"The ID '{', '.join(absent)}' does not exist")
    return [held[identifier] for identifier in sorted(set(wanted))]


def matching(call: Call, things: list[K], shape: Callable[[K], Shape]) -> list[K]:
    """Those whose answer passes every filter of the call; values may hold ``*`` and ``?``."""
    filters = call.parameters.get("Filters") or ()
    if not filters:
        return things
    return [thing for thing in things if _passes(filters, shape(thing))]


def _passes(filters: Iterable[Mapping[str, Any]], shape: Shape) -> bool:
    return all(
        any(
            fnmatchcase(found, str(value))
            for found in _found(str(one["Name"]), shape)
            for value in one.get("Values") or ()
        )
        for one in filters
    )


def _found(name: str, shape: Shape) -> Iterator[str]:
    tags = {tag["Key"]: tag["Value"] for tag in shape.get("Tags") or ()}
    if name == "tag-key":
        yield from tags
    elif name.startswith("tag:"):
        yield from (value for key, value in tags.items() if key == name[4:])
    elif name in _PATHS:
        yield from _at(shape, _PATHS[name].split("."))
    else:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _at(value: Any, path: list[str]) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _at(item, path)
    elif path and isinstance(value, Mapping):
        if path[0] in value:
            yield from _at(value[path[0]], path[1:])
        elif "Placement" in value:
            yield from _at(value["Placement"], path)
    elif not path:
        yield str(value)
