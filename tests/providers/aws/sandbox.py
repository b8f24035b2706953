"""A small AWS account for the conformance suite: something of every kind, and samples of it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from optiinfra_core.testing.http_double import HttpDouble
from optiinfra_core.windows import Window
from optiinfra_pipelines.providers.aws.client import Aws
from tests.providers.aws.conftest import opened
from tests.providers.aws.wire import SECRET, Asked, AwsDouble, refused

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SPANS: Mapping[str, Window] = {
    "cost": Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC)),
    "performance": Window(START, START + timedelta(minutes=15)),
    "resource": Window(START + timedelta(minutes=15), START + timedelta(minutes=30)),
}
SECRETS = (SECRET,)

OWNED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("ec2", "DescribeInstances"): {
        "Reservations": [
            {
                "Instances": [
                    {
                        "InstanceId": "i-0ae9098e3f12fa3e0",
                        "InstanceType": "m5.large",
                        "State": {"Name": "running"},
                        "LaunchTime": START,
                        "CpuOptions": {"CoreCount": 1, "ThreadsPerCore": 2},
                        "Tags": [{"Key": "Name", "Value": "web"}],
                    }
                ]
            }
        ]
    },
    ("ec2", "DescribeVolumes"): {
        "Volumes": [{"VolumeId": "vol-1", "State": "available", "Size": 8, "CreateTime": START}]
    },
    ("rds", "DescribeDBInstances"): {
        "DBInstances": [{"DBInstanceIdentifier": "db", "DBInstanceStatus": "available"}]
    },
    ("lambda", "ListFunctions"): {"Functions": [{"FunctionName": "f", "FunctionArn": "arn:f"}]},
}


def _cost(call: Asked) -> Mapping[str, Any]:
    key = json.loads(call.incoming.body)["GroupBy"][1]["Key"]
    named = {"USAGE_TYPE": "USE2-BoxUsage:m5.large", "RECORD_TYPE": "Credit"}[key]
    amount = {"Amount": "1.0000000001", "Unit": "USD"}
    metrics = {
        "UnblendedCost": amount,
        "AmortizedCost": amount,
        "UsageQuantity": {"Amount": "24", "Unit": "Hrs"},
    }
    return {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": f"2026-11-{day}", "End": f"2026-11-{day + 1}"},
                "Groups": [{"Keys": ["Amazon EC2", named], "Metrics": metrics}],
                "Estimated": True,
            }
            for day in (20, 21)
        ]
    }


def _samples(call: Asked) -> Mapping[str, Any]:
    return {
        "Messages": [],
        "MetricDataResults": [
            {
                "Id": query["Id"],
                "Timestamps": [START, START + timedelta(minutes=5)],
                "Values": [1.5, 2.5],
                "StatusCode": "Complete",
            }
            for query in json.loads(call.incoming.body)["MetricDataQueries"]
        ],
    }


@contextmanager
def sandbox() -> Iterator[Aws]:
    """A connection to the account; one of its two regions refuses to list its clusters."""
    cloud = AwsDouble()
    for (service, operation), data in OWNED.items():
        cloud.on(service, operation, data)
    cloud.script["ce", "GetCostAndUsage"] = _cost
    cloud.script["cloudwatch", "GetMetricData"] = _samples
    cloud.script["eks", "ListClusters"] = lambda call: (
        refused("eks", "AccessDeniedException", "no", 403) if call.region == "eu-west-1" else None
    )
    with (
        HttpDouble(cloud) as server,
        opened(endpoint_url=server.url, regions=("us-east-1", "eu-west-1")) as connection,
    ):
        yield connection
