"""AWS STS: who am I, and sessions of roles."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.aws.calls import Call, Handler
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.policies import allowed

_SHORTEST = 900
_LONGEST = 43_200


def get_caller_identity(call: Call) -> Mapping[str, Any]:
    """The owner of the key; needs no permission."""
    me = call.principal
    return {"UserId": me.user_id, "Account": me.account, "Arn": me.arn}


def assume_role(call: Call) -> Mapping[str, Any]:
    """A session of a role that trusts the caller and is asked with the right external id."""
    arn = str(call.parameters.get("RoleArn", ""))
    role = call.cloud.identities.roles.get(arn)
    me = call.principal
    permitted = allowed(me.statements, "sts:AssumeRole", arn)
    if role is None or not permitted or not role.trust.trusts(me.arn, call.parameters):
        raise AwsError(
            "AccessDenied",
            f"User: {me.arn} is not authorized to perform: sts:AssumeRole on resource: {arn}",
            403,
        )
    seconds = call.number("DurationSeconds", 3_600)
    if not _SHORTEST <= seconds <= _LONGEST:
        raise AwsError("ValidationError", "durationSeconds must be between 900 and 43200")
    name = str(call.parameters.get("RoleSessionName", "session"))
    session = call.cloud.identities.open_session(role, name, seconds)
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
        "PackedPolicySize": 6,
    }


HANDLERS: Mapping[str, Handler] = {
    "GetCallerIdentity": get_caller_identity,
    "AssumeRole": assume_role,
}
