"""The two short ways to write an answer say what the models of the services say."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.model import OperationModel
from botocore.parsers import create_parser
from moto.core.utils import get_service_model

from optiinfra_simulator.aws import compute, explorer
from optiinfra_simulator.aws.calls import Call
from optiinfra_simulator.aws.serialising import answer, modelled
from optiinfra_simulator.reply import Reply
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import GLOBEX
from optiinfra_simulator.world.world import World
from tests.simulator.conftest import NOON


def _call(world: World, **parameters: Any) -> Call:
    """A call by the user of an account in Virginia."""
    server = SimulatorServer(world)
    try:
        return Call(
            cloud=server.gateway.cloud,
            principal=server.identities.user(GLOBEX.id),
            region="us-east-1",
            parameters=parameters,
            now=NOON,
        )
    finally:
        server.close()


def _understood(operation: str, reply: Reply) -> Any:
    """What botocore reads out of an EC2 answer."""
    model: OperationModel = get_service_model("ec2").operation_model(operation)
    read = create_parser("ec2").parse(
        {"status_code": 200, "headers": dict(reply.headers), "body": reply.body},
        model.output_shape,
    )
    read.pop("ResponseMetadata")
    return read


@pytest.mark.parametrize("operation", sorted(compute.HANDLERS))
def test_ec2_answers_read_like_those_that_the_model_writes(world: World, operation: str) -> None:
    """Every EC2 operation, read back by botocore, is equal either way."""
    handler: Callable[[Call], Mapping[str, Any]] = compute.HANDLERS[operation]
    result = handler(_call(world))
    short = _understood(operation, answer("ec2", operation, "ec2", result, "r"))
    assert short == _understood(operation, modelled("ec2", operation, "ec2", result, "r"))
    assert short


def test_ec2_text_is_escaped(world: World) -> None:
    """A tag with angle brackets and ampersands arrives as it is."""
    result = {"Volumes": [{"VolumeId": "vol-1", "Tags": [{"Key": "<a&b>", "Value": '"x"'}]}]}
    read = _understood("DescribeVolumes", answer("ec2", "DescribeVolumes", "ec2", result, "r"))
    assert read["Volumes"][0]["Tags"] == [{"Key": "<a&b>", "Value": '"x"'}]


def test_json_answers_read_like_those_that_the_model_writes(world: World) -> None:
    """Cost Explorer's and CloudWatch's answers are equal as documents."""
    costs = explorer.get_cost_and_usage(
        _call(
            world,
            TimePeriod={"Start": "2026-11-10", "End": "2026-11-12"},
            Granularity="DAILY",
            Metrics=["UnblendedCost"],
            GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}],
        )
    )
    points = {
        "MetricDataResults": [
            {
                "Id": "q0",
                "Label": "CPUUtilization",
                "Timestamps": [NOON, NOON - timedelta(minutes=5)],
                "Values": [1.5, 0.25],
                "StatusCode": "Complete",
            }
        ],
        "Messages": [],
        "NextToken": "t",
    }
    for route, result in (
        (("ce", "GetCostAndUsage", "json"), costs),
        (("cloudwatch", "GetMetricData", "json"), points),
    ):
        short, long = answer(*route, result, "r"), modelled(*route, result, "r")
        assert json.loads(short.body) == json.loads(long.body)
