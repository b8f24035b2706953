"""The inventory calls show what exists, page as the real ones do, and hide what others own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from optiinfra_simulator import truth
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.clock import WorldClock
from optiinfra_simulator.world.prices import REGIONS
from optiinfra_simulator.world.things import Instance
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON


@dataclass(frozen=True)
class Listing:
    """A call that lists a kind of resource; ``size`` is a page's, None where it is not paged.

    ``instances`` makes the world large enough for more than one page.
    """

    kind: str
    service: str
    operation: str
    key: str
    identifier: str
    size: int | None
    instances: int = 200


LISTINGS = (
    Listing("ec2.volume", "ec2", "describe_volumes", "Volumes", "VolumeId", 5),
    Listing("ec2.snapshot", "ec2", "describe_snapshots", "Snapshots", "SnapshotId", 5),
    Listing("ec2.address", "ec2", "describe_addresses", "Addresses", "AllocationId", None),
    Listing(
        "rds.instance", "rds", "describe_db_instances", "DBInstances", "DBInstanceArn", 20, 500
    ),
    Listing(
        "elbv2.loadbalancer",
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "LoadBalancerArn",
        2,
    ),
    Listing("lambda.function", "lambda", "list_functions", "Functions", "FunctionArn", 3),
)


def _everything(clients: Clients, account: str, listing: Listing) -> list[str]:
    """The identifiers that all pages of all regions show."""
    found: list[str] = []
    for region in REGIONS:
        client = clients.user(account, listing.service, region)
        if listing.size is None:
            pages = [getattr(client, listing.operation)()]
        else:
            paginator = client.get_paginator(listing.operation)
            pages = list(paginator.paginate(PaginationConfig={"PageSize": listing.size}))
        found += [one[listing.identifier] for page in pages for one in page[listing.key]]
    return found


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda listing: listing.kind)
@pytest.mark.parametrize("account", [ACME.id, GLOBEX.id])
def test_listings_page_by_page_are_the_truth(account: str, listing: Listing) -> None:
    """In a large world every page together shows each resource once."""
    world = World(clock=WorldClock(NOON), instances=listing.instances)
    with SimulatorServer(world) as server:
        clients = Clients(server)
        found = _everything(clients, account, listing)
        calls = server.calls.count(listing.service)
        clients.close()
    assert sorted(found) == list(truth.resources(world, account, NOON)[listing.kind])
    assert listing.size is None or calls > len(REGIONS), "small pages need more than one call"


def test_instances_page_by_page_are_the_truth() -> None:
    """Terminated instances are still shown for a while; the rest is the truth."""
    world = World(clock=WorldClock(NOON), instances=200)
    with SimulatorServer(world) as server:
        clients = Clients(server)
        shown = [
            one
            for region in REGIONS
            for page in clients.user(ACME.id, "ec2", region)
            .get_paginator("describe_instances")
            .paginate(PaginationConfig={"PageSize": 7})
            for reservation in page["Reservations"]
            for one in reservation["Instances"]
        ]
        clients.close()
    states = {one["InstanceId"]: one["State"]["Name"] for one in shown}
    assert len(states) == len(shown)
    existing = sorted(name for name, state in states.items() if state != "terminated")
    assert existing == list(truth.resources(world, ACME.id, NOON)["ec2.instance"])


def test_clusters_are_listed_and_described(clients: Clients, world: World) -> None:
    """EKS lists names; their descriptions carry the ARN of the truth."""
    found = []
    for region in REGIONS:
        eks = clients.user(ACME.id, "eks", region)
        for page in eks.get_paginator("list_clusters").paginate():
            found += [
                eks.describe_cluster(name=name)["cluster"]["arn"] for name in page["clusters"]
            ]
    assert sorted(found) == list(truth.resources(world, ACME.id, NOON)["eks.cluster"])


def test_a_terminated_instance_is_shown_for_less_than_an_hour(world: World) -> None:
    """Ten minutes after its end it is terminated and bare, an hour after it is gone."""
    ended = next(
        one
        for one in world.fleet(ACME.id).at(NOON)
        if isinstance(one, Instance) and one.life.gone is not None
    )
    assert ended.life.gone is not None
    assert isinstance(world.clock, WorldClock)
    with SimulatorServer(world) as server:
        clients = Clients(server)
        ec2 = clients.user(ACME.id, "ec2", ended.region)
        world.clock.set(ended.life.gone + timedelta(minutes=10))
        (reservation,) = ec2.describe_instances(InstanceIds=[ended.id])["Reservations"]
        (instance,) = reservation["Instances"]
        world.clock.set(ended.life.gone + timedelta(minutes=61))
        with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
            ec2.describe_instances(InstanceIds=[ended.id])
        clients.close()
    assert instance["State"]["Name"] == "terminated"
    assert instance["NetworkInterfaces"] == []
    assert "SubnetId" not in instance


def test_filters_choose_by_state_tag_and_zone(clients: Clients) -> None:
    """On a Saturday the office instance is stopped; a wildcard tag finds it again."""
    saturday = datetime.fromisoformat("2026-11-21T12:00:00+00:00")
    assert isinstance(clients.server.world.clock, WorldClock)
    clients.server.world.clock.set(saturday)
    stopped = [
        instance
        for region in REGIONS
        for reservation in clients.user(ACME.id, "ec2", region).describe_instances(
            Filters=[{"Name": "instance-state-name", "Values": ["stopped"]}]
        )["Reservations"]
        for instance in reservation["Instances"]
    ]
    (office,) = stopped
    assert office["StateTransitionReason"].startswith("User initiated")
    region = office["Placement"]["AvailabilityZone"][:-1]
    name = next(tag["Value"] for tag in office["Tags"] if tag["Key"] == "Name")
    found = clients.user(ACME.id, "ec2", region).describe_instances(
        Filters=[
            {"Name": "tag:Name", "Values": [name[:-2] + "*"]},
            {"Name": "availability-zone", "Values": [office["Placement"]["AvailabilityZone"]]},
        ]
    )
    ids = [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]
    assert office["InstanceId"] in ids


def test_tags_of_balancers_functions_and_databases_are_told(clients: Clients, world: World) -> None:
    """Each service's own call for tags gives the tags of the world."""
    region = REGIONS[0]
    held = {thing.id: dict(thing.tags) for thing in world.fleet(ACME.id).at(NOON)}
    elb = clients.user(ACME.id, "elbv2", region)
    arn = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    (description,) = elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    assert {tag["Key"]: tag["Value"] for tag in description["Tags"]} == held[arn]
    functions = clients.user(ACME.id, "lambda", region)
    arn = functions.list_functions()["Functions"][0]["FunctionArn"]
    assert functions.list_tags(Resource=arn)["Tags"] == held[arn]
    rds = clients.user(ACME.id, "rds", region)
    arn = rds.describe_db_instances()["DBInstances"][0]["DBInstanceArn"]
    tags = rds.list_tags_for_resource(ResourceName=arn)["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == held[arn]


def test_regions_and_types_are_those_of_the_world(clients: Clients) -> None:
    """Three regions are open; every type in use has a size."""
    ec2 = clients.user(ACME.id, "ec2")
    regions = ec2.describe_regions()["Regions"]
    assert {one["RegionName"] for one in regions} == set(REGIONS)
    everywhere = ec2.describe_regions(AllRegions=True)["Regions"]
    assert "not-opted-in" in {one["OptInStatus"] for one in everywhere}
    pages = ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 5})
    sizes = {
        one["InstanceType"]: one["VCpuInfo"]["DefaultVCpus"]
        for page in pages
        for one in page["InstanceTypes"]
    }
    assert sizes["m5.large"] == 2
    assert sizes["m5.xlarge"] == 4


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("ec2", "describe_instances", {"MaxResults": 1001}, "InvalidParameterValue"),
        ("ec2", "describe_instances", {"MaxResults": 4}, "InvalidParameterValue"),
        (
            "ec2",
            "describe_instances",
            {"Filters": [{"Name": "mood", "Values": ["good"]}]},
            "InvalidParameterValue",
        ),
        ("ec2", "describe_volumes", {"VolumeIds": ["vol-1"]}, "InvalidVolume.NotFound"),
        ("rds", "describe_db_instances", {"MaxRecords": 19}, "InvalidParameterValue"),
        ("rds", "describe_db_instances", {"DBInstanceIdentifier": "x"}, "DBInstanceNotFound"),
        ("eks", "describe_cluster", {"name": "x"}, "ResourceNotFoundException"),
        ("ec2", "describe_instance_status", {}, "InvalidAction"),
        ("ce", "get_cost_forecast", None, "UnknownOperationException"),
    ],
    ids=str,
)
def test_what_cannot_be_answered_truly_is_refused(
    clients: Clients, service: str, operation: str, parameters: dict[str, Any] | None, code: str
) -> None:
    """Wrong sizes, unknown things and operations that are not simulated: an error, never empty."""
    client = clients.user(ACME.id, service)
    if parameters is None:
        parameters = {
            "TimePeriod": {"Start": "2026-11-21", "End": "2026-11-30"},
            "Metric": "UNBLENDED_COST",
            "Granularity": "MONTHLY",
        }
        code = "AccessDeniedException"
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)(**parameters)
    assert refused.value.response["Error"]["Code"] == code
