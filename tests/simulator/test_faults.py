"""Faults strike where and as often as they are told, and look like the real ones to boto3."""

import json
import math
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from optiinfra_simulator.faults import Fault, FaultKind
from optiinfra_simulator.server import SimulatorServer
from optiinfra_simulator.world.accounts import ACME, GLOBEX
from optiinfra_simulator.world.things import Instance
from tests.simulator.clients import ONCE, Clients
from tests.simulator.conftest import NOON
from tests.simulator.test_identity import READS

THROTTLED = {
    "sts": "Throttling",
    "ec2": "RequestLimitExceeded",
    "ce": "LimitExceededException",
    "cloudwatch": "ThrottlingException",
    "rds": "Throttling",
    "elbv2": "Throttling",
    "elb": "Throttling",
    "lambda": "TooManyRequestsException",
    "eks": "TooManyRequestsException",
    "s3": "SlowDown",
}
DENIED = {
    "sts": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "rds": "AccessDenied",
    "elbv2": "AccessDenied",
    "elb": "AccessDenied",
    "s3": "AccessDenied",
}
EXPIRED = {
    "sts": "ExpiredToken",
    "ec2": "RequestExpired",
    "rds": "ExpiredToken",
    "elbv2": "ExpiredToken",
    "elb": "ExpiredToken",
    "s3": "ExpiredToken",
}


def _calls(clients: Clients, read: tuple[str, str, dict[str, Any]]) -> Any:
    """One read of a service."""
    service, method, parameters = read
    return getattr(clients.user(GLOBEX.id, service), method)(**parameters)


def _metric_data(clients: Clients) -> list[dict[str, Any]]:
    """An hour of one metric, from all pages."""
    instance = clients.server.world.fleet(ACME.id).of(Instance, "us-east-1", NOON)[0]
    pages = (
        clients.user(ACME.id, "cloudwatch")
        .get_paginator("get_metric_data")
        .paginate(
            MetricDataQueries=[
                {
                    "Id": "q0",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/EC2",
                            "MetricName": "CPUUtilization",
                            "Dimensions": [{"Name": "InstanceId", "Value": instance.id}],
                        },
                        "Period": 300,
                        "Stat": "Average",
                    },
                }
            ],
            StartTime=NOON - timedelta(hours=1),
            EndTime=NOON,
        )
    )
    return [result for page in pages for result in page["MetricDataResults"]]


@pytest.mark.parametrize("read", READS, ids=lambda read: read[0])
def test_refusals_speak_the_protocol_of_the_service(
    clients: Clients, read: tuple[str, str, dict[str, Any]]
) -> None:
    """Throttle, deny and expired token have each service's own code; then it works again."""
    service = read[0]
    expected = {
        FaultKind.THROTTLE: THROTTLED[service],
        FaultKind.DENY: DENIED.get(service, "AccessDeniedException"),
        FaultKind.EXPIRED: EXPIRED.get(service, "ExpiredTokenException"),
    }
    for kind, code in expected.items():
        clients.server.faults.add(Fault(kind=kind, service=service, times=1))
        with pytest.raises(ClientError) as refused:
            _calls(clients, read)
        assert refused.value.response["Error"]["Code"] == code
    assert _calls(clients, read)


def test_a_denial_names_the_action(clients: Clients) -> None:
    """The message tells what to allow."""
    clients.server.faults.add(Fault(kind=FaultKind.DENY, service="cloudwatch"))
    with pytest.raises(ClientError, match=r"not authorized to perform: cloudwatch:GetMetricData"):
        _metric_data(clients)


@pytest.mark.parametrize("read", READS, ids=lambda read: read[0])
@pytest.mark.parametrize("kind", [FaultKind.ERROR_500, FaultKind.RESET])
def test_errors_and_resets_are_errors_of_the_client(
    clients: Clients, kind: FaultKind, read: tuple[str, str, dict[str, Any]]
) -> None:
    """A 500 and a reset never pass for an answer."""
    clients.server.faults.add(Fault(kind=kind, service=read[0]))
    with pytest.raises((ClientError, ConnectionClosedError, HTTPClientError)):
        _calls(clients, read)


@pytest.mark.parametrize("read", READS, ids=lambda read: read[0])
@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.GARBAGE])
def test_broken_bodies_are_errors_or_answers_without_their_keys(
    clients: Clients, kind: FaultKind, read: tuple[str, str, dict[str, Any]]
) -> None:
    """Broken XML raises; broken JSON becomes an answer of boto3 in which every key is missing."""
    clients.server.faults.add(Fault(kind=kind, service=read[0]))
    if read[0] in ("ce", "cloudwatch", "lambda", "eks"):
        assert set(_calls(clients, read)) <= {"ResponseMetadata"}
    else:
        with pytest.raises((ResponseParserError, HTTPClientError, ClientError)):
            _calls(clients, read)


def test_a_reset_is_a_closed_connection(clients: Clients) -> None:
    """The client sees the connection break, not an HTTP error."""
    clients.server.faults.add(Fault(kind=FaultKind.RESET, service="ec2"))
    with pytest.raises((ConnectionClosedError, HTTPClientError)):
        clients.user(ACME.id, "ec2").describe_regions()


def test_a_hang_outlasts_a_short_patience(server: SimulatorServer) -> None:
    """With one second of patience the client gives up; the server ends without waiting."""
    impatient = Clients(server, ONCE.merge(Config(read_timeout=1)))
    server.faults.add(Fault(kind=FaultKind.HANG, service="sts", seconds=60))
    with pytest.raises(ReadTimeoutError):
        impatient.user(ACME.id, "sts").get_caller_identity()
    impatient.close()


