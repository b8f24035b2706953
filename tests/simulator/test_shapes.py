"""Answers have the keys of recorded real ones, so that the simulator does not drift."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from optiinfra_simulator.world.accounts import ACME
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS names no folder of recordings"),
]

# A key is asked for when this share of the recordings that hold its parent have it.
_USUAL = 0.9

# Keys whose absence is true of this world, with the reason.
_ABSENT: Mapping[str, str] = {
    "DBInstances[].LatestRestorableTime": "moves all the time; nobody collects it",
}
# Keys that recordings of the listed age or settings do not have.
_NEWER = frozenset(
    {
        "Reservations[].Instances[].CpuOptions",
        "Reservations[].Instances[].PlatformDetails",
        "Reservations[].Instances[].UsageOperation",
        "Reservations[].Instances[].PublicIpAddress",
        "Volumes[].MultiAttachEnabled",
        "Volumes[].Tags",
        "Snapshots[].StorageTier",
        "Functions[].PackageType",
        "Functions[].Architectures",
        "Functions[].EphemeralStorage",
        "cluster.tags",
    }
)

# recording's name, client, method, parameters
RECORDED: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("ec2.DescribeInstances", "ec2", "describe_instances", {}),
    ("ec2.DescribeVolumes", "ec2", "describe_volumes", {}),
    ("ec2.DescribeSnapshots", "ec2", "describe_snapshots", {}),
    ("ec2.DescribeAddresses", "ec2", "describe_addresses", {}),
    ("ec2.DescribeRegions", "ec2", "describe_regions", {}),
    ("rds.DescribeDBInstances", "rds", "describe_db_instances", {}),
    ("elasticloadbalancing.DescribeLoadBalancers", "elbv2", "describe_load_balancers", {}),
    ("lambda.ListFunctions", "lambda", "list_functions", {}),
    ("eks.ListClusters", "eks", "list_clusters", {}),
    ("eks.DescribeCluster", "eks", "describe_cluster", {"name": "platform-cluster-00"}),
    ("sts.GetCallerIdentity", "sts", "get_caller_identity", {}),
)


def _kind(value: Any) -> str:
    """What a value is, whether recorded or just received."""
    if isinstance(value, Mapping):
        return "instant" if value.get("__class__") == "datetime" else "structure"
    if hasattr(value, "isoformat"):
        return "instant"
    return "number" if type(value) in (int, float) else type(value).__name__


def _keys(value: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every (parent's path, path, kind) in a document; lists are looked through."""
    if _kind(value) == "structure":
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            yield path, below, _kind(inner)
            yield from _keys(inner, below)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item, f"{path}[]")


def _recordings(name: str) -> list[dict[str, Any]]:
    """The recorded answers of an operation that hold anything."""
    documents = [
        json.loads(path.read_text())
        for path in sorted(Path(CORPUS or "", "recordings", "aws").glob(f"*/{name}_*.json"))
    ]
    found = [one["data"] for one in documents if one["status_code"] == 200]
    if name.startswith("elasticloadbalancing"):
        # The prefix is shared with classic load balancers, whose answers have another root.
        found = [
            one
            for one in found
            if any("LoadBalancerArn" in x for x in one.get("LoadBalancers", ()))
        ]
    for one in found:
        one.pop("ResponseMetadata", None)
    return [one for one in found if any(True for _ in _keys(one))]


def _usual(recordings: list[dict[str, Any]]) -> set[str]:
    """The paths that nearly every recording with the parent has."""
    parents: dict[str, int] = {}
    holders: dict[str, int] = {}
    of: dict[str, str] = {}
    for one in recordings:
        keys = list(_keys(one))
        for path in {parent for parent, _, _ in keys}:
            parents[path] = parents.get(path, 0) + 1
        of |= {path: parent for parent, path, _ in keys}
        for path in {path for _, path, _ in keys}:
            holders[path] = holders.get(path, 0) + 1
    return {path for path, count in holders.items() if count >= _USUAL * parents[of[path]]}


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: recorded[0])
def test_an_answer_has_the_keys_and_kinds_of_recorded_ones(
    clients: Clients, recorded: tuple[str, str, str, dict[str, Any]]
) -> None:
    """Usual keys are all there, kinds agree, and nothing is there that no recording has."""
    name, service, method, parameters = recorded
    recordings = _recordings(name)
    assert recordings, f"no recording of {name}"
    answer = getattr(clients.user(ACME.id, service), method)(**parameters)
    answer.pop("ResponseMetadata")
    given = {path: kind for _, path, kind in _keys(answer)}
    assert given
    real: dict[str, set[str]] = {}
    for one in recordings:
        for _, path, kind in _keys(one):
            real.setdefault(path, set()).add(kind)
    missing = _usual(recordings) - given.keys() - _ABSENT.keys()
    assert not {path for path in missing if _parent(path) in {"", *given}}
    invented = {path for path in given.keys() - real.keys() if path not in _NEWER}
    assert not {path for path in invented if not any(path.startswith(new) for new in _NEWER)}
    wrong = {path: kind for path, kind in given.items() if path in real and kind not in real[path]}
    assert not wrong


def _parent(path: str) -> str:
    """The path of the structure that holds a key."""
    return path.rpartition(".")[0].removesuffix("[]")


def test_recordings_are_older_than_this_world() -> None:
    """The comparison is with answers of a service, not with answers of this program."""
    assert NOON.year == 2026
    assert not list(Path(CORPUS or "", "recordings", "aws").glob("optiinfra*"))
