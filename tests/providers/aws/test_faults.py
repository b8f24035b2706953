"""What becomes of throttles, torn connections, half answers and expired keys, call by call."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from optiinfra_core.collecting.gate import CallLog
from optiinfra_core.errors import (
    ConfigurationError,
    CredentialRejected,
    Malformed,
    NotReady,
    NotSupported,
    OptiInfraError,
    PartFailure,
    Permanent,
    PermissionMissing,
    Throttled,
    Transient,
)
from optiinfra_core.metrics import ResourceRow
from optiinfra_core.testing.http_double import Fate, Reply, Reset, Stall
from optiinfra_core.windows import QUARTER_HOUR, SystemClock, Window
from optiinfra_pipelines.providers.aws.client.calls import Request
from optiinfra_pipelines.providers.aws.client.inventory import INSTANCES, VOLUMES, everything
from optiinfra_pipelines.providers.aws.resource import ResourceCollector
from tests.providers.aws.conftest import Connect
from tests.providers.aws.wire import SECRET, Asked, AwsDouble, answer, refused

START = datetime(2026, 11, 22, 12, 15, tzinfo=UTC)
SPAN = Window(START, START + QUARTER_HOUR)
VOLUME = {"VolumeId": "vol-1", "State": "in-use", "Size": 8, "VolumeType": "gp3"}
ONE: Mapping[str, Any] = {"Volumes": [VOLUME]}
COST = Request(
    service="ce",
    operation="GetCostAndUsage",
    answer="ResultsByTime",
    params={
        "TimePeriod": {"Start": "2026-11-21", "End": "2026-11-22"},
        "Granularity": "DAILY",
        "Metrics": ["UnblendedCost"],
    },
)


def ledger(connection: Any) -> list[tuple[int, bool, str]]:
    """Status, throttled and error of each recorded call."""
    log = connection.gate.ledger
    assert isinstance(log, CallLog)
    return [(call.status, call.throttled, call.error) for call in log.calls]


@pytest.mark.parametrize(
    ("fate", "noted"),
    [
        (refused("ec2", "RequestLimitExceeded", status=503), (503, True, "RequestLimitExceeded")),
        (refused("ec2", "Throttling"), (400, True, "Throttling")),
        (refused("ec2", "InternalError", status=500), (500, False, "InternalError")),
        (Reset(), (0, False, "ConnectionClosedError")),
    ],
)
def test_a_passing_fault_is_retried_once_and_noted(
    fate: Fate, noted: tuple[int, bool, str], cloud: AwsDouble, connect: Connect
) -> None:
    """One fault costs one more request, and both stand in the ledger."""
    cloud.on("ec2", "DescribeVolumes", fate, ONE)
    aws = connect()
    assert [one["VolumeId"] for one in everything(aws, VOLUMES, "us-east-1")] == ["vol-1"]
    assert cloud.count("ec2", "DescribeVolumes") == 2
    assert ledger(aws) == [noted, (200, False, "")]


def test_cost_explorers_own_throttle_is_retried(cloud: AwsDouble, connect: Connect) -> None:
    """LimitExceededException is not retried by the SDK's defaults; a refused request is free."""
    cloud.on(
        "ce",
        "GetCostAndUsage",
        refused("ce", "LimitExceededException"),
        {"ResultsByTime": []},
    )
    aws = connect()
    aws.calls.ask(COST, "us-east-1")
    assert cloud.count("ce", "GetCostAndUsage") == 2
    assert [str(call.usd) for call in aws.gate.ledger.calls] == ["0.00", "0.01"]


def test_a_lasting_throttle_says_how_long_to_wait(cloud: AwsDouble, connect: Connect) -> None:
    """After five requests the error carries the seconds that AWS asked for."""
    told = refused("ec2", "RequestLimitExceeded", status=503)
    waiting = Reply(status=503, body=told.body, headers={**told.headers, "retry-after": "7"})
    cloud.on("ec2", "DescribeVolumes", waiting)
    with pytest.raises(Throttled) as error:
        list(everything(connect(), VOLUMES, "us-east-1"))
    assert error.value.retry_after == 7.0
    assert cloud.count("ec2", "DescribeVolumes") == 5


def test_the_deadline_ends_retries(cloud: AwsDouble, connect: Connect) -> None:
    """A call whose time is up is not tried again, and a stalled answer does not outlast it."""
    cloud.on("ec2", "DescribeVolumes", Stall())
    aws = connect(gate={"deadline_seconds": 0.3}, clock=SystemClock())
    with pytest.raises(Transient, match="ReadTimeoutError"):
        list(everything(aws, VOLUMES, "us-east-1"))
    assert ledger(aws) == [(0, False, "ReadTimeoutError")]


