"""AWS Lambda: ListFunctions and ListTags."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from optiinfra_simulator.aws.calls import Call, Handler, page, within
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Function


def list_functions(call: Call) -> Mapping[str, Any]:
    """Functions, at most 50 in a page whatever is asked."""
    refusal = AwsError("InvalidParameterValueException", "MaxItems must be 1 to 10000")
    asked = within(call.number("MaxItems", 50), 1, 10_000, refusal)
    size = min(asked, call.cloud.limits.functions)
    shown, marker = page(call.things(Function), call.parameters.get("Marker"), size)
    answer: dict[str, Any] = {"Functions": [_shape(one) for one in shown]}
    return answer | ({"NextMarker": marker} if marker else {})


def list_tags(call: Call) -> Mapping[str, Any]:
    """The tags of a function."""
    arn = unquote(str(call.parameters.get("Resource", "")))
    for one in call.things(Function):
        if one.id == arn:
            return {"Tags": dict(one.tags)}
    raise AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)


def _shape(thing: Function) -> Mapping[str, Any]:
    return {
        "FunctionName": thing.name,
        "FunctionArn": thing.id,
        "Runtime": thing.runtime,
        "Role": f"arn:aws:iam::{thing.account}:role/{thing.name}",
        "Handler": "app.handler",
        "CodeSize": dice.whole(2_000, 5_000_000, thing.id, "size"),
        "CodeSha256": dice.hexadecimal(43, thing.id, "code") + "=",
        "Description": "",
        "Timeout": 30,
        "MemorySize": thing.memory_mib,
        "LastModified": f"{thing.life.born:%Y-%m-%dT%H:%M:%S}.000+0000",
        "Version": "$LATEST",
        "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": dice.hexadecimal(32, thing.id, "revision"),
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
    }


HANDLERS: Mapping[str, Handler] = {"ListFunctions": list_functions, "ListTags": list_tags}
