"""Keys open their own account and nothing else; wrong ones are refused in each protocol's words."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from optiinfra_core.windows import FixedClock
from optiinfra_simulator import truth
from optiinfra_simulator.aws.identities import NO_COST_ROLE_NAME
from optiinfra_simulator.world.accounts import ACME, GLOBEX, OPERATOR
from optiinfra_simulator.world.prices import REGIONS
from optiinfra_simulator.world.world import World
from tests.simulator.clients import Clients
from tests.simulator.conftest import NOON

COST = {
    "TimePeriod": {"Start": "2026-11-10", "End": "2026-11-12"},
    "Granularity": "DAILY",
    "Metrics": ["UnblendedCost"],
}
METRICS = {"Namespace": "AWS/EC2"}

# One read of each service: client, method, parameters.
READS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("sts", "get_caller_identity", {}),
    ("ec2", "describe_instances", {}),
    ("ce", "get_cost_and_usage", COST),
    ("cloudwatch", "list_metrics", METRICS),
    ("rds", "describe_db_instances", {}),
    ("elbv2", "describe_load_balancers", {}),
    ("elb", "describe_load_balancers", {}),
    ("lambda", "list_functions", {}),
    ("eks", "list_clusters", {}),
    ("s3", "list_objects_v2", {"Bucket": "globex-billing-exports"}),
)
UNKNOWN_KEY = {
    "ec2": "AuthFailure",
    "sts": "InvalidClientTokenId",
    "rds": "InvalidClientTokenId",
    "elbv2": "InvalidClientTokenId",
    "elb": "InvalidClientTokenId",
    "s3": "InvalidAccessKeyId",
}
WRONG_SECRET = {
    "ec2": "AuthFailure",
    "sts": "SignatureDoesNotMatch",
    "rds": "SignatureDoesNotMatch",
    "elbv2": "SignatureDoesNotMatch",
    "elb": "SignatureDoesNotMatch",
    "s3": "SignatureDoesNotMatch",
}


def _code(refused: pytest.ExceptionInfo[ClientError]) -> str:
    """The error code that the client was given."""
    return str(refused.value.response["Error"]["Code"])


def _assume(clients: Clients, **changed: Any) -> dict[str, Any]:
    """OptiInfra's own user assumes the customer's role."""
    request = {
        "RoleArn": clients.server.identities.role(ACME.id).arn,
        "RoleSessionName": "test",
        "ExternalId": ACME.external_id,
        **changed,
    }
    answer: dict[str, Any] = clients.user(OPERATOR, "sts").assume_role(
        **{name: value for name, value in request.items() if value is not None}
    )
    return answer


def _session(clients: Clients, service: str, role: str | None = None) -> Any:
    """A client with the keys of an assumed role."""
    arn = clients.server.identities.role(ACME.id, role).arn if role else None
    given = _assume(clients, **({"RoleArn": arn} if arn else {}))["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return clients.with_keys(keys, service)


def test_a_role_is_assumed_with_its_external_id(clients: Clients) -> None:
    """The session belongs to the customer's account, not to OptiInfra's."""
    identity = _session(clients, "sts").get_caller_identity()
    assert identity["Account"] == ACME.id
    assert identity["Arn"] == "arn:aws:sts::111111111111:assumed-role/OptiInfraReadOnly/test"


@pytest.mark.parametrize("external_id", [None, "guessed"])
def test_a_role_is_denied_without_its_external_id(
    clients: Clients, external_id: str | None
) -> None:
    """The trust policy holds across accounts."""
    with pytest.raises(ClientError) as refused:
        _assume(clients, ExternalId=external_id)
    assert _code(refused) == "AccessDenied"
    assert "sts:AssumeRole" in str(refused.value)


def test_a_role_that_does_not_exist_and_a_stranger_are_denied_alike(clients: Clients) -> None:
    """Who may not know cannot tell the two apart."""
    with pytest.raises(ClientError) as absent:
        _assume(clients, RoleArn="arn:aws:iam::111111111111:role/Nobody")
    with pytest.raises(ClientError) as stranger:
        clients.user(GLOBEX.id, "sts").assume_role(
            RoleArn=clients.server.identities.role(ACME.id).arn,
            RoleSessionName="stranger",
            ExternalId=ACME.external_id,
        )
    assert _code(absent) == _code(stranger) == "AccessDenied"


@pytest.mark.parametrize(
    ("service", "method", "parameters"), READS, ids=lambda each: str(each)[:20]
)
def test_an_unknown_key_is_refused_as_the_service_does(
    clients: Clients, service: str, method: str, parameters: dict[str, Any]
) -> None:
    """EC2 says AuthFailure, query services InvalidClientTokenId, JSON services their own."""
    client = clients.with_keys(("AKIAAAAAAAAAAAAAAAAA", "wrong", None), service)
    with pytest.raises(ClientError) as refused:
        getattr(client, method)(**parameters)
    assert _code(refused) == UNKNOWN_KEY.get(service, "UnrecognizedClientException")


@pytest.mark.parametrize(
    ("service", "method", "parameters"), READS, ids=lambda each: str(each)[:20]
)
def test_a_wrong_secret_is_refused_as_the_service_does(
    clients: Clients, service: str, method: str, parameters: dict[str, Any]
) -> None:
    """The signature is checked for every service."""
    key = clients.server.identities.user(ACME.id).access_key
    client = clients.with_keys((key, "wrong", None), service)
    with pytest.raises(ClientError) as refused:
        getattr(client, method)(**parameters)
    assert _code(refused) == WRONG_SECRET.get(service, "InvalidSignatureException")


@pytest.mark.parametrize(
    ("service", "method", "parameters"), READS[:-1], ids=lambda each: str(each)[:20]
)
def test_every_read_works_for_user_and_session(
    clients: Clients, service: str, method: str, parameters: dict[str, Any]
) -> None:
    """Signatures of both kinds of keys pass for every service."""
    for client in (clients.user(ACME.id, service), _session(clients, service)):
        answer = getattr(client, method)(**parameters)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_a_session_without_its_token_is_refused(clients: Clients) -> None:
    """Temporary keys need the token that came with them."""
    given = _assume(clients)["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], None)
    with pytest.raises(ClientError) as refused:
        clients.with_keys(keys, "sts").get_caller_identity()
    assert _code(refused) == "InvalidClientTokenId"


def test_a_session_ends_with_its_time(clients: Clients) -> None:
    """After fifteen minutes a session of fifteen minutes is expired."""
    identities = clients.server.identities
    clock = FixedClock(identities.wall.now())
    identities.wall = clock
    session = identities.open_session(identities.role(ACME.id), "short", 900)
    client = clients.of(session, "sts")
    assert client.get_caller_identity()["Account"] == ACME.id
    clock.instant = session.expires or clock.instant
    with pytest.raises(ClientError) as refused:
        client.get_caller_identity()
    assert _code(refused) == "ExpiredToken"


def test_a_role_without_a_permission_is_told_which_one(clients: Clients) -> None:
    """The refusal names the action; other services stay open."""
    with pytest.raises(ClientError, match="is not authorized to perform: ce:GetCostAndUsage") as no:
        _session(clients, "ce", NO_COST_ROLE_NAME).get_cost_and_usage(**COST)
    assert _code(no) == "AccessDeniedException"
    assert _session(clients, "ec2", NO_COST_ROLE_NAME).describe_regions()["Regions"]


def test_reading_is_all_that_is_allowed(clients: Clients) -> None:
    """A write is refused before anything looks at it."""
    with pytest.raises(ClientError) as refused:
        clients.user(ACME.id, "ec2").terminate_instances(InstanceIds=["i-1"])
    assert _code(refused) == "UnauthorizedOperation"


def test_each_key_sees_its_own_account_alone(clients: Clients, world: World) -> None:
    """Instances, costs and metrics of one account never appear with the other's keys."""
    seen: dict[str, set[str]] = {}
    for account in (ACME.id, GLOBEX.id):
        seen[account] = {
            one["InstanceId"]
            for region in REGIONS
            for each in clients.user(account, "ec2", region).describe_instances()["Reservations"]
            for one in each["Instances"]
        }
        assert seen[account] >= set(truth.resources(world, account, NOON)["ec2.instance"])
        grouped = clients.user(account, "ce").get_cost_and_usage(
            **COST, GroupBy=[{"Type": "DIMENSION", "Key": "LINKED_ACCOUNT"}]
        )
        keys = {group["Keys"][0] for day in grouped["ResultsByTime"] for group in day["Groups"]}
        assert keys == {account}
    assert not seen[ACME.id] & seen[GLOBEX.id]


def test_nobody_reads_the_export_of_another(clients: Clients) -> None:
    """A bucket opens to its own account only."""
    assert GLOBEX.export is not None
    bucket = GLOBEX.export.bucket
    with pytest.raises(ClientError) as refused:
        clients.user(ACME.id, "s3").list_objects_v2(Bucket=bucket)
    assert _code(refused) == "AccessDenied"
    assert clients.user(GLOBEX.id, "s3").list_objects_v2(Bucket=bucket)["KeyCount"] > 0


def test_secrets_do_not_print(clients: Clients) -> None:
    """The representation of a principal holds neither secret nor token."""
    session = clients.server.identities.open_session(
        clients.server.identities.role(ACME.id), "x", 900
    )
    assert session.secret not in repr(session)
    assert session.token is not None
    assert session.token not in repr(session)