def test_a_short_hang_is_only_slow(clients: Clients) -> None:
    """After the hang the answer comes."""
    clients.server.faults.add(Fault(kind=FaultKind.HANG, service="sts", seconds=0.05))
    assert clients.user(ACME.id, "sts").get_caller_identity()["Account"] == ACME.id


def test_faults_count_calls_and_strikes(clients: Clients) -> None:
    """After two calls it strikes twice, then never again."""
    clients.server.faults.add(Fault(kind=FaultKind.ERROR_500, service="sts", after=2, times=2))
    sts = clients.user(ACME.id, "sts")
    seen = []
    for _ in range(6):
        try:
            sts.get_caller_identity()
            seen.append("ok")
        except ClientError:
            seen.append("500")
    assert seen == ["ok", "ok", "500", "500", "ok", "ok"]


def test_faults_keep_to_their_operation_region_and_account(clients: Clients) -> None:
    """Other operations, regions and accounts go on."""
    clients.server.faults.add(
        Fault(
            kind=FaultKind.THROTTLE,
            service="ec2",
            operation="DescribeVolumes",
            region="eu-west-1",
            account=ACME.id,
        )
    )
    assert clients.user(ACME.id, "ec2", "eu-west-1").describe_instances()
    assert clients.user(ACME.id, "ec2", "us-east-1").describe_volumes()
    assert clients.user(GLOBEX.id, "ec2", "eu-west-1").describe_volumes()
    with pytest.raises(ClientError):
        clients.user(ACME.id, "ec2", "eu-west-1").describe_volumes()


def test_an_empty_page_leads_to_the_whole_answer(clients: Clients) -> None:
    """Who follows the token of an empty page misses nothing."""
    ec2 = clients.user(ACME.id, "ec2")
    paginator = ec2.get_paginator("describe_volumes")

    def volumes() -> list[str]:
        return [one["VolumeId"] for page in paginator.paginate() for one in page["Volumes"]]

    whole = volumes()
    points = _metric_data(clients)
    clients.server.faults.add(Fault(kind=FaultKind.EMPTY_PAGE, service="ec2", times=1))
    clients.server.faults.add(Fault(kind=FaultKind.EMPTY_PAGE, service="cloudwatch", times=1))
    clients.server.calls.clear()
    assert volumes() == whole
    assert _metric_data(clients) == points
    assert clients.server.calls.count("ec2", "DescribeVolumes") == 2
    assert clients.server.calls.count("cloudwatch", "GetMetricData") == 2


def test_a_cyclic_token_repeats_the_page_for_ever(clients: Clients) -> None:
    """The same token comes back with every answer."""
    clients.server.faults.add(Fault(kind=FaultKind.CYCLIC_TOKEN, service="ec2"))
    ec2 = clients.user(ACME.id, "ec2")
    first = ec2.describe_volumes()
    second = ec2.describe_volumes(NextToken=first["NextToken"])
    assert second["NextToken"] == first["NextToken"]
    assert second["Volumes"] == first["Volumes"]


def test_duplicate_and_nan_points_reach_the_client(clients: Clients) -> None:
    """One point more under the same stamp; one value that is no number."""
    (clean,) = _metric_data(clients)
    clients.server.faults.add(Fault(kind=FaultKind.DUPLICATE_POINTS, times=1))
    (doubled,) = _metric_data(clients)
    assert doubled["Timestamps"][0] == doubled["Timestamps"][1]
    assert len(doubled["Values"]) == len(clean["Values"]) + 1
    clients.server.faults.add(Fault(kind=FaultKind.NAN_POINTS, times=1))
    (holed,) = _metric_data(clients)
    assert math.isnan(holed["Values"][0])
    assert holed["Values"][1:] == clean["Values"][1:]


def test_cost_explorer_throttles_as_botocore_must_be_told(clients: Clients) -> None:
    """LimitExceededException is retried in standard mode, three attempts in all."""
    patient = Clients(clients.server, Config(retries={"mode": "standard", "total_max_attempts": 3}))
    clients.server.faults.add(Fault(kind=FaultKind.THROTTLE, service="ce", times=2))
    answer = patient.user(ACME.id, "ce").get_cost_and_usage(**READS[2][2])
    patient.close()
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_faults_are_switched_over_http(server: SimulatorServer, clients: Clients) -> None:
    """POST switches on and gives a number, DELETE with it switches off, wrong ones are refused."""
    url = f"{server.url}/_simulator/faults"
    body = json.dumps({"kind": "throttle", "service": "sts"}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, method="POST")) as answer:  # noqa: S310 - our own server
        number = json.load(answer)["id"]
    with pytest.raises(ClientError):
        clients.user(ACME.id, "sts").get_caller_identity()
    gone = urllib.request.Request(f"{url}?id={number}", method="DELETE")  # noqa: S310 - as above
    with urllib.request.urlopen(gone) as answer:  # noqa: S310 - as above
        assert json.load(answer) == []
    assert clients.user(ACME.id, "sts").get_caller_identity()
    for document in ({"kind": "storm"}, {"service": "ec2"}, {"kind": "hang", "seconds": 1e9}):
        wrong = urllib.request.Request(url, json.dumps(document).encode(), method="POST")  # noqa: S310 - as above
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(wrong)  # noqa: S310 - as above
        assert refused.value.code == 400
        assert "remedy" in json.load(refused.value)
        refused.value.close()


def test_the_client_itself_refuses_what_the_model_forbids(clients: Clients) -> None:
    """A test of the harness: parameter validation happens before the wire."""
    with pytest.raises(ParamValidationError):
        clients.user(ACME.id, "ec2").describe_volumes(Flavour="x")
