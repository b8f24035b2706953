"""Our least-privilege policy against an IAM that enforces it: all our calls, and nothing more."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from pydantic import SecretStr

from optiinfra_core.errors import CredentialRejected, PermissionMissing
from optiinfra_pipelines.providers import aws as folder
from optiinfra_pipelines.providers.aws.client import Aws
from optiinfra_pipelines.providers.aws.client import inventory as listings
from optiinfra_pipelines.providers.aws.client.calls import Request
from optiinfra_pipelines.providers.aws.verification import PROBES, verify
from tests.providers.aws.conftest import Connect
from tests.providers.aws.wire import KEY_ID, SECRET

POLICY = Path(folder.__path__[0]) / "policy.json"
EXTERNAL_ID = "an-external-id-of-ours"
ACCOUNT = "123456789012"

# moto names the action after the signing name for these, so it denies what IAM allows.
UNJUDGED = frozenset({"cloudwatch", "lambda", "eks"})


@dataclass(frozen=True)
class Iam:
    """An account with IAM switched on: a role with our policy, and a user who may assume it."""

    url: str
    role_arn: str
    access_key_id: str
    secret_access_key: str


def allowed() -> set[str]:
    """Every action of the policy."""
    statements = json.loads(POLICY.read_text())["Statement"]
    return {action for statement in statements for action in statement["Action"]}


@pytest.fixture(scope="module")
def iam(moto_server: str) -> Iterator[Iam]:
    """Set the account up while nothing is enforced, then enforce."""
    client = boto3.client(
        "iam",
        region_name="us-east-1",
        endpoint_url=moto_server,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
    )
    user = client.create_user(UserName="optiinfra")["User"]["Arn"]
    key = client.create_access_key(UserName="optiinfra")["AccessKey"]
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": user},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
            }
        ],
    }
    role = client.create_role(
        RoleName="OptiInfraReadOnly", AssumeRolePolicyDocument=json.dumps(trust)
    )["Role"]["Arn"]
    client.put_role_policy(
        RoleName="OptiInfraReadOnly", PolicyName="read", PolicyDocument=POLICY.read_text()
    )
    assume = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}],
    }
    client.put_user_policy(
        UserName="optiinfra", PolicyName="assume", PolicyDocument=json.dumps(assume)
    )
    client.close()
    httpx.post(f"{moto_server}/moto-api/reset-auth", content="0").raise_for_status()
    yield Iam(moto_server, role, key["AccessKeyId"], key["SecretAccessKey"])
    httpx.post(f"{moto_server}/moto-api/reset-auth", content="inf").raise_for_status()


def entered(iam: Iam, connect: Connect, external_id: str = EXTERNAL_ID) -> Aws:
    """A connection by way of the role."""
    return connect(
        endpoint_url=iam.url,
        access_key_id=iam.access_key_id,
        secret_access_key=SecretStr(iam.secret_access_key),
        role_arn=iam.role_arn,
        external_id=SecretStr(external_id),
    )


@pytest.mark.parametrize(
    "listing",
    [
        listings.INSTANCES,
        listings.VOLUMES,
        listings.SNAPSHOTS,
        listings.ADDRESSES,
        listings.DATABASES,
        listings.LOAD_BALANCERS,
        listings.CLASSIC_LOAD_BALANCERS,
        listings.INSTANCE_TYPES,
    ],
    ids=lambda listing: f"{listing.request.service}-{listing.request.operation}",
)
def test_the_role_may_list(listing: listings.Listing, iam: Iam, connect: Connect) -> None:
    """The policy allows each listing that IAM can judge here."""
    aws = entered(iam, connect)
    assert isinstance(aws.calls.ask(listing.request, "us-east-1"), dict)


def test_the_role_may_ask_for_regions_and_cost(iam: Iam, connect: Connect) -> None:
    """The other actions that IAM can judge here."""
    aws = entered(iam, connect)
    cost = Request(
        service="ce",
        operation="GetCostAndUsage",
        answer="ResultsByTime",
        params={
            "TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"},
            "Granularity": "DAILY",
            "Metrics": ["UnblendedCost"],
        },
    )
    aws.calls.ask(cost, "us-east-1")
    assert aws.account_id == ACCOUNT


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("ec2", "terminate_instances", {"InstanceIds": ["i-0123456789abcdef0"]}),
        ("ec2", "run_instances", {"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1}),
        ("ec2", "delete_volume", {"VolumeId": "vol-0123456789abcdef0"}),
        ("s3", "put_object", {"Bucket": "YOUR-EXPORT-BUCKET", "Key": "k", "Body": b""}),
        ("iam", "create_access_key", {"UserName": "optiinfra"}),
        ("rds", "delete_db_instance", {"DBInstanceIdentifier": "db"}),
    ],
)
def test_the_role_may_change_nothing(
    service: str, method: str, params: dict[str, Any], iam: Iam, connect: Connect
) -> None:
    """Whoever steals these credentials reads, and that is all."""
    aws = entered(iam, connect)
    _ = aws.identity
    client = aws.calls._client(service, "us-east-1")
    with pytest.raises(ClientError) as error:
        getattr(client, method)(**params)
    assert error.value.response["Error"]["Code"] in (
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    )


def test_the_wrong_external_id_is_told_as_what_it_is(iam: Iam, connect: Connect) -> None:
    """The credential is refused with the trust policy as its remedy, and no secret in the text."""
    with pytest.raises(CredentialRejected, match="AssumeRole") as error:
        _ = entered(iam, connect, external_id="somebody-elses-id").identity
    assert not isinstance(error.value, PermissionMissing)
    assert "external id" in error.value.remedy
    assert "somebody-elses-id" not in repr(error.value)


def test_a_wrong_key_is_rejected(iam: Iam, connect: Connect) -> None:
    """Verification says so instead of listing every permission as missing."""
    aws = connect(
        endpoint_url=iam.url,
        access_key_id="AKIA0000000000000000",
        secret_access_key=SecretStr(SECRET),
    )
    with pytest.raises(CredentialRejected, match="GetCallerIdentity"):
        verify(aws)


def test_verification_finds_what_the_policy_grants(iam: Iam, connect: Connect) -> None:
    """Found is found; what is missing is named in IAM's words; paid calls are not made."""
    aws = entered(iam, connect)
    found = verify(aws)
    assert found.account_id == ACCOUNT
    assert ":assumed-role/OptiInfraReadOnly/" in found.principal
    judged = {p.permission for p in PROBES if p.permission.split(":")[0] not in UNJUDGED}
    assert judged <= set(found.permissions_found)
    assert set(found.permissions_missing) <= {
        permission for permission in allowed() if permission.split(":")[0] in UNJUDGED
    } | {"monitoring:ListMetrics"}
    assert any("ce:GetCostAndUsage" in one for one in found.not_probed)
    assert sum(call.usd for call in aws.gate.ledger.calls) == 0


def test_a_user_without_rights_is_told_what_is_missing(iam: Iam, connect: Connect) -> None:
    """The user may only assume the role: used directly, every listing is missing."""
    aws = connect(
        endpoint_url=iam.url,
        access_key_id=iam.access_key_id,
        secret_access_key=SecretStr(iam.secret_access_key),
    )
    found = verify(aws)
    assert found.permissions_found == ()
    assert {"ec2:DescribeInstances", "rds:DescribeDBInstances"} <= set(found.permissions_missing)


def test_the_policy_is_what_the_code_asks_for() -> None:
    """Neither more nor less: each action belongs to a call, and each call to an action."""
    assert all(action.split(":")[1].startswith(("Describe", "Get", "List")) for action in allowed())
    probed = {probe.permission for probe in PROBES}
    beyond = {
        "ce:GetCostAndUsage",
        "cloudwatch:GetMetricData",
        "eks:DescribeCluster",
        "s3:GetObject",
        "s3:ListBucket",
    }
    assert allowed() == probed | beyond
