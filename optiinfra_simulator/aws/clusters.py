"""AWS EKS: ListClusters and DescribeCluster."""

from collections.abc import Mapping
from typing import Any

from optiinfra_simulator.aws.calls import Call, Handler, page, within
from optiinfra_simulator.aws.dialects import AwsError
from optiinfra_simulator.aws.network import security_group, subnet, vpc
from optiinfra_simulator.world import dice
from optiinfra_simulator.world.things import Cluster


def list_clusters(call: Call) -> Mapping[str, Any]:
    """Names of clusters, at most 100 in a page."""
    refusal = AwsError("InvalidParameterException", "maxResults must be between 1 and 100")
    size = within(call.number("maxResults", 100), 1, 100, refusal)
    shown, token = page(call.things(Cluster), call.parameters.get("nextToken"), size)
    answer: dict[str, Any] = {"clusters": [one.name for one in shown]}
    return answer | ({"nextToken": token} if token else {})


def describe_cluster(call: Call) -> Mapping[str, Any]:
    """One cluster."""
    name = call.parameters.get("name")
    for one in call.things(Cluster):
        if one.name == name:
            return {"cluster": _shape(one)}
    raise AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)


def _shape(thing: Cluster) -> Mapping[str, Any]:
    host = dice.hexadecimal(32, thing.id).upper()
    group = security_group(thing.account, thing.region)
    return {
        "name": thing.name,
        "arn": thing.id,
        "createdAt": thing.life.born,
        "version": thing.version,
        "platformVersion": "eks.9",
        "status": "ACTIVE",
        "endpoint": f"https://{host}.gr7.{thing.region}.eks.amazonaws.com",
        "roleArn": f"arn:aws:iam::{thing.account}:role/eks-{thing.name}",
        "resourcesVpcConfig": {
            "subnetIds": [subnet(thing.account, thing.region + letter) for letter in "ab"],
            "securityGroupIds": [],
            "clusterSecurityGroupId": group,
            "vpcId": vpc(thing.account, thing.region),
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
        },
        "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16", "ipFamily": "ipv4"},
        "logging": {
            "clusterLogging": [
                {
                    "types": ["api", "audit", "authenticator", "controllerManager", "scheduler"],
                    "enabled": False,
                }
            ]
        },
        "identity": {
            "oidc": {"issuer": f"https://oidc.eks.{thing.region}.amazonaws.com/id/{host}"}
        },
        "certificateAuthority": {"data": "c2ltdWxhdGVk"},
        "tags": dict(thing.tags),
    }


HANDLERS: Mapping[str, Handler] = {
    "ListClusters": list_clusters,
    "DescribeCluster": describe_cluster,
}