def test_an_answer_cut_on_the_wire_is_asked_for_again(cloud: AwsDouble, connect: Connect) -> None:
    """Fewer bytes than promised is a broken connection, not an answer."""
    whole = answer("ec2", "DescribeVolumes", ONE)
    cut = Reply(status=200, body=whole.body, headers=whole.headers, keep=len(whole.body) // 2)
    cloud.on("ec2", "DescribeVolumes", cut, ONE)
    aws = connect()
    assert len(list(everything(aws, VOLUMES, "us-east-1"))) == 1
    assert ledger(aws) == [(200, False, "cut short"), (200, False, "")]


def test_an_answer_that_is_always_cut_is_transient(cloud: AwsDouble, connect: Connect) -> None:
    """Five tries, then the run's own retry; never the empty answer the SDK makes of it."""
    body = b'{"ResultsByTime": [], "GroupDefinitions": []}'
    cloud.on("ce", "GetCostAndUsage", Reply(body=body, keep=20))
    with pytest.raises(Transient, match="cut short"):
        connect().calls.ask(COST, "us-east-1")
    assert cloud.count("ce", "GetCostAndUsage") == 5


@pytest.mark.parametrize(
    ("status", "kind"), [(429, Throttled), (502, Transient), (200, Malformed), (403, Malformed)]
)
def test_a_page_of_a_proxy_is_judged_by_its_status(
    status: int, kind: type[OptiInfraError], cloud: AwsDouble, connect: Connect
) -> None:
    """What stands between us and AWS answers HTML: the status is all that can be understood."""
    cloud.on("ec2", "DescribeVolumes", Reply(status=status, body=b"<html>busy<br></html>"))
    with pytest.raises(OptiInfraError) as error:
        list(everything(connect(), VOLUMES, "us-east-1"))
    assert type(error.value) is kind


@pytest.mark.parametrize(
    "body",
    [
        b'{"ResultsByTime": [{"TimePeriod"',
        b"<html>please log in</html>",
        b"",
        b"{}",
        b"null",
    ],
)
def test_half_an_answer_is_malformed_not_empty(
    body: bytes, cloud: AwsDouble, connect: Connect
) -> None:
    """The SDK reads broken JSON as an empty answer; to us it is a failure, and it is noted."""
    cloud.on(
        "ce",
        "GetCostAndUsage",
        Reply(body=body, headers={"content-type": "application/x-amz-json-1.1"}),
    )
    aws = connect()
    with pytest.raises(Malformed):
        aws.calls.ask(COST, "us-east-1")
    assert len(ledger(aws)) == 1


@pytest.mark.parametrize("body", [b"<DescribeVolumesResponse><volumeSet>", b"<html/>", b"{}"])
def test_broken_xml_is_malformed_not_empty(body: bytes, cloud: AwsDouble, connect: Connect) -> None:
    """The same for the services that speak XML."""
    cloud.on("ec2", "DescribeVolumes", Reply(body=body, headers={"content-type": "text/xml"}))
    aws = connect()
    with pytest.raises(Malformed):
        list(everything(aws, VOLUMES, "us-east-1"))
    assert len(ledger(aws)) == 1


def test_keys_that_expire_between_pages_fail_the_account(
    cloud: AwsDouble, connect: Connect
) -> None:
    """The first page does not count as the whole: the collection is raised as rejected."""
    first = {"Reservations": [], "NextToken": "second"}
    cloud.on("ec2", "DescribeInstances", first, refused("ec2", "ExpiredToken", "expired"))
    with pytest.raises(CredentialRejected, match="ExpiredToken"):
        list(ResourceCollector().collect(connect(), SPAN))


def test_pages_that_go_in_a_circle_end(cloud: AwsDouble, connect: Connect) -> None:
    """A token that comes again would page for ever, at a price each."""
    cloud.on("ec2", "DescribeInstances", {"Reservations": [], "NextToken": "again"})
    with pytest.raises(Malformed, match="same NextToken twice"):
        list(everything(connect(), INSTANCES, "us-east-1"))
    assert cloud.count("ec2", "DescribeInstances") == 2


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("AuthFailure", "not able to validate", CredentialRejected),
        ("InvalidClientTokenId", "no such key", CredentialRejected),
        ("SignatureDoesNotMatch", "wrong secret", CredentialRejected),
        ("SignatureDoesNotMatch", "Signature expired: 2026 is now earlier", ConfigurationError),
        ("RequestTimeTooSkewed", "the difference is too large", ConfigurationError),
        ("UnauthorizedOperation", "You are not authorized", PermissionMissing),
        ("OptInRequired", "not subscribed", NotSupported),
        ("NoSuchKey", "gone", NotReady),
        ("InvalidParameterValue", "no", Permanent),
    ],
)
def test_each_refusal_is_named_by_its_recovery(
    code: str, message: str, kind: type[OptiInfraError], cloud: AwsDouble, connect: Connect
) -> None:
    """AWS's codes become our errors; the text says which call, where, and why."""
    cloud.on("ec2", "DescribeVolumes", refused("ec2", code, message))
    with pytest.raises(OptiInfraError) as error:
        list(everything(connect(), VOLUMES, "us-east-1"))
    assert type(error.value) is kind
    assert "ec2:DescribeVolumes in us-east-1" in error.value.detail
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("message", "permission"),
    [
        ("You are not authorized to perform this operation.", "ec2:DescribeVolumes"),
        (
            "User: arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt since no policy",
            "kms:Decrypt",
        ),
    ],
)
def test_the_missing_permission_is_named(
    message: str, permission: str, cloud: AwsDouble, connect: Connect
) -> None:
    """The permission in the message wins; without one it is the call's own."""
    cloud.on("ec2", "DescribeVolumes", refused("ec2", "UnauthorizedOperation", message, 403))
    with pytest.raises(PermissionMissing) as error:
        list(everything(connect(), VOLUMES, "us-east-1"))
    assert error.value.permissions == (permission,)
    assert permission in error.value.remedy


