"""What each payload means: pure functions on small payloads of our own."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from optiinfra_core.metrics import ResourceRow
from optiinfra_pipelines.providers.aws import resource
from optiinfra_pipelines.providers.aws.client.inventory import Size
from optiinfra_pipelines.providers.aws.resource import Place

TS = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
PLACE = Place(
    ts=TS,
    region="us-east-1",
    account_id="111111111111",
    sizes={"m5.large": Size(vcpus=2.0, memory_gib=8.0)},
)
INSTANCE: Mapping[str, Any] = {
    "InstanceId": "i-1",
    "InstanceType": "m5.large",
    "State": {"Name": "Running"},
    "LaunchTime": datetime(2026, 11, 1, 2, tzinfo=timezone(timedelta(hours=2))),
    "Placement": {"AvailabilityZone": "us-east-1a", "Tenancy": "default"},
    "BlockDeviceMappings": [{"Ebs": {"VolumeId": "vol-2"}}, {"Ebs": {"VolumeId": "vol-1"}}],
    "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "team", "Value": "core"}],
    "UserData": "password=hunter2",
}


def test_an_instance_tells_its_size_state_and_tags() -> None:
    """State in lower case, time in UTC, size from its type."""
    row = resource.instance(INSTANCE, PLACE)
    assert (row.resource_id, row.resource_name, row.state) == ("i-1", "web", "running")
    assert (row.vcpus, row.memory_gib) == (2.0, 8.0)
    assert row.created_at == datetime(2026, 11, 1, 0, tzinfo=UTC)
    assert row.tags == {"Name": "web", "team": "core"}
    assert (row.ts, row.region) == (TS, "us-east-1")


def test_cores_that_were_switched_off_are_not_counted() -> None:
    """CPU options of the launch win over what the type has."""
    options = {"CoreCount": 1, "ThreadsPerCore": 1}
    assert resource.instance({**INSTANCE, "CpuOptions": options}, PLACE).vcpus == 1.0


def test_an_unknown_type_has_no_size() -> None:
    """None, not a guess from the name."""
    row = resource.instance({**INSTANCE, "InstanceType": "zz9.plural"}, PLACE)
    assert (row.vcpus, row.memory_gib) == (None, None)


def test_attributes_are_canonical_and_whitelisted() -> None:
    """The same instance gives the same text whatever the order; user data never passes."""
    shuffled = dict(reversed(INSTANCE.items()))
    shuffled["BlockDeviceMappings"] = list(reversed(INSTANCE["BlockDeviceMappings"]))
    first = resource.instance(INSTANCE, PLACE).attributes
    assert first == resource.instance(shuffled, PLACE).attributes
    assert json.loads(first) == {
        "availability_zone": "us-east-1a",
        "tenancy": "default",
        "volumes": ["vol-1", "vol-2"],
    }


@pytest.mark.parametrize(
    ("read", "payload", "expected"),
    [
        (
            resource.volume,
            {
                "VolumeId": "vol-1",
                "State": "in-use",
                "Size": 100,
                "VolumeType": "gp3",
                "Iops": 3000,
            },
            ("aws.ebs.volume", "vol-1", "in-use", "gp3", 100.0),
        ),
        (
            resource.snapshot,
            {
                "SnapshotId": "snap-1",
                "State": "completed",
                "VolumeSize": 8,
                "StorageTier": "archive",
            },
            ("aws.ebs.snapshot", "snap-1", "completed", "archive", 8.0),
        ),
        (
            resource.address,
            {"AllocationId": "eipalloc-1", "PublicIp": "203.0.113.7", "Domain": "vpc"},
            ("aws.ec2.address", "eipalloc-1", "unassociated", "vpc", None),
        ),
        (
            resource.address,
            {"PublicIp": "203.0.113.7", "InstanceId": "i-1", "Domain": "standard"},
            ("aws.ec2.address", "203.0.113.7", "associated", "standard", None),
        ),
        (
            resource.load_balancer,
            {
                "LoadBalancerArn": "arn:lb",
                "LoadBalancerName": "web",
                "State": {"Code": "active"},
                "Type": "application",
            },
            ("aws.elb.load_balancer", "arn:lb", "active", "application", None),
        ),
        (
            resource.classic_load_balancer,
            {"LoadBalancerName": "old"},
            (
                "aws.elb.load_balancer",
                "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/old",
                "unknown",
                "classic",
                None,
            ),
        ),
        (
            resource.database,
            {
                "DBInstanceIdentifier": "db",
                "DBInstanceArn": "arn:db",
                "DBInstanceStatus": "available",
                "DBInstanceClass": "db.m5.large",
                "AllocatedStorage": 20,
                "Engine": "postgres",
            },
            ("aws.rds.instance", "arn:db", "available", "db.m5.large", 20.0),
        ),
        (
            resource.database,
            {"DBInstanceIdentifier": "db", "Engine": "aurora-mysql", "AllocatedStorage": 1},
            ("aws.rds.instance", "arn:aws:rds:us-east-1:111111111111:db:db", "unknown", "", None),
        ),
        (
            resource.function,
            {
                "FunctionName": "f",
                "FunctionArn": "arn:f",
                "Runtime": "python3.13",
                "MemorySize": 512,
            },
            ("aws.lambda.function", "arn:f", "unknown", "python3.13", None),
        ),
        (
            resource.cluster,
            {"name": "c", "arn": "arn:c", "status": "ACTIVE", "version": "1.31"},
            ("aws.eks.cluster", "arn:c", "active", "1.31", None),
        ),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_kind_of_payload_becomes_its_row(
    read: Callable[[Mapping[str, Any], Place], ResourceRow],
    payload: Mapping[str, Any],
    expected: tuple[object, ...],
) -> None:
    """Type, id, state, sku and storage; what a payload lacks is unknown or none, never invented."""
    row = read(payload, PLACE)
    assert (row.resource_type, row.resource_id, row.state, row.sku, row.storage_gib) == expected


@pytest.mark.parametrize("kind", resource.KINDS, ids=lambda kind: kind.to_row.__name__)
def test_a_payload_without_its_id_is_an_error(kind: resource.Kind) -> None:
    """A row without an id could be anyone's."""
    with pytest.raises(KeyError):
        kind.to_row({}, PLACE)
