"""Whose identity signs and where requests may go: endpoints, roles, and credentials that age."""

import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from optiinfra_core.collecting.gate import CallLog, Gate
from optiinfra_core.collecting.reach import permitted_endpoint
from optiinfra_core.collecting.spreading import Job
from optiinfra_core.errors import CredentialRejected, InvalidRequest
from optiinfra_core.windows import FixedClock
from optiinfra_pipelines.providers.aws.client.inventory import VOLUMES, everything
from optiinfra_pipelines.providers.aws.credential import AwsCredential
from tests.providers.aws.conftest import NOW, Connect, opened
from tests.providers.aws.wire import SECRET, Asked, AwsDouble

ROLE = "arn:aws:iam::111111111111:role/OptiInfraReadOnly"


def gate(*, private: bool) -> Gate:
    """A gate that allows private endpoints or does not."""
    return Gate(ledger=CallLog(), clock=FixedClock(NOW), private_endpoints=private)


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://0.0.0.0:80",
        "http://8.8.8.8",
        "http://[fe80::1]",
        "http://224.0.0.1",
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "http://user:password@127.0.0.1",
        "http://no-such-name.invalid",
    ],
)
def test_an_endpoint_elsewhere_is_refused(url: str) -> None:
    """A customer's credential cannot point us at the metadata service or at the world."""
    with pytest.raises(InvalidRequest) as error:
        permitted_endpoint(url, gate(private=True))
    assert "password" not in error.value.detail


def test_no_endpoint_at_all_unless_the_installation_allows_it() -> None:
    """The default installation talks to AWS only."""
    with pytest.raises(InvalidRequest, match="does not allow"):
        permitted_endpoint("http://127.0.0.1:4566", gate(private=False))
    assert permitted_endpoint(None, gate(private=False)) is None


def test_a_name_is_pinned_to_the_address_that_was_checked() -> None:
    """Asking the name server again later could give another answer."""
    assert permitted_endpoint("http://localhost:4566", gate(private=True)) in (
        "http://127.0.0.1:4566",
        "http://[::1]:4566",
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"access_key_id": "AKIAIOSFODNN7EXAMPLE"},
        {"secret_access_key": SecretStr(SECRET)},
        {"role_arn": "not-an-arn"},
        {"access_key_id": "AKIAIOSFODNN7EXAMPLE", "secret_access_key": SECRET, "external_id": "x"},
        {"role_arn": ROLE, "session_token": "t"},
        {"role_arn": ROLE, "unknown": 1},
    ],
)
def test_a_credential_that_opens_nothing_is_refused(fields: dict[str, Any]) -> None:
    """Half a key, an external id without its role, a field nobody knows."""
    with pytest.raises(ValidationError):
        AwsCredential(**fields)


def test_role_credentials_are_fetched_again_before_they_expire(
    cloud: AwsDouble, endpoint: str
) -> None:
    """A run longer than the hour of a role goes on, with a new AssumeRole in the ledger."""
    clock = FixedClock(NOW)

    def assumed(_call: Asked) -> Mapping[str, Any]:
        return {
            "Credentials": {
                "AccessKeyId": f"ASIA{'0' * 16}",
                "SecretAccessKey": "s" * 40,
                "SessionToken": "t" * 40,
                "Expiration": clock.now() + timedelta(hours=1),
            }
        }

    cloud.script["sts", "AssumeRole"] = assumed
    with opened(
        endpoint_url=endpoint, role_arn=ROLE, external_id=SecretStr("ours"), clock=clock
    ) as aws:
        list(everything(aws, VOLUMES, "us-east-1"))
        list(everything(aws, VOLUMES, "us-east-1"))
        assert cloud.count("sts", "AssumeRole") == 1
        clock.advance(timedelta(minutes=59))
        list(everything(aws, VOLUMES, "us-east-1"))
        assert cloud.count("sts", "AssumeRole") == 2
        operations = [call.operation for call in aws.gate.ledger.calls]
    assert operations.count("sts:AssumeRole") == 2
    assert [one.form.get("ExternalId") for one in cloud.seen if one.service == "sts"] == [
        "ours"
    ] * 2


def test_this_machines_profile_is_not_a_customers(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile, region or endpoint in our own environment does not leak into a connection."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:1")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/no/such/file")
    aws = connect()
    assert aws.account_id == "111111111111"


def test_a_role_without_any_identity_says_so(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without keys the process's own identity assumes the role; having none is said."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/no/such/file")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/no/such/file")
    fields = {"access_key_id": None, "secret_access_key": None, "role_arn": ROLE}
    with opened(endpoint_url=endpoint, **fields) as aws, pytest.raises(CredentialRejected) as error:
        _ = aws.identity
    assert "no AWS identity" in error.value.remedy


def test_no_more_calls_are_under_way_than_the_gate_allows(
    cloud: AwsDouble, connect: Connect
) -> None:
    """Forty regions at once would be throttled; the gate's number holds across all threads."""
    lock = threading.Lock()
    meeting = threading.Barrier(3, timeout=10)
    most = under_way = 0

    def slow(_call: Asked) -> None:
        nonlocal most, under_way
        with lock:
            under_way += 1
            most = max(most, under_way)
        meeting.wait()  # three are really at work together
        with lock:
            under_way -= 1

    cloud.script["ec2", "DescribeVolumes"] = slow
    aws = connect(gate={"concurrency": 3})
    jobs = [
        Job(part=str(n), work=lambda: list(everything(aws, VOLUMES, "us-east-1")))
        for n in range(12)
    ]
    assert [outcome.part for outcome in aws.spread(jobs)] == [str(n) for n in range(12)]
    assert most == 3
