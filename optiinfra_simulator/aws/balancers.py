"""AWS Elastic Load Balancing v2: DescribeLoadBalancers and DescribeTags."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.aws.calls import Call, Handler, page, within
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.network import security_group, subnet, tag_list, vpc
from optiinfra_simulator.world.things import Balancer

_MOST_TAGGED = 20


def _missing(names: list[str]) -> AwsError:
    return AwsError("LoadBalancerNotFound", f"Load balancers '[{', '.join(names)}]' not found")


def describe_load_balancers(call: Call) -> Mapping[str, Any]:
    """Load balancers, at most 400 in a page."""
    balancers = call.things(Balancer)
    for parameter, identifier in (("LoadBalancerArns", "id"), ("Names", "name")):
        wanted = list(call.parameters.get(parameter) or ())
        if wanted:
            balancers = [one for one in balancers if getattr(one, identifier) in wanted]
            if len(balancers) < len(set(wanted)):
                raise _missing(wanted)
    refusal = AwsError("ValidationError", "PageSize must be between 1 and 400")
    size = within(call.number("PageSize", 400), 1, 400, refusal)
    shown, marker = page(balancers, call.parameters.get("Marker"), size)
    answer: dict[str, Any] = {"LoadBalancers": [_shape(one) for one in shown]}
    return answer | ({"NextMarker": marker} if marker else {})


def describe_tags(call: Call) -> Mapping[str, Any]:
    """The tags of up to 20 load balancers."""
    arns = list(call.parameters.get("ResourceArns") or ())
    if not 1 <= len(arns) <= _MOST_TAGGED:
        raise AwsError("ValidationError", "Up to 20 load balancers can be described at once")
    held = {one.id: one for one in call.things(Balancer)}
    absent = [arn for arn in arns if arn not in held]
    if absent:
        raise _missing(absent)
    return {
        "TagDescriptions": [{"ResourceArn": arn, "Tags": tag_list(held[arn].tags)} for arn in arns]
    }


def _shape(thing: Balancer) -> Mapping[str, Any]:
    zones = [thing.region + letter for letter in "ab"]
    number = thing.id.rpartition("/")[2][:10]
    prefix = "internal-" if thing.internal else ""
    return {
        "LoadBalancerArn": thing.id,
        "LoadBalancerName": thing.name,
        "DNSName": f"{prefix}{thing.name}-{number}.{thing.region}.elb.amazonaws.com",
        "CanonicalHostedZoneId": "Z35SXDOTRQ7X7K",
        "CreatedTime": thing.life.born,
        "Scheme": "internal" if thing.internal else "internet-facing",
        "State": {"Code": "active"},
        "Type": "application",
        "IpAddressType": "ipv4",
        "VpcId": vpc(thing.account, thing.region),
        "SecurityGroups": [security_group(thing.account, thing.region)],
        "AvailabilityZones": [
            {"ZoneName": zone, "SubnetId": subnet(thing.account, zone), "LoadBalancerAddresses": []}
            for zone in zones
        ],
    }


def describe_classic(call: Call) -> Mapping[str, Any]:  # noqa: ARG001
    """Load balancers of the first generation: nobody in this world has one."""
    return {"LoadBalancerDescriptions": []}


CLASSIC: Mapping[str, Handler] = {"DescribeLoadBalancers": describe_classic}
HANDLERS: Mapping[str, Handler] = {
    "DescribeLoadBalancers": describe_load_balancers,
    "DescribeTags": describe_tags,
}
