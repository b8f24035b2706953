"""Real recorded answers of AWS, through the unmodified SDK: every recorded resource is a row."""

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from optiinfra_core.errors import Malformed, PartFailure
from optiinfra_core.metrics import ResourceRow
from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import QUARTER_HOUR, Window
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client.calls import Request
from optiinfra_pipelines.providers.aws.resource import ResourceCollector
from tests.providers.aws.conftest import opened
from tests.providers.aws.wire import Asked, AwsDouble, refused

pytestmark = pytest.mark.corpus

CORPUS = os.environ.get("OPTIINFRA_CORPUS")  # noqa: TID251 - tests have no settings
FOLDER = Path(CORPUS or ".") / "recordings" / "aws"
SPAN = Window(
    datetime(2026, 11, 22, 12, 15, tzinfo=UTC),
    datetime(2026, 11, 22, 12, 15, tzinfo=UTC) + QUARTER_HOUR,
)

INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+Z]")

# Recorded file's endpoint and operation -> our row's type, its list, and the id in an item.
LISTED = {
    "ec2.DescribeInstances": ("aws.ec2.instance", "Reservations", "InstanceId"),
    "ec2.DescribeVolumes": ("aws.ebs.volume", "Volumes", "VolumeId"),
    "ec2.DescribeSnapshots": ("aws.ebs.snapshot", "Snapshots", "SnapshotId"),
    "ec2.DescribeAddresses": ("aws.ec2.address", "Addresses", "AllocationId"),
    "rds.DescribeDBInstances": ("aws.rds.instance", "DBInstances", ""),
    "lambda.ListFunctions": ("aws.lambda.function", "Functions", "FunctionArn"),
    "elasticloadbalancing.DescribeLoadBalancers": ("aws.elb.load_balancer", "LoadBalancers", ""),
}


@pytest.fixture(scope="module")
def replaying() -> Iterator[tuple[AwsDouble, Aws]]:
    """A double and one connection to it for all recordings: clients are dear to create."""
    double = AwsDouble()
    with HttpDouble(double) as server, opened(endpoint_url=server.url) as connection:
        yield double, connection


@pytest.fixture
def cloud(replaying: tuple[AwsDouble, Aws]) -> AwsDouble:
    """The double, with nothing to play yet."""
    double, _ = replaying
    double.script.clear()
    double.seen.clear()
    return double


@pytest.fixture
def aws(replaying: tuple[AwsDouble, Aws]) -> Aws:
    """The connection to the double."""
    return replaying[1]


def revived(value: Any) -> Any:
    """A recorded value with its instants as instants and without the recorder's metadata."""
    if isinstance(value, dict):
        if value.get("__class__") == "datetime":
            parts = (value[name] for name in ("year", "month", "day", "hour", "minute", "second"))
            return datetime(*parts, value["microsecond"], tzinfo=UTC)
        return {key: revived(one) for key, one in value.items() if key != "ResponseMetadata"}
    return [revived(one) for one in value] if isinstance(value, list) else value


def recorded(path: Path) -> tuple[int, dict[str, Any]]:
    """Status and data of a recorded file."""
    told = json.loads(path.read_text())
    return told.get("status_code", 200), revived(told["data"])


def files(*kinds: str) -> list[Path]:
    """The recorded files of these kinds; every file of the folder is of some kind tested here."""
    if CORPUS is None:
        return []
    return sorted(one for one in FOLDER.glob("*/*.json") if one.name.rpartition("_")[0] in kinds)


def known(value: Any) -> Any:
    """``value`` as the wire keeps it: whole seconds, nothing empty, no notes of a recorder."""
    if isinstance(value, list):
        return [known(one) for one in value]
    if isinstance(value, dict):
        return {key: known(one) for key, one in value.items() if one and key != "NOTE1"}
    if isinstance(value, str) and INSTANT.match(value):
        return datetime.fromisoformat(value)  # some recordings hold instants as text
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def named(path: Path) -> str:
    """A short name for a test's id."""
    return f"{path.parent.name}-{path.stem}"


def play(cloud: AwsDouble, path: Path) -> tuple[int, dict[str, Any]]:
    """Have ``cloud`` answer the recorded file's operation with it."""
    status, data = recorded(path)
    endpoint, operation = path.name.rpartition("_")[0].split(".")
    service = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}.get(endpoint, endpoint)
    if "LoadBalancerDescriptions" in data:
        service = "elb"
    if status >= 400 or "Error" in data:
        error = data["Error"]
        cloud.on(service, operation, refused(service, error["Code"], error["Message"]))
    else:
        cloud.on(service, operation, {key: one for key, one in data.items() if one is not None})
    return status, data