def test_a_denied_region_leaves_the_others_collected(cloud: AwsDouble, connect: Connect) -> None:
    """One region behind a service control policy is a named failure; the rest is there."""

    def by_region(call: Asked) -> Fate | Mapping[str, Any]:
        if call.region == "eu-west-1":
            return refused(
                "ec2",
                "UnauthorizedOperation",
                "not authorized to perform: ec2:DescribeVolumes with an explicit deny in a "
                "service control policy",
                403,
            )
        return ONE

    cloud.script["ec2", "DescribeVolumes"] = by_region
    aws = connect(regions=("us-east-1", "eu-west-1", "ap-south-1"))
    found = list(ResourceCollector().collect(aws, SPAN))
    rows = [one for one in found if isinstance(one, ResourceRow)]
    failures = [one for one in found if isinstance(one, PartFailure)]
    assert sorted(row.region for row in rows) == ["ap-south-1", "us-east-1"]
    assert [(one.part, one.code, one.retryable) for one in failures] == [
        ("eu-west-1", "permission-missing", False)
    ]
    assert "service control policy" in failures[0].remedy


def test_all_missing_permissions_of_a_region_are_named_at_once(
    cloud: AwsDouble, connect: Connect
) -> None:
    """An operator grants them in one go instead of one a day."""
    cloud.on("eks", "ListClusters", refused("eks", "AccessDeniedException", "no", 403))
    cloud.on("lambda", "ListFunctions", refused("lambda", "AccessDeniedException", "no", 403))
    cloud.on("ec2", "DescribeVolumes", ONE)
    *rows, failure = ResourceCollector().collect(connect(), SPAN)
    assert len(rows) == 1
    assert isinstance(failure, PartFailure)
    assert failure.remedy == "Allow lambda:ListFunctions, eks:ListClusters for this credential."


def test_a_region_that_is_not_enabled_is_not_a_wrong_key(
    cloud: AwsDouble, connect: Connect
) -> None:
    """AWS answers AuthFailure there; the keys have proved themselves at home before."""

    def by_region(call: Asked) -> Fate | None:
        return refused("ec2", "AuthFailure") if call.region == "me-south-1" else None

    for operation in ("DescribeInstances", "DescribeVolumes", "DescribeSnapshots"):
        cloud.script["ec2", operation] = by_region
    (failure,) = ResourceCollector().collect(connect(regions=("us-east-1", "me-south-1")), SPAN)
    assert isinstance(failure, PartFailure)
    assert (failure.part, failure.code) == ("me-south-1", "not-supported")


def test_parts_limit_the_work_to_their_regions(cloud: AwsDouble, connect: Connect) -> None:
    """A retry of one failed region asks nothing of the others."""
    aws = connect(regions=("us-east-1", "eu-west-1"))
    list(ResourceCollector().collect(aws, SPAN, frozenset({"eu-west-1"})))
    asked = {call.region for call in cloud.seen if call.service != "sts"}
    assert asked == {"eu-west-1"}


def test_a_payload_without_its_id_is_quarantined(cloud: AwsDouble, connect: Connect) -> None:
    """The others of its kind are rows; the complaint names fields and no values."""
    cloud.on("ec2", "DescribeVolumes", {"Volumes": [VOLUME, {"KmsKeyId": "private", "Size": 8}]})
    row, failure = ResourceCollector().collect(connect(), SPAN)
    assert isinstance(row, ResourceRow)
    assert isinstance(failure, PartFailure)
    assert failure.code == "malformed"
    assert "private" not in json.dumps(failure.as_dict())


def test_no_secret_stands_in_what_is_raised_or_recorded(cloud: AwsDouble, connect: Connect) -> None:
    """Even if AWS repeats the keys in its message."""
    cloud.on("ec2", "DescribeVolumes", refused("ec2", "Weird", f"secret_key={SECRET}"))
    aws = connect()
    with pytest.raises(Permanent) as error:
        list(everything(aws, VOLUMES, "us-east-1"))
    assert SECRET not in f"{error.value!r}{aws.gate.ledger.calls!r}{aws.credential!r}"