def owned(data: Mapping[str, Any], listed: str) -> list[Mapping[str, Any]]:
    """The resources that a recorded answer holds."""
    if listed == "Reservations":
        return [one for held in data["Reservations"] for one in held["Instances"]]
    if "LoadBalancerDescriptions" in data:
        return list(data["LoadBalancerDescriptions"])
    return list(data[listed])


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
@pytest.mark.parametrize("path", files(*LISTED), ids=named)
def test_every_recorded_resource_becomes_one_row(path: Path, cloud: AwsDouble, aws: Aws) -> None:
    """The rows are the recorded resources, by their ids; a recorded refusal is a failure."""
    resource_type, listed, identity = LISTED[path.name.rpartition("_")[0]]
    status, data = play(cloud, path)
    found = list(ResourceCollector().collect(aws, SPAN))
    rows = [one for one in found if isinstance(one, ResourceRow)]
    failures = [one for one in found if isinstance(one, PartFailure)]
    if status >= 400 or "Error" in data:
        assert [one.part for one in failures] == ["us-east-1"]
        assert data["Error"]["Code"] in failures[0].detail
        assert rows == []
        return
    things = owned(data, listed)
    assert failures == []
    assert len(rows) == len(things)
    assert {row.resource_type for row in rows} <= {resource_type}
    if identity:
        expected = Counter(str(one.get(identity) or one.get("PublicIp")) for one in things)
        assert Counter(row.resource_id for row in rows) == expected


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
@pytest.mark.parametrize("path", files("eks.ListClusters"), ids=named)
def test_every_recorded_cluster_list_is_described_name_by_name(
    path: Path, cloud: AwsDouble, aws: Aws
) -> None:
    """Each listed cluster is asked for by its name and becomes one row."""
    _, data = play(cloud, path)

    def described(call: Asked) -> Mapping[str, Any]:
        name = call.incoming.path.rpartition("/")[2]
        return {"cluster": {"name": name, "arn": f"arn:{name}", "status": "ACTIVE"}}

    cloud.script["eks", "DescribeCluster"] = described
    rows = list(ResourceCollector().collect(aws, SPAN))
    assert sorted(getattr(row, "resource_name", "") for row in rows) == sorted(data["clusters"])


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
@pytest.mark.parametrize("path", files("eks.DescribeCluster"), ids=named)
def test_every_recorded_cluster_becomes_a_row(path: Path, cloud: AwsDouble, aws: Aws) -> None:
    """Version, state, tags and creation come from the recorded description."""
    _, data = play(cloud, path)
    cluster = data["cluster"]
    cloud.on("eks", "ListClusters", {"clusters": [cluster["name"]]})
    (row,) = ResourceCollector().collect(aws, SPAN)
    assert isinstance(row, ResourceRow)
    assert (row.resource_id, row.sku) == (cluster["arn"], cluster["version"])
    assert row.state == cluster["status"].lower()
    assert row.tags == cluster.get("tags", {})


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
@pytest.mark.parametrize(
    "path",
    files(
        "monitoring.GetMetricStatistics", "sts.GetCallerIdentity", "ec2.DescribeRegions",
        "ec2.DescribeNatGateways", "ec2.DescribeReservedInstances",
    ),
    ids=named,
)  # fmt: skip
def test_every_other_recorded_answer_arrives_whole(path: Path, cloud: AwsDouble, aws: Aws) -> None:
    """What we do not list yet still passes the client unchanged: the same items and instants."""
    status, data = play(cloud, path)
    endpoint, operation = path.name.rpartition("_")[0].split(".")
    service = {"monitoring": "cloudwatch"}.get(endpoint, endpoint)
    key = "Datapoints" if "Datapoints" in data else next(iter(data))
    params = (
        {
            "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Period": 300,
            "StartTime": SPAN.start, "EndTime": SPAN.end,
        }
        if service == "cloudwatch"
        else {}
    )  # fmt: skip
    request = Request(service=service, operation=operation, answer=key, params=params)
    assert status == 200
    arrived = aws.calls.ask(request, "us-east-1")[key]
    assert known(arrived) == known(data[key])


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
def test_a_hand_written_recording_in_the_wrong_case_is_refused(cloud: AwsDouble, aws: Aws) -> None:
    """Files of savingsplans have another key case than AWS: that must not read as empty."""
    path = files("savingsplans.DescribeSavingsPlans")[0]
    play(cloud, path)
    request = Request(
        service="savingsplans", operation="DescribeSavingsPlans", answer="savingsPlans"
    )
    with pytest.raises(Malformed, match="without savingsPlans"):
        aws.calls.ask(request, "us-east-1")


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
def test_recorded_pages_follow_each_other(cloud: AwsDouble, aws: Aws) -> None:
    """Two recordings served as two pages of one listing give the rows of both."""
    paths = files("ec2.DescribeVolumes")
    held = [data for status, data in map(recorded, paths) if status == 200 and data["Volumes"]]
    first, second = held[0], held[1]
    cloud.on(
        "ec2", "DescribeVolumes", {**first, "NextToken": "more"}, {"Volumes": second["Volumes"]}
    )
    rows = list(ResourceCollector().collect(aws, SPAN))
    assert len(rows) == len(first["Volumes"]) + len(second["Volumes"])
    assert cloud.count("ec2", "DescribeVolumes") == 2


@pytest.mark.skipif(CORPUS is None, reason="OPTIINFRA_CORPUS is not set")
def test_no_kind_of_recording_is_forgotten() -> None:
    """A kind of file that appears in the corpus is read by one of the tests above."""
    kinds = {one.name.rpartition("_")[0] for one in FOLDER.glob("*/*.json")}
    ours = {"ec2", "rds", "lambda", "eks", "monitoring", "elasticloadbalancing", "sts"}
    known = {
        *LISTED, "eks.ListClusters", "eks.DescribeCluster", "monitoring.GetMetricStatistics",
        "sts.GetCallerIdentity", "ec2.DescribeRegions", "ec2.DescribeNatGateways",
        "ec2.DescribeReservedInstances",
    }  # fmt: skip
    assert {kind for kind in kinds if kind.split(".")[0] in ours} <= known
    assert all(list(group) for _, group in groupby(sorted(kinds)))
